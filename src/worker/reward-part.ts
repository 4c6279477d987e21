import type { Backend } from '../compute/backend.ts'
import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { createDecoder } from '../engine/decoder/decoder-model.ts'
import type { EngineModel } from '../engine/engine-model.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { loadPolicy, loadRewardModel, loadWithReference } from '../engine/load-model.ts'
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

/** A language model, and how it is loaded. */
export interface Loading {
  readonly files: CheckpointFiles
  readonly options: LoadOptions
}

/** A language model and the one it is held against; progress is that of both. Where anything fails, nothing stays. */
export async function loadImplicitReward(
  backend: Backend,
  pair: readonly [policy: Loading, reference: Loading],
  beta: number,
): Promise<RewardPart> {
  const loaded = new Map<Loading, readonly [bytes: number, of: number]>()
  const load = (loading: Loading, signal: AbortSignal) => {
    const onProgress = (...bytes: [number, number]) => {
      loaded.set(loading, bytes)
      const sum = (at: 0 | 1) => [...loaded.values()].reduce((total, one) => total + one[at], 0)
      loading.options.onProgress?.(sum(0), sum(1))
    }
    return loadPolicy(backend, loading.files, { ...loading.options, signal, onProgress }, createDecoder)
  }
  const name = `the reference ${pair[1].options.id ?? pair[1].files.name}`
  const [policy, reference] = await loadWithReference(pair, load, name, pair[0].options.signal)
  return partOf(new ImplicitRewardModel(policy, reference, beta), [policy.model, reference.model])
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

/** Sums of two records, name by name. */
export function addByName(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.keys({ ...a, ...b }).map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]))
}
