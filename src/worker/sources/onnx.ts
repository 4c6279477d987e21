import { browserCheckpointFiles } from '../../engine/checkpoint/checkpoint-files-browser.ts'
import { openHubModel } from '../../runtimes/transformersjs/hub-files.ts'
import type { OnnxOrigin } from '../../runtimes/transformersjs/inspect.ts'
import type { OnnxDevice, OnnxDtype } from '../../runtimes/transformersjs/onnx-files.ts'
import type { PolicyPart } from '../policy-part.ts'
import type { ModelProvider, PolicyLoading } from './model-provider.ts'
import { describeFiles } from './model-provider.ts'

/** An ONNX checkpoint, of the hub or a folder, which runs on Transformers.js; policies only. */
export interface OnnxSource {
  readonly kind: 'onnx'
  readonly id: string
  readonly origin: OnnxOrigin
  readonly dtype: OnnxDtype
  readonly device: OnnxDevice
}

export const onnxProvider: ModelProvider<OnnxSource> = {
  open: async (source) => ({ engine: 'Transformers.js', load: (options) => loadOnnx(source, options) }),
  identify: ({ origin, ...named }) =>
    origin.kind === 'folder' ? [named, describeFiles(origin.files)] : [named, origin],
}

/** The library and its runtime are large: they come when a model needs them. */
async function loadOnnx(
  { origin, id, dtype, device }: OnnxSource,
  { manifest, onProgress, signal }: PolicyLoading,
): Promise<PolicyPart> {
  const options = { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) }
  const files =
    origin.kind === 'hub' ? await openHubModel(origin, dtype, options) : browserCheckpointFiles(origin.files)
  const { loadOnnxPolicy } = await import('../../runtimes/transformersjs/load-policy.ts')
  const { policy, weightBytes } = await loadOnnxPolicy({
    id,
    files,
    dtype,
    device,
    ...options,
    ...(manifest ? { manifest } : {}),
  })
  return {
    policy,
    engine: `Transformers.js, ${device === 'wasm' ? 'WASM' : 'WebGPU'}`,
    counters: () => ({ ...policy.model.counters() }),
    bytes: () => ({ weights: weightBytes, cache: policy.model.counters().cacheBytes }),
    dispose: () => void policy.model.dispose(),
  }
}
