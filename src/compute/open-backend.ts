import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import type { TuningMemory } from './autotune.ts'
import type { Backend } from './backend.ts'
import type { MatmulTileName, Tuning } from './tuning.ts'
import type { WasmBackendOptions } from './wasm/wasm-backend.ts'

export interface OpenBackendOptions {
  /** `auto` takes WebGPU, and the CPU where that cannot be had. */
  readonly choice: 'auto' | 'webgpu' | 'wasm' | 'cpu'
  /** A lower limit than the adapter's own, to try how large tensors are split. */
  readonly maxBindingBytes?: number
  /** Kernel shapes of another class of adapters than the one found. */
  readonly tuning?: Tuning
  /** A tile by name, or the fastest one by measurement, instead of the table's. The CPU has its own. */
  readonly tile?: MatmulTileName | 'measured'
  /** Where a measured choice is kept; measured again each time without. */
  readonly tuningMemory?: TuningMemory
  /** How WebAssembly works; all of the machine, strict, where it is not said. */
  readonly wasm?: WasmBackendOptions
}

export interface OpenedBackend {
  readonly backend: Backend
  /** Why `auto` took the CPU; null otherwise. */
  readonly note: string | null
}

/**
 * Opens the backend that was asked for, loading only its code.
 * @throws StepscopeError `no-adapter` where `webgpu` or `wasm` was asked for and there is none
 */
export async function openBackend(options: OpenBackendOptions): Promise<OpenedBackend> {
  if (options.choice === 'cpu') return { backend: await openCpu(options), note: null }
  if (options.choice === 'wasm') return { backend: await openWasm(options), note: null }
  try {
    return { backend: await openWebGpu(options), note: null }
  } catch (error) {
    const { code, message } = toErrorDetails(error)
    // A page older than its server's files has a device; what it lacks is a script.
    if (options.choice === 'webgpu' || code === 'old-page') throw error
    return { backend: await openCpu(options), note: `${message} Running on the CPU instead.` }
  }
}

async function openCpu({ maxBindingBytes }: OpenBackendOptions): Promise<Backend> {
  const { CpuBackend } = await import('./cpu/cpu-backend.ts')
  return new CpuBackend(maxBindingBytes === undefined ? {} : { maxBindingBytes })
}

async function openWasm({ maxBindingBytes, wasm }: OpenBackendOptions): Promise<Backend> {
  const { createWasmBackend } = await import('./wasm/wasm-backend.ts')
  return createWasmBackend({ ...(maxBindingBytes === undefined ? {} : { maxBindingBytes }), ...wasm })
}

async function openWebGpu({ maxBindingBytes, tuning, tile, tuningMemory }: OpenBackendOptions): Promise<Backend> {
  const { gpu, nextStep } = await findGpu()
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null)
  if (gpu === undefined || !adapter) {
    const message = gpu === undefined ? 'There is no WebGPU here.' : 'WebGPU found no graphics adapter.'
    throw new StepscopeError({ code: 'no-adapter', message, nextStep })
  }
  const { createWebGpuBackend } = await import('./webgpu/webgpu-backend.ts')
  return createWebGpuBackend(adapter, {
    owner: gpu,
    ...(maxBindingBytes === undefined ? {} : { maxBindingBytes }),
    ...(tuning === undefined ? {} : { tuning }),
    ...(tile === undefined ? {} : { tile }),
    ...(tuningMemory === undefined ? {} : { tuningMemory }),
  })
}

async function findGpu(): Promise<{ gpu: GPU | undefined; nextStep: string }> {
  if (typeof navigator !== 'undefined' && navigator.gpu !== undefined) {
    return {
      gpu: navigator.gpu,
      nextStep: 'Turn on hardware acceleration in the browser settings, or take the CPU backend.',
    }
  }
  if (!isNode()) {
    return { gpu: undefined, nextStep: 'Open this page over https in a current browser, or take the CPU backend.' }
  }
  const nextStep = 'Install a Vulkan driver (Debian: mesa-vulkan-drivers from backports), or take --backend cpu.'
  try {
    // The specifier is not a literal, so that bundlers for the browser leave Node's half alone.
    const path = './webgpu/node-adapter.ts'
    const node = (await import(/* @vite-ignore */ path)) as { createNodeGpu(): Promise<GPU> }
    return { gpu: await node.createNodeGpu(), nextStep }
  } catch (cause) {
    throw new StepscopeError(
      { code: 'no-adapter', message: 'WebGPU could not be loaded in Node.', nextStep },
      { cause },
    )
  }
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  return process?.versions?.node !== undefined
}
