import { StepscopeError } from '../core/errors.ts'
import { browserCheckpointFiles } from '../engine/checkpoint/checkpoint-files-browser.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { openHubModel } from '../runtimes/transformersjs/hub.ts'
import type { LoadedOnnxPolicy } from '../runtimes/transformersjs/load-policy.ts'
import type { OnnxSource } from './protocol.ts'

export type LoadOnnx = (
  source: OnnxSource,
  options: Pick<LoadOptions, 'manifest' | 'onProgress' | 'signal'>,
) => Promise<LoadedOnnxPolicy>

/** The library and its runtime are large: they come when a model needs them. */
export const loadOnnx: LoadOnnx = async ({ origin, id, dtype, device }, { manifest, onProgress, signal }) => {
  const options = { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) }
  const files =
    origin.kind === 'hub' ? await openHubModel(origin, dtype, options) : browserCheckpointFiles(origin.files)
  const { loadOnnxPolicy } = await import('../runtimes/transformersjs/load-policy.ts')
  return loadOnnxPolicy({ id, files, dtype, device, ...options, ...(manifest ? { manifest } : {}) })
}

export const refuseOnnx: LoadOnnx = async () => {
  throw new StepscopeError({
    code: 'unsupported-config',
    message: 'ONNX checkpoints run in the browser only',
    nextStep: 'Use the safetensors of the same model here.',
  })
}

export function onnxReward(): StepscopeError {
  return new StepscopeError({
    code: 'unsupported-config',
    message: 'A reward model cannot run on Transformers.js',
    expected: 'a checkpoint with safetensors',
    found: 'an ONNX checkpoint',
    nextStep: 'Choose a reward model that our own engine runs.',
  })
}
