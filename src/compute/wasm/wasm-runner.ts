import { StepscopeError } from '../../core/errors.ts'
import { noRoom } from '../memory-errors.ts'
import type { WasmBoundKernel } from './bound-kernel.ts'
import { CONTROL, DESCRIPTOR } from './control-block.ts'
import type { WasmHeap } from './heap.ts'
import type { LinkedModule } from './linker.ts'
import type { RunnerExports } from './runner-module.ts'
import { RUN_DONE, runnerBytes } from './runner-module.ts'
import type { Thread, ThreadHost } from './threads.ts'

export interface RunnerOptions {
  /** Null: one thread, on memory that is not shared. */
  readonly host: ThreadHost | null
  readonly threads: number
  readonly patienceMs: number
}

/** The owner's side of the runner: installs modules, starts threads, and runs lists of kernels. */
export class WasmRunner {
  readonly threads: number
  readonly lost: Promise<StepscopeError>
  private readonly heap: WasmHeap
  private readonly table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
  private readonly pool: Thread[] = []
  private readonly canWait: boolean
  private readonly patienceMs: number
  private runList!: RunnerExports['run']
  private declareLost!: (error: StepscopeError) => void
  private state: 'open' | 'lost' | 'disposed' = 'open'
  /** Host functions of the current run. */
  private hosts: (() => void)[] = []
  /** Where the current run's descriptors and list lie. */
  private arena = { address: 0, bytes: 0 }
  private scratch = { address: 0, stride: 0 }
  private submits = 0
  private lastModule = 0
  private waitsSince = 0
  private lastDone = -1

  private constructor(heap: WasmHeap, { host, threads, patienceMs }: RunnerOptions) {
    this.heap = heap
    this.threads = threads
    this.canWait = host?.canWait ?? false
    this.patienceMs = patienceMs
    this.lost = new Promise((resolve) => {
      this.declareLost = resolve
    })
  }

  static async start(heap: WasmHeap, options: RunnerOptions): Promise<WasmRunner> {
    const runner = new WasmRunner(heap, options)
    const bytes = runnerBytes(heap.shared)
    const { instance } = await WebAssembly.instantiate(bytes, { env: runner.environment() })
    runner.runList = (instance.exports as unknown as RunnerExports).run
    runner.setWord(CONTROL.threads, options.threads)
    runner.setWord(CONTROL.patience, Math.ceil(options.patienceMs / 100))
    const { host, threads } = options
    if (host !== null) {
      const starts = Array.from({ length: threads - 1 }, (_, index) =>
        host.start({ memory: heap.memory, runner: bytes, thread: index + 1 }, () => runner.threadEnded()),
      )
      runner.pool.push(...(await Promise.all(starts)))
    }
    return runner
  }

  /** Compiles a module and puts its functions into the table; threads do the same before their next unit. */
  async install({ bytes, base, places }: LinkedModule): Promise<void> {
    const module = await WebAssembly.compile(bytes)
    if (this.table.length < base + places) this.table.grow(base + places - this.table.length)
    await WebAssembly.instantiate(module, { env: this.environment() })
    if (!this.heap.shared) return
    const address = this.heap.allocate(16 + bytes.length)
    if (address === null) throw noRoom(bytes.length, 'code', null)
    this.words().set([0, bytes.length, base, places], address / 4)
    this.heap.bytes.set(bytes, address + 16)
    this.setWord(this.lastModule === 0 ? CONTROL.moduleList : this.lastModule, address)
    this.lastModule = address
    Atomics.add(this.words(), CONTROL.modules / 4, 1)
  }

  /** Every thread gets at least so many bytes of scratch. */
  needScratch(bytes: number): void {
    if (bytes <= this.scratch.stride) return
    const stride = Math.ceil(bytes / 4096) * 4096
    const address = this.heap.allocate(stride * this.threads)
    if (address === null) throw noRoom(stride * this.threads, 'scratch', null)
    if (this.scratch.stride > 0) this.heap.release(this.scratch.address)
    this.scratch = { address, stride }
    this.setWord(CONTROL.scratch, address)
    this.setWord(CONTROL.scratchStride, stride)
  }

  /** @throws StepscopeError `device-lost` where a thread failed or ended */
  run(kernels: readonly WasmBoundKernel[]): void {
    this.assertOpen()
    if (kernels.length === 0) return
    const submit = ++this.submits
    this.hosts = []
    const distinct: WasmBoundKernel[] = []
    let bytes = 0
    for (const kernel of kernels) {
      if (kernel.submit === submit) continue
      kernel.submit = submit
      kernel.address = bytes
      bytes += 4 * kernel.words.length
      distinct.push(kernel)
    }
    this.reserve(bytes + 4 * kernels.length)
    const start = this.arena.address
    const words = this.words()
    for (const kernel of distinct) {
      kernel.address += start
      words.set(kernel.words, kernel.address >>> 2)
      if (kernel.host !== null) words[(kernel.address + DESCRIPTOR.run) >>> 2] = this.hosts.push(kernel.host) - 1
    }
    const list = start + bytes
    let place = list >>> 2
    for (const kernel of kernels) words[place++] = kernel.address
    let result: number
    try {
      result = this.runList(list, kernels.length, this.canWait ? 1 : 0)
    } catch (cause) {
      if (cause instanceof WebAssembly.RuntimeError) throw this.lose(cause)
      throw cause
    }
    if (result !== RUN_DONE) throw this.lose(null)
  }

  assertOpen(): void {
    if (this.state === 'open') return
    throw lostError(this.state === 'lost' ? 'A thread of the engine has failed.' : 'This backend was closed.', null)
  }

  dispose(): void {
    if (this.state === 'open') this.state = 'disposed'
    this.stop()
  }

  private threadEnded(): void {
    if (this.state === 'open') this.lose(null)
  }

  private lose(cause: unknown): StepscopeError {
    const error = lostError('A thread of the engine has failed.', cause)
    this.state = 'lost'
    this.stop()
    this.declareLost(error)
    return error
  }

  private stop(): void {
    if (this.pool.length === 0) return
    Atomics.store(this.words(), CONTROL.stop / 4, 1)
    Atomics.add(this.words(), CONTROL.wake / 4, 1)
    Atomics.notify(this.words(), CONTROL.wake / 4)
    for (const thread of this.pool.splice(0)) thread.terminate()
  }

  private reserve(bytes: number): void {
    if (bytes <= this.arena.bytes) return
    const size = Math.max(65536, 2 * bytes)
    const address = this.heap.allocate(size)
    if (address === null) throw noRoom(size, 'lists of kernels', null)
    if (this.arena.bytes > 0) this.heap.release(this.arena.address)
    this.arena = { address, bytes: size }
  }

  private environment() {
    return {
      memory: this.heap.memory,
      table: this.table,
      host: (index: number) => {
        this.hosts[index]?.()
        return 0
      },
      // Asked by an owner that must not sleep, after every some thousand looks.
      patience: () => {
        const now = performance.now()
        const done = Atomics.load(this.words(), CONTROL.done / 4)
        if (done !== this.lastDone) {
          this.lastDone = done
          this.waitsSince = now
        }
        return now - this.waitsSince < this.patienceMs ? 1 : 0
      },
    }
  }

  private words(): Int32Array {
    return new Int32Array(this.heap.buffer)
  }

  private setWord(address: number, value: number): void {
    this.words()[address >>> 2] = value
  }
}

function lostError(message: string, cause: unknown): StepscopeError {
  return new StepscopeError({ code: 'device-lost', message, nextStep: 'Load the models again.' }, { cause })
}
