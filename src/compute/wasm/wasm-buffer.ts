import type { BackendBuffer } from '../backend.ts'
import type { WasmHeap } from './heap.ts'

/** A range of the WebAssembly memory. */
export class WasmBuffer implements BackendBuffer {
  readonly bytes: number
  readonly address: number
  readonly heap: WasmHeap
  private readonly release: () => void
  private destroyed = false
  private views: { readonly of: ArrayBufferLike; readonly f32: Float32Array; readonly u32: Uint32Array } | null = null

  constructor(heap: WasmHeap, address: number, bytes: number, release: () => void) {
    this.heap = heap
    this.address = address
    this.bytes = bytes
    this.release = release
  }

  get f32(): Float32Array {
    return this.current().f32
  }

  get u32(): Uint32Array {
    return this.current().u32
  }

  /** Whether views taken before still show the memory. */
  get stable(): boolean {
    return this.views !== null && this.views.f32.length > 0
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.release()
  }

  private current() {
    if (this.views === null || this.views.f32.length === 0) {
      const of = this.heap.buffer
      const length = this.bytes / 4
      this.views = {
        of,
        f32: new Float32Array(of, this.address, length),
        u32: new Uint32Array(of, this.address, length),
      }
    }
    return this.views
  }
}

export function asWasmBuffer(buffer: BackendBuffer): WasmBuffer {
  if (buffer instanceof WasmBuffer) return buffer
  throw new TypeError('the buffer belongs to another backend')
}
