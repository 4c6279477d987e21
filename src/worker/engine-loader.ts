import type { Backend } from '../compute/backend.ts'
import { openBackend } from '../compute/open-backend.ts'
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
import type { ModelSource } from './protocol.ts'

type OpenFiles = (source: ModelSource, signal: AbortSignal) => Promise<CheckpointFiles>

/** Engines from the app's own checkpoints (same origin, below `base`) and from folders that were dragged in. */
export function browserEngineLoader(base: string): EngineLoader {
  return engineLoader((source, signal) =>
    source.kind === 'local'
      ? Promise.resolve(browserCheckpointFiles(source.files))
      : openUrlCheckpoint({ baseUrl: `${base}checkpoints/${source.id}/`, files: bundledFiles(source.id), signal }),
  )
}

/** Opens the backend and both models on it; where anything fails, nothing stays. */
export function engineLoader(openFiles: OpenFiles): EngineLoader {
  return {
    load: async (params, onProgress, signal) => {
      const [policyFiles, rewardFiles] = await Promise.all([
        openFiles(params.policy.source, signal),
        openFiles(params.reward.source, signal),
      ])
      const { backend, note } = await openBackend({ choice: params.backend })
      const activity = new Activity()
      const options = (model: 'policy' | 'reward'): LoadOptions => {
        const { source, adapter } = params[model]
        return {
          id: source.id,
          activity,
          signal,
          onProgress: (loadedBytes, totalBytes) => onProgress(model, loadedBytes, totalBytes),
          ...(adapter === undefined ? {} : { adapter }),
        }
      }
      let policy: EnginePolicy | null = null
      try {
        policy = await loadPolicy(backend, policyFiles, options('policy'), createDecoder)
        const reward = await loadRewardModel(backend, rewardFiles, options('reward'), createDecoder)
        return makeEngine(backend, note, policy, reward)
      } catch (error) {
        policy?.model.dispose()
        backend.dispose()
        throw error
      }
    },
    inspect: ({ files }, signal) => inspectCheckpoint(browserCheckpointFiles(files), signal),
  }
}

function makeEngine(backend: Backend, note: string | null, policy: EnginePolicy, reward: EngineRewardModel): Engine {
  const models = { policy: policy.model, reward: reward.model }
  return {
    policy,
    reward,
    lost: backend.lost,
    status: () => {
      const counters = Object.values(models).map((model) => model.counters())
      const bytes = Object.entries(models).flatMap(([name, model]) =>
        Object.entries(model.decoder.bytes()).map(([purpose, amount]) => [`${name} ${purpose}`, amount] as const),
      )
      return {
        backend: backend.kind,
        adapter: backend.adapter,
        software: backend.software,
        note,
        bytes: Object.fromEntries(bytes),
        passes: counters.reduce((sum, { passes }) => sum + passes, 0),
        readbackBytes: counters.reduce((sum, { readbackBytes }) => sum + readbackBytes, 0),
      }
    },
    executedTokens: () => Object.values(models).reduce((sum, model) => sum + model.counters().executedTokens, 0),
    dispose: () => {
      policy.model.dispose()
      reward.model.dispose()
      backend.dispose()
    },
  }
}
