import { openBackend } from '../compute/open-backend.ts'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import { Activity } from '../engine/activity.ts'
import type { CheckpointFiles } from '../engine/checkpoint-files.ts'
import { browserCheckpointFiles } from '../engine/checkpoint-files-browser.ts'
import { openUrlCheckpoint } from '../engine/checkpoint-files-url.ts'
import { createDecoder } from '../engine/decoder-model.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { inspectCheckpoint, loadPolicy, loadRewardModel } from '../engine/load-model.ts'
import type { EnginePolicy } from '../engine/policy.ts'
import type { EngineRewardModel } from '../engine/reward-model.ts'
import { bundledFiles } from './bundled-checkpoints.ts'
import type { Engine, EngineLoader } from './engine-host.ts'
import { Held } from './held.ts'
import type { ModelSource, ParamsOf } from './protocol.ts'
import type { OpenBackend, Residents } from './resident-models.ts'
import { sameBackend, sameModel } from './resident-models.ts'

type OpenFiles = (source: ModelSource, signal: AbortSignal) => Promise<CheckpointFiles>

/** Engines from the app's own checkpoints (same origin, below `base`) and from folders that were dragged in. */
export function browserEngineLoader(base: string): EngineLoader {
  return engineLoader((source, signal) =>
    source.kind === 'local'
      ? Promise.resolve(browserCheckpointFiles(source.files))
      : openUrlCheckpoint({ baseUrl: `${base}checkpoints/${source.id}/`, files: bundledFiles(source.id), signal }),
  )
}

/**
 * Opens the backend and both models on it. What the engine before has already, and is asked for again in the same way, is
 * taken over instead: a model that did not change stays on the device. Where anything fails, nothing new stays, and the
 * engine before is as it was.
 */
export function engineLoader(openFiles: OpenFiles): EngineLoader {
  const residents = new WeakMap<Engine, Residents>()
  return {
    load: async (params, onProgress, signal, before) => {
      const held: Held<unknown>[] = []
      const hold = <T>(part: Held<T>): Held<T> => {
        held.push(part)
        return part
      }
      // Held before anything is waited for: another load may replace the engine meanwhile.
      const old = before ? residents.get(before) : undefined
      const kept = old && sameBackend(old, params) ? old : null
      const shared = kept ? hold(kept.backend.retain()) : null
      const keptPolicy = kept && sameModel(kept.params, params, 'policy') ? hold(kept.policy.retain()) : null
      const keptReward = kept && sameModel(kept.params, params, 'reward') ? hold(kept.reward.retain()) : null
      try {
        const [policyFiles, rewardFiles] = await Promise.all([
          keptPolicy ? null : openFiles(params.policy.source, signal),
          keptReward ? null : openFiles(params.reward.source, signal),
        ])
        const open = shared ?? hold(await openShared(params.backend))
        const { backend, activity } = open.value
        const options = (model: 'policy' | 'reward'): LoadOptions => {
          const { source, adapter, weights } = params[model]
          return {
            id: source.id,
            activity,
            signal,
            onProgress: (loadedBytes, totalBytes) => onProgress(model, loadedBytes, totalBytes),
            ...(adapter === undefined ? {} : { adapter }),
            ...(weights === undefined ? {} : { weights }),
          }
        }
        const policy =
          keptPolicy ??
          (policyFiles && hold(own(await loadPolicy(backend, policyFiles, options('policy'), createDecoder))))
        const reward =
          keptReward ??
          (rewardFiles && hold(own(await loadRewardModel(backend, rewardFiles, options('reward'), createDecoder))))
        if (!policy || !reward) throw new TypeError('a model was neither kept nor loaded')
        const engine = makeEngine({ params, backend: open, policy, reward })
        residents.set(engine, { params, backend: open, policy, reward })
        return engine
      } catch (error) {
        for (const part of held.toReversed()) part.release()
        throw before ? besides(error) : error
      }
    },
    inspect: ({ files }, signal) => inspectCheckpoint(browserCheckpointFiles(files), signal),
  }
}

async function openShared(choice: ParamsOf<'load'>['backend']): Promise<Held<OpenBackend>> {
  const { backend, note } = await openBackend({ choice })
  return new Held<OpenBackend>({ backend, note, activity: new Activity() }, () => backend.dispose())
}

function own<M extends EnginePolicy | EngineRewardModel>(model: M): Held<M> {
  return new Held(model, () => model.model.dispose())
}

/** The models from before stay until the new ones are complete, so both must fit; where they do not, that is the reason. */
function besides(error: unknown): unknown {
  const details = toErrorDetails(error)
  if (details.code !== 'out-of-memory') return error
  return new StepscopeError(
    {
      ...details,
      message: `There is no room for the new model beside those that are loaded: ${details.message}`,
      nextStep:
        'The models stay as they were. To load it alone, choose it and reload the page, or choose a smaller one.',
    },
    { cause: error },
  )
}

function makeEngine(held: Residents): Engine {
  const { backend, note } = held.backend.value
  const policy = held.policy.value
  const reward = held.reward.value
  const models = { policy: policy.model, reward: reward.model }
  return {
    policy,
    reward,
    lost: backend.lost,
    status: () => {
      const counters = { policy: policy.model.counters(), reward: reward.model.counters() }
      const all = Object.values(counters)
      const bytes = Object.entries(models).flatMap(([name, model]) =>
        Object.entries(model.decoder.bytes()).map(([purpose, amount]) => [`${name} ${purpose}`, amount] as const),
      )
      return {
        backend: backend.kind,
        adapter: backend.adapter,
        software: backend.software,
        note,
        bytes: Object.fromEntries(bytes),
        passes: all.reduce((sum, { passes }) => sum + passes, 0),
        readbackBytes: all.reduce((sum, { readbackBytes }) => sum + readbackBytes, 0),
        counters: {
          policy: { ...policy.model.decoder.counters, ...counters.policy },
          reward: { ...reward.model.decoder.counters, ...counters.reward },
        },
      }
    },
    executedTokens: () => Object.values(models).reduce((sum, model) => sum + model.counters().executedTokens, 0),
    dispose: () => {
      held.policy.release()
      held.reward.release()
      held.backend.release()
    },
  }
}
