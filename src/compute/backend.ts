import type { BackendKind } from '../core/backends.ts'
import type { StepscopeError } from '../core/errors.ts'
import type { MemoryMeter } from './memory-meter.ts'
import type { MatmulTileName, Tuning } from './tuning.ts'
import type { WasmKernel } from './wasm/wasm-kernel.ts'

/** Element type and access of one kernel binding; the CPU backend views its bytes by the type. */
export type Binding = readonly ['f32' | 'u32', 'read' | 'read_write']
export type Bindings = Readonly<Record<string, Binding>>

/** A kernel's bindings as typed arrays, for its reference. */
export type Views<B extends Bindings> = {
  readonly [K in keyof B]: B[K][0] extends 'f32' ? Float32Array : Uint32Array
}

/**
 * One operation, specialized to its shapes. The WGSL and the reference do the same to the same buffers; both read
 * how many rows there are from a buffer, so that a recorded dispatch may turn out to have less (or nothing) to do.
 */
export interface Kernel<B extends Bindings = Bindings> {
  readonly name: string
  /** In the order of their binding numbers. */
  readonly bindings: B
  /** Entry point `main`. Kernels with equal text share a pipeline. */
  wgsl(): string
  /** Workgroups that cover `rows` rows, [x, y, z]. */
  workgroups(rows: number): readonly [number, number, number]
  /** The kernel in WebAssembly; where it has none, that backend runs the reference. */
  wasm?(): WasmKernel<B>
  /** The plain TypeScript meaning of the kernel on these arrays. Scratch space is made here, not in the run. */
  reference(views: Views<B>): () => void
}

/** A range of memory on a backend. Its bytes start as zeros. */
export interface BackendBuffer {
  readonly bytes: number
  destroy(): void
}

/** A kernel with its buffers, ready to be dispatched. */
export interface BoundKernel {
  readonly name: string
}

export interface Recorder {
  /** Runs a kernel over at most `rows` rows, after everything recorded before it. */
  dispatch(kernel: BoundKernel, rows: number): void
}

export interface ReadRange {
  readonly buffer: BackendBuffer
  readonly offset: number
  readonly bytes: number
}

export interface BackendLimits {
  /** Bytes of one buffer as a kernel sees it. Larger tensors are split by whoever makes them. */
  readonly maxBindingBytes: number
  /** Bytes of all buffers together, where that is known before they are asked for; infinite elsewhere. */
  readonly maxBytes: number
  readonly maxStorageBuffers: number
  readonly maxInvocations: number
  readonly maxWorkgroupBytes: number
  readonly maxWorkgroups: number
}

/**
 * Where kernels run: on WebGPU, in WebAssembly, or on typed arrays with the kernels' references.
 * Work happens in the order of the calls: a write made before a submit is seen by it.
 */
export interface Backend {
  readonly kind: BackendKind
  /** Human-readable, e.g. `SwiftShader` or `CPU (TypeScript)`. */
  readonly adapter: string
  /** Software adapters show structure (passes, bytes, tokens executed), not a GPU's speed. */
  readonly software: boolean
  readonly features: ReadonlySet<string>
  readonly limits: BackendLimits
  readonly tuning: Tuning
  /** Tiles of products that this backend can run and may be fastest with, the table's own first; none on the CPU. */
  readonly tiles: readonly MatmulTileName[]
  readonly memory: MemoryMeter
  /** Resolves where the device is lost against our will; stays open otherwise. */
  readonly lost: Promise<StepscopeError>
  /**
   * @param purpose what the bytes are for, e.g. `weights`: the key of the memory meter
   * @throws StepscopeError `out-of-memory` where the device has no room or cannot bind a buffer of this size
   */
  createBuffer(bytes: number, purpose: string): Promise<BackendBuffer>
  /** Copies `data` into the buffer. Offset and length in bytes are multiples of 4. */
  write(buffer: BackendBuffer, offset: number, data: Float32Array | Uint32Array): void
  bind<B extends Bindings>(kernel: Kernel<B>, buffers: { readonly [K in keyof B]: BackendBuffer }): Promise<BoundKernel>
  /**
   * Runs what `record` records, then copies the ranges back: one round trip, or none where there are no ranges
   * (the promise then resolves before the work is done).
   * @throws StepscopeError `device-lost` where the device is gone
   */
  submit(record: (recorder: Recorder) => void, reads?: readonly ReadRange[]): Promise<ArrayBuffer[]>
  dispose(): void
}
