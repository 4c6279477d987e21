import type { Backend } from '../compute/backend.ts'
import type { ModelInfo } from '../search/models.ts'
import type { Decoder } from './decoder/decoder.ts'
import { engineChoices } from './engine-choices.ts'
import { EngineModel } from './engine-model.ts'
import type { Activity } from './scheduler/activity.ts'

/**
 * Decode steps at a time. Measured on a beam of 16: on WebGPU fewer cost round trips, more cost empty passes; on a processor it
 * makes no difference to the speed, so it is short for the sake of cancelling and pausing.
 */
const BURST: Readonly<Record<Backend['kind'], number>> = { webgpu: 8, wasm: 2, cpu: 2 }

export interface StartedModel {
  readonly model: EngineModel
  readonly info: ModelInfo
}

export interface EngineOptions extends Pick<ModelInfo, 'id' | 'hash'> {
  /** Per vocabulary id; none for models that are not sampled from. */
  readonly tokenFlags?: Uint32Array | undefined
  readonly burst?: number | undefined
  readonly activity?: Activity | undefined
}

/** An engine on a decoder, which it owns, and what is recorded of it with every run. */
export function startModel(
  backend: Backend,
  decoder: Decoder,
  { id, hash, tokenFlags, burst = BURST[backend.kind], activity }: EngineOptions,
): StartedModel {
  const model = new EngineModel(decoder, tokenFlags, { burst, ...(activity === undefined ? {} : { activity }) })
  const info = {
    id,
    hash,
    family: decoder.config.family,
    parameters: decoder.parameters,
    weights: decoder.weightFormat,
    contextLength: model.contextLength,
    backend: backend.kind,
    adapter: backend.adapter,
    flops: decoder.flops,
    choices: engineChoices(backend, burst),
  }
  return { model, info }
}
