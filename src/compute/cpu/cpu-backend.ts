import { StepscopeError } from '../../core/errors.ts'
import type {
  Backend,
  BackendBuffer,
  BackendLimits,
  Bindings,
  BoundKernel,
  Kernel,
  ReadRange,
  Recorder,
  Views,
} from '../backend.ts'
import { bufferTooLarge, noRoom } from '../memory-errors.ts'
import { MemoryMeter } from '../memory-meter.ts'
import { tuningFor } from '../tuning.ts'

/** Bytes in an ArrayBuffer, seen as floats or as words. */
class CpuBuffer implements BackendBuffer {
  readonly bytes: number
  readonly f32: Float32Array
  readonly u32: Uint32Array
  private readonly release: () => void
  private destroyed = false

  constructor(bytes: number, release: () => void) {
    const memory = new ArrayBuffer(bytes)
    this.bytes = bytes
    this.f32 = new Float32Array(memory)
    this.u32 = new Uint32Array(memory)
    this.release = release
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.release()
  }
}

class CpuBoundKernel implements BoundKernel {
  readonly name: string
  readonly run: () => void

  constructor(name: string, run: () => void) {
    this.name = name
    this.run = run
  }
}

/** The references of the kernels on typed arrays: runs wherever JavaScript does, and is the oracle of the WGSL. */
export class CpuBackend implements Backend {
  readonly kind = 'cpu'
  readonly adapter = 'CPU (TypeScript)'
  readonly software = true
  readonly features: ReadonlySet<string> = new Set()
  readonly limits: BackendLimits
  readonly tuning = tuningFor({ kind: 'cpu', software: true })
  readonly tiles = []
  readonly memory = new MemoryMeter()
  readonly lost: Promise<StepscopeError> = new Promise(() => {})
  private readonly buffers = new Set<CpuBuffer>()
  private disposed = false

  constructor(options: { readonly maxBindingBytes?: number } = {}) {
    this.limits = {
      maxBindingBytes: options.maxBindingBytes ?? 2 ** 31,
      maxBytes: Number.POSITIVE_INFINITY,
      maxStorageBuffers: 16,
      maxInvocations: 1024,
      maxWorkgroupBytes: 32768,
      maxWorkgroups: 65535,
    }
  }

  async createBuffer(bytes: number, purpose: string): Promise<BackendBuffer> {
    this.assertOpen()
    const size = Math.max(16, Math.ceil(bytes / 16) * 16)
    if (size > this.limits.maxBindingBytes) throw bufferTooLarge(size, this.limits.maxBindingBytes, purpose)
    let buffer: CpuBuffer
    try {
      buffer = new CpuBuffer(size, () => {
        this.buffers.delete(buffer)
        this.memory.remove(purpose, size)
      })
    } catch (cause) {
      throw noRoom(size, purpose, cause)
    }
    this.buffers.add(buffer)
    this.memory.add(purpose, size)
    return buffer
  }

  write(buffer: BackendBuffer, offset: number, data: Float32Array | Uint32Array): void {
    this.assertOpen()
    const { f32, u32 } = asCpuBuffer(buffer)
    if (data instanceof Float32Array) f32.set(data, offset / 4)
    else u32.set(data, offset / 4)
  }

  async bind<B extends Bindings>(
    kernel: Kernel<B>,
    buffers: { readonly [K in keyof B]: BackendBuffer },
  ): Promise<BoundKernel> {
    const views = Object.fromEntries(
      Object.entries(kernel.bindings).map(([name, [type]]) => {
        const buffer = asCpuBuffer(buffers[name as keyof B])
        return [name, type === 'f32' ? buffer.f32 : buffer.u32]
      }),
    )
    return new CpuBoundKernel(kernel.name, kernel.reference(views as Views<B>))
  }

  async submit(record: (recorder: Recorder) => void, reads: readonly ReadRange[] = []): Promise<ArrayBuffer[]> {
    this.assertOpen()
    record({
      dispatch(kernel) {
        if (!(kernel instanceof CpuBoundKernel)) throw new TypeError(`${kernel.name} is bound on another backend`)
        kernel.run()
      },
    })
    return reads.map(
      ({ buffer, offset, bytes }) => asCpuBuffer(buffer).f32.slice(offset / 4, (offset + bytes) / 4).buffer,
    )
  }

  dispose(): void {
    this.disposed = true
    for (const buffer of [...this.buffers]) buffer.destroy()
  }

  private assertOpen(): void {
    if (!this.disposed) return
    throw new StepscopeError({
      code: 'device-lost',
      message: 'This backend was closed.',
      nextStep: 'Load the models again.',
    })
  }
}

function asCpuBuffer(buffer: BackendBuffer): CpuBuffer {
  if (buffer instanceof CpuBuffer) return buffer
  throw new TypeError('the buffer belongs to another backend')
}
