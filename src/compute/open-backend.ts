import type { BackendChoice } from '../core/backends.ts'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import type { TuningMemory } from './autotune.ts'
import type { Backend } from './backend.ts'
import type { MatmulTileName, Tuning } from './tuning.ts'
import type { WasmBackendOptions } from './wasm/wasm-backend.ts'
import { adapterName, isSoftware } from './webgpu/adapter-names.ts'

export interface OpenBackendOptions {
  /**
   * `auto` takes WebGPU on a graphics card, else WebAssembly, else the references. An adapter that is software is slower
   * than WebAssembly, and taken where `webgpu` is asked for alone.
   */
  readonly choice: BackendChoice
  /** A lower limit than the adapter's own, to try how large tensors are split. */
  readonly maxBindingBytes?: number
  /** Of WebGPU: kernel shapes of another class of adapters than the one found. */
  readonly tuning?: Tuning
  /** Of WebGPU: a tile by name, or the fastest one by measurement, instead of the table's. */
  readonly tile?: MatmulTileName | 'measured'
  /** Where a measured choice is kept; measured again each time without. */
  readonly tuningMemory?: TuningMemory
  /**
   * How WebAssembly works; all of the machine, strict, where it is not said. Asking for `strict` keeps `auto` from graphics
   * cards, whose bits are their own.
   */
  readonly wasm?: WasmBackendOptions
}

export interface OpenedBackend {
  readonly backend: Backend
  /** Why it is not what `auto` looks for first, or has one thread; null otherwise. */
  readonly note: string | null
}

/**
 * Opens the backend that was asked for, loading only its code.
 * @throws StepscopeError `no-adapter` where `webgpu` or `wasm` was asked for and cannot be had
 */
export async function openBackend(options: OpenBackendOptions): Promise<OpenedBackend> {
  const { choice } = options
  if (choice === 'cpu') return { backend: await openReferences(options), note: null }
  if (choice === 'webgpu') return { backend: await openWebGpu(options, await findAdapter()), note: null }
  if (choice === 'wasm') return withThreadNote(await openWasm(options), [])
  return openBest(options)
}

async function openBest(options: OpenBackendOptions): Promise<OpenedBackend> {
  const reasons: string[] = []
  const attempt = async (open: () => Promise<Backend>): Promise<Backend | null> => {
    try {
      return await open()
    } catch (error) {
      const { code, message } = toErrorDetails(error)
      // A page older than its server's files can do all of it; what it lacks is a script.
      if (code === 'old-page') throw error
      reasons.push(message)
      return null
    }
  }
  const graphics = await attempt(async () => {
    if (options.wasm?.arithmetic === 'strict')
      throw notTaken('Strict arithmetic is asked for, which graphics cards lack.')
    const found = await findAdapter({ hardware: true })
    if (isSoftware(found.adapter.info))
      throw notTaken(`The graphics adapter is software (${adapterName(found.adapter.info)}), which is slower.`)
    return openWebGpu(options, found)
  })
  if (graphics) return { backend: graphics, note: null }
  const wasm = await attempt(() => openWasm(options))
  if (wasm) return withThreadNote(wasm, reasons)
  return { backend: await openReferences(options), note: reasons.join(' ') }
}

function notTaken(message: string): StepscopeError {
  return new StepscopeError({ code: 'no-adapter', message })
}

/** One thread has a reason that a person can do something about. */
function withThreadNote(backend: Backend, reasons: readonly string[]): OpenedBackend {
  const alone = !isNode() && globalThis.crossOriginIsolated !== true
  const all = alone ? [...reasons, 'It has one thread, because this page is not isolated from other sites.'] : reasons
  return { backend, note: all.length === 0 ? null : all.join(' ') }
}

async function openReferences({ maxBindingBytes }: OpenBackendOptions): Promise<Backend> {
  const { CpuBackend } = await import('./cpu/cpu-backend.ts')
  return new CpuBackend(maxBindingBytes === undefined ? {} : { maxBindingBytes })
}

async function openWasm({ maxBindingBytes, wasm }: OpenBackendOptions): Promise<Backend> {
  const { createWasmBackend } = await import('./wasm/wasm-backend.ts')
  return createWasmBackend({ ...(maxBindingBytes === undefined ? {} : { maxBindingBytes }), ...wasm })
}

interface FoundAdapter {
  readonly gpu: GPU
  readonly adapter: GPUAdapter
}

/**
 * @param hardware look for a graphics card alone, without loading a driver where there is none
 * @throws StepscopeError `no-adapter`
 */
async function findAdapter({ hardware = false } = {}): Promise<FoundAdapter> {
  const { gpu, nextStep } = await findGpu(hardware)
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null)
  if (gpu !== undefined && adapter) return { gpu, adapter }
  const message = gpu === undefined ? 'There is no WebGPU here.' : 'WebGPU found no graphics adapter.'
  throw new StepscopeError({ code: 'no-adapter', message, nextStep })
}

async function openWebGpu(
  { maxBindingBytes, tuning, tile, tuningMemory }: OpenBackendOptions,
  { gpu, adapter }: FoundAdapter,
): Promise<Backend> {
  const { createWebGpuBackend } = await import('./webgpu/webgpu-backend.ts')
  return createWebGpuBackend(adapter, {
    owner: gpu,
    ...(maxBindingBytes === undefined ? {} : { maxBindingBytes }),
    ...(tuning === undefined ? {} : { tuning }),
    ...(tile === undefined ? {} : { tile }),
    ...(tuningMemory === undefined ? {} : { tuningMemory }),
  })
}

async function findGpu(hardware: boolean): Promise<{ gpu: GPU | undefined; nextStep: string }> {
  if (typeof navigator !== 'undefined' && navigator.gpu !== undefined) {
    return {
      gpu: navigator.gpu,
      nextStep: 'Turn on hardware acceleration in the browser settings, or take another backend.',
    }
  }
  if (!isNode()) {
    return { gpu: undefined, nextStep: 'Open this page over https in a current browser, or take another backend.' }
  }
  const nextStep = 'Install a Vulkan driver (Debian: mesa-vulkan-drivers from backports), or take --backend wasm.'
  // The specifier is not a literal, so that bundlers for the browser leave Node's half alone.
  const path = './webgpu/node-adapter.ts'
  const node = (await import(/* @vite-ignore */ path)) as {
    createNodeGpu(options: { hardware: boolean }): Promise<GPU | null>
  }
  const gpu = await node.createNodeGpu({ hardware }).catch((cause: unknown) => {
    throw new StepscopeError(
      { code: 'no-adapter', message: 'WebGPU could not be loaded in Node.', nextStep },
      { cause },
    )
  })
  if (gpu === null) throw notTaken('This machine shows no graphics card.')
  return { gpu, nextStep }
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  return process?.versions?.node !== undefined
}
