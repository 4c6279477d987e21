import type { Backend } from '../../compute/backend.ts'
import { createResidentDecoder } from '../../engine/decoder/decoder-model.ts'
import { EnginePolicy } from '../../engine/policy.ts'
import { startModel } from '../../engine/start-model.ts'
import { stepFlags } from '../../engine/tokenizer/step-end.ts'
import type { ModelInTraining } from './model-in-training.ts'

/** Bytes of keys and values. */
const CACHE_BYTES = 2 ** 26
const SLOTS = 1024

/** The engine's policy on the weights that are being trained: what it samples is always the model as it is now. */
export class LivePolicy {
  readonly policy: EnginePolicy
  private readonly trained: ModelInTraining

  static async create(backend: Backend, trained: ModelInTraining): Promise<LivePolicy> {
    const { config, tokenizer, prompts, stepEnds, model } = trained
    const tokenBytes = 8 * config.layers.length * config.keyValueHeads * config.headDim
    const decoder = await createResidentDecoder(backend, config, await model.createRolloutWeights(), {
      cacheTokens: Math.ceil(CACHE_BYTES / tokenBytes),
      slots: SLOTS,
    })
    const tokenFlags = stepFlags(config, tokenizer, stepEnds)
    const engine = startModel(backend, decoder, { id: 'the model in training', hash: '', tokenFlags })
    return new LivePolicy(trained, new EnginePolicy({ ...engine, tokenizer, prompts, stepEnds, tokenFlags }))
  }

  private constructor(trained: ModelInTraining, policy: EnginePolicy) {
    this.trained = trained
    this.policy = policy
  }

  /** To be called after the weights changed: what was executed with the old ones is forgotten. */
  async refresh(): Promise<EnginePolicy> {
    this.policy.model.evictAll()
    await this.trained.model.refreshRolloutWeights()
    return this.policy
  }

  dispose(): void {
    this.policy.model.dispose()
  }
}
