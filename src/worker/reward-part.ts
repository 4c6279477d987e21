import type { Backend } from '../compute/backend.ts'
import type { Adapter } from '../engine/adapter.ts'
import type { CheckpointFiles } from '../engine/checkpoint-files.ts'
import { createDecoder } from '../engine/decoder-model.ts'
import type { EngineModel } from '../engine/engine-model.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { loadPolicy, loadRewardModel } from '../engine/load-model.ts'
import { ImplicitRewardModel } from '../rewards/implicit-reward-model.ts'
import type { RewardModel } from '../search/models.ts'
import type { PolicyPart } from './policy-part.ts'

/** A reward model of one model or of two, as the worker holds and shows it. */
export interface RewardPart extends Pick<PolicyPart, 'counters' | 'bytes' | 'dispose'> {
  readonly model: RewardModel
}

/** A model with a score head. */
export async function loadOwnReward(
  backend: Backend,
  files: CheckpointFiles,
  options: LoadOptions,
): Promise<RewardPart> {
  const reward = await loadRewardModel(backend, files, options, createDecoder)
  return partOf(reward, [reward.model])
}

/** The language model a reward is read from by how it differs from this one. */
export interface Reference {
  readonly files: CheckpointFiles
  readonly id: string
  readonly adapter?: Adapter | undefined
}

/** A language model and its reference; progress is that of both. Where anything fails, nothing stays. */
export async function loadImplicitReward(
  backend: Backend,
  files: CheckpointFiles,
  { onProgress, adapter, ...options }: LoadOptions,
  { reference, beta }: { readonly reference: Reference; readonly beta: number },
): Promise<RewardPart> {
  let first = 0
  const policy = await loadPolicy(
    backend,
    files,
    {
      ...options,
      ...(adapter === undefined ? {} : { adapter }),
      onProgress: (loaded, total) => {
        first = total
        // The reference is of its shape, as a rule.
        onProgress?.(loaded, 2 * total)
      },
    },
    createDecoder,
  )
  try {
    const other = await loadPolicy(
      backend,
      reference.files,
      {
        ...options,
        id: reference.id,
        ...(reference.adapter === undefined ? {} : { adapter: reference.adapter }),
        onProgress: (loaded, total) => onProgress?.(first + loaded, first + total),
      },
      createDecoder,
    )
    return partOf(new ImplicitRewardModel(policy, other, beta), [policy.model, other.model])
  } catch (error) {
    policy.model.dispose()
    throw error
  }
}

function partOf(model: RewardModel, models: readonly EngineModel[]): RewardPart {
  return {
    model,
    counters: () => {
      const counted = models.map((one) => ({ ...one.decoder.counters, ...one.counters() }))
      return counted.reduce((sum, one) => addByName(sum, one) as typeof one)
    },
    bytes: () => models.map((one) => one.decoder.bytes()).reduce(addByName),
    dispose: () => {
      for (const one of models) one.dispose()
    },
  }
}

function addByName(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.keys({ ...a, ...b }).map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]))
}
