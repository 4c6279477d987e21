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
} from '../backend.ts'
import { bufferTooLarge, noRoom } from '../memory-errors.ts'
import { MemoryMeter } from '../memory-meter.ts'
import { tuningFor } from '../tuning.ts'
import { boundFunction, boundReference, WasmBoundKernel } from './bound-kernel.ts'
import { WasmHeap } from './heap.ts'
import { Linker } from './linker.ts'
import { threadHost, threadsFor } from './threads.ts'
import { asWasmBuffer, WasmBuffer } from './wasm-buffer.ts'
import { runsWasm } from './wasm-features.ts'
import type { Arithmetic } from './wasm-kernel.ts'
import { WasmRunner } from './wasm-runner.ts'

export interface WasmBackendOptions {
  readonly maxBindingBytes?: number
  /** As many as the machine has use for where it is not said; 1 where memory cannot be shared. */
  readonly threads?: number
  readonly arithmetic?: Arithmetic
  /** False: as on a page that is not isolated. */
  readonly shared?: boolean
  /** Bytes of all buffers at most; as many as WebAssembly allows where it is not said. */
  readonly mostBytes?: number
  /** How long a thread may have units and finish none, before the backend counts as lost. */
  readonly patienceMs?: number
}

const PATIENCE_MS = 20_000

/** @throws StepscopeError `no-adapter` where there is no WebAssembly SIMD, or not the arithmetic that was asked for */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<Backend> {
  const { arithmetic = 'strict' } = options
  if (!runsWasm(arithmetic)) {
    throw new StepscopeError({
      code: 'no-adapter',
      message: `There is no WebAssembly SIMD here${arithmetic === 'fused' ? ' with fused arithmetic' : ''}.`,
      nextStep: arithmetic === 'fused' ? 'Take strict arithmetic.' : 'Take the CPU backend, or a current browser.',
    })
  }
  const host = options.shared === false ? null : await threadHost()
  const threads = host === null ? 1 : Math.max(1, options.threads ?? threadsFor(host.processors))
  const heap = new WasmHeap(host !== null, options.mostBytes)
  const runner = await WasmRunner.start(heap, { host, threads, patienceMs: options.patienceMs ?? PATIENCE_MS })
  return new WasmBackend(heap, runner, options)
}

/** Kernels in WebAssembly on ranges of one memory; those that have none run their references there. */
class WasmBackend implements Backend {
  readonly kind = 'wasm'
  readonly adapter: string
  readonly software = true
  /** Its arithmetic. */
  readonly features: ReadonlySet<string>
  readonly limits: BackendLimits
  readonly tuning = tuningFor({ kind: 'wasm', software: true })
  readonly tiles = []
  readonly memory = new MemoryMeter()
  readonly lost: Promise<StepscopeError>
  private readonly heap: WasmHeap
  private readonly runner: WasmRunner
  private readonly linker: Linker
  private readonly buffers = new Set<WasmBuffer>()

  constructor(heap: WasmHeap, runner: WasmRunner, { maxBindingBytes, arithmetic = 'strict' }: WasmBackendOptions) {
    this.heap = heap
    this.runner = runner
    this.lost = runner.lost
    this.linker = new Linker(heap.shared, arithmetic, (module) => runner.install(module))
    const { threads } = runner
    this.features = new Set([arithmetic])
    this.adapter = `CPU (WebAssembly SIMD, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${arithmetic})`
    this.limits = {
      maxBindingBytes: maxBindingBytes ?? 2 ** 31,
      maxBytes: heap.mostBytes,
      maxStorageBuffers: 16,
      maxInvocations: 1024,
      maxWorkgroupBytes: 32768,
      maxWorkgroups: 65535,
    }
  }

  async createBuffer(bytes: number, purpose: string): Promise<BackendBuffer> {
    this.runner.assertOpen()
    const size = Math.max(16, Math.ceil(bytes / 16) * 16)
    if (size > this.limits.maxBindingBytes) throw bufferTooLarge(size, this.limits.maxBindingBytes, purpose)
    const address = this.heap.allocate(size)
    if (address === null) throw noRoom(size, purpose, new RangeError(`${this.heap.mostBytes} bytes at most`))
    const buffer = new WasmBuffer(this.heap, address, size, () => {
      this.heap.release(address)
      this.buffers.delete(buffer)
      this.memory.remove(purpose, size)
    })
    this.buffers.add(buffer)
    this.memory.add(purpose, size)
    return buffer
  }

  write(buffer: BackendBuffer, offset: number, data: Float32Array | Uint32Array): void {
    this.runner.assertOpen()
    const to = asWasmBuffer(buffer)
    if (data instanceof Float32Array) to.f32.set(data, offset / 4)
    else to.u32.set(data, offset / 4)
  }

  async bind<B extends Bindings>(
    kernel: Kernel<B>,
    buffers: { readonly [K in keyof B]: BackendBuffer },
  ): Promise<BoundKernel> {
    const wasm = kernel.wasm?.()
    if (wasm === undefined) return boundReference(kernel, buffers)
    const linked = await this.linker.add(kernel.name, kernel.bindings, wasm)
    this.runner.needScratch(wasm.scratchBytes ?? 0)
    return boundFunction(kernel, linked, buffers)
  }

  async submit(record: (recorder: Recorder) => void, reads: readonly ReadRange[] = []): Promise<ArrayBuffer[]> {
    const kernels: WasmBoundKernel[] = []
    record({
      dispatch(kernel) {
        if (!(kernel instanceof WasmBoundKernel)) throw new TypeError(`${kernel.name} is bound on another backend`)
        kernels.push(kernel)
      },
    })
    this.runner.run(kernels)
    return reads.map(({ buffer, offset, bytes }) => {
      const copy = new Float32Array(bytes / 4)
      copy.set(asWasmBuffer(buffer).f32.subarray(offset / 4, (offset + bytes) / 4))
      return copy.buffer
    })
  }

  dispose(): void {
    this.runner.dispose()
    for (const buffer of [...this.buffers]) buffer.destroy()
  }
}
