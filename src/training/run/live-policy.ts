import type { Backend } from '../../compute/backend.ts'
import { createResidentDecoder } from '../../engine/decoder-model.ts'
import { engineChoices } from '../../engine/engine-choices.ts'
import { EngineModel } from '../../engine/engine-model.ts'
import { EnginePolicy } from '../../engine/policy.ts'
import { stepFlags } from '../../engine/step-end.ts'
import type { Subject } from './subject.ts'

/** Bytes of keys and values. */
const CACHE_BYTES = 2 ** 26
const SLOTS = 1024
const BURST = { webgpu: 8, cpu: 2 } as const

/** The engine's policy on the weights that are being trained: what it samples is always the model as it is now. */
export class LivePolicy {
  readonly policy: EnginePolicy
  private readonly subject: Subject

  static async create(backend: Backend, subject: Subject): Promise<LivePolicy> {
    const { config, tokenizer, stepEnd, model } = subject
    const tokenBytes = 8 * config.layers * config.keyValueHeads * config.headDim
    const decoder = await createResidentDecoder(backend, config, await model.createRolloutWeights(), {
      cacheTokens: Math.ceil(CACHE_BYTES / tokenBytes),
      slots: SLOTS,
    })
    const tokenFlags = stepFlags(config, tokenizer, stepEnd)
    const burst = BURST[backend.kind]
    const engine = new EngineModel(decoder, tokenFlags, { burst })
    const info = {
      id: 'in training',
      hash: '',
      family: config.family,
      parameters: decoder.parameters,
      weights: decoder.weightFormat,
      contextLength: engine.contextLength,
      backend: backend.kind,
      adapter: backend.adapter,
      flops: decoder.flops,
      choices: engineChoices(backend, burst),
    }
    return new LivePolicy(subject, new EnginePolicy({ model: engine, tokenizer, info, stepEnd, tokenFlags }))
  }

  private constructor(subject: Subject, policy: EnginePolicy) {
    this.subject = subject
    this.policy = policy
  }

  /** To be called after the weights changed: what was executed with the old ones is forgotten. */
  async refresh(): Promise<EnginePolicy> {
    this.policy.model.evictAll()
    await this.subject.model.refreshRolloutWeights()
    return this.policy
  }

  dispose(): void {
    this.policy.model.dispose()
  }
}
