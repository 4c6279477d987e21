import { openBackend } from '../compute/open-backend.ts'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { browserCheckpointFiles } from '../engine/checkpoint/checkpoint-files-browser.ts'
import { createDecoder } from '../engine/decoder/decoder-model.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { inspectCheckpoint, loadPolicy } from '../engine/load-model.ts'
import { Activity } from '../engine/scheduler/activity.ts'
import { deleteHubModel, listHubModels } from '../runtimes/transformersjs/hub.ts'
import { inspectOnnx } from '../runtimes/transformersjs/inspect.ts'
import { TASKS } from '../tasks/registry.ts'
import type { Engine, EngineLoader } from './engine-host.ts'
import { Held } from './held.ts'
import type { LoadOnnx } from './load-onnx.ts'
import { loadOnnx, onnxReward, refuseOnnx } from './load-onnx.ts'
import type { OpenModelFiles } from './model-files.ts'
import type { PolicyPart } from './policy-part.ts'
import { onnxPolicy, ownPolicy } from './policy-part.ts'
import type { ModelSource, OnnxSource, ParamsOf, WantedModel } from './protocol.ts'
import { ReadLease } from './read-lease.ts'
import type { OpenBackend, Residents } from './resident-models.ts'
import { sameBackend, sameModel } from './resident-models.ts'
import type { RewardPart } from './reward-part.ts'
import { loadImplicitReward, loadOwnReward } from './reward-part.ts'

const TASK_IDS = Object.values(TASKS).map(({ id }) => id)

type OpenFiles = (source: Exclude<ModelSource, OnnxSource>, signal: AbortSignal) => Promise<CheckpointFiles>

/** Engines from the checkpoints of this browser; see `browserFiles`. */
export function browserEngineLoader(files: OpenModelFiles): EngineLoader {
  // By the signal of the load that opened them.
  const leases = new WeakMap<AbortSignal, ReadLease>()
  const loader = engineLoader(async (source, signal) => {
    const opened = await files(source, signal)
    leases.get(signal)?.add(opened.release)
    return opened.files
  }, loadOnnx)
  return {
    ...loader,
    onnx: {
      inspect: ({ origin }, signal) => inspectOnnx(origin, signal),
      list: listHubModels,
      delete: ({ repo }) => deleteHubModel(repo),
    },
    load: async (params, onProgress, signal, before) => {
      const lease = new ReadLease()
      leases.set(signal, lease)
      try {
        return await loader.load(params, onProgress, signal, before)
      } finally {
        lease.end()
      }
    },
  }
}

/**
 * Opens the backend and the models on it. What the engine before has already, and is asked for again in the same way, is
 * taken over instead: a model that did not change stays on the device. Where anything fails, nothing new stays, and the
 * engine before is as it was.
 */
export function engineLoader(openFiles: OpenFiles, onnx: LoadOnnx = refuseOnnx): EngineLoader {
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
      const keptReward = kept?.reward && sameModel(kept.params, params, 'reward') ? hold(kept.reward.retain()) : null
      try {
        const [policySource, rewardSource] = [params.policy.source, params.reward?.source]
        if (rewardSource?.kind === 'onnx') throw onnxReward()
        const implicit = params.reward?.implicit
        const referenceSource = implicit?.reference.source
        if (referenceSource?.kind === 'onnx') throw onnxReward()
        const [policyFiles, rewardFiles, referenceFiles] = await Promise.all([
          keptPolicy || policySource.kind === 'onnx' ? null : openFiles(policySource, signal),
          keptReward || !rewardSource ? null : openFiles(rewardSource, signal),
          keptReward || !referenceSource ? null : openFiles(referenceSource, signal),
        ])
        const open = shared ?? hold(await openShared(params.backend))
        const { backend, activity } = open.value
        const options = (model: 'policy' | 'reward', wanted: WantedModel): LoadOptions => {
          const { source, manifest, weights } = wanted
          return {
            id: source.id,
            tasks: TASK_IDS,
            activity,
            signal,
            onProgress: (loadedBytes, totalBytes) => onProgress(model, loadedBytes, totalBytes),
            ...(manifest === undefined ? {} : { manifest }),
            ...(weights === undefined ? {} : { weights }),
          }
        }
        const newPolicy = async (): Promise<PolicyPart | null> =>
          policySource.kind === 'onnx'
            ? onnxPolicy(await onnx(policySource, options('policy', params.policy)), policySource)
            : policyFiles &&
              ownPolicy(await loadPolicy(backend, policyFiles, options('policy', params.policy), createDecoder))
        const made = keptPolicy ? null : await newPolicy()
        const policy = keptPolicy ?? (made && hold(new Held(made, (part) => part.dispose())))
        const newReward = async (files: CheckpointFiles, wanted: WantedModel): Promise<RewardPart> => {
          const loading = options('reward', wanted)
          if (!implicit || !referenceFiles) return loadOwnReward(backend, files, loading)
          const { manifest: _, ...common } = loading
          const { source, manifest } = implicit.reference
          const reference = { ...common, id: source.id, ...(manifest === undefined ? {} : { manifest }) }
          return loadImplicitReward(
            backend,
            [
              { files, options: loading },
              { files: referenceFiles, options: reference },
            ],
            implicit.beta,
          )
        }
        const madeReward = rewardFiles && params.reward ? await newReward(rewardFiles, params.reward) : null
        const reward = keptReward ?? (madeReward && hold(new Held(madeReward, (part) => part.dispose())))
        if (!policy || (params.reward && !reward)) throw new TypeError('a model was neither kept nor loaded')
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
  const reward = held.reward?.value ?? null
  const counters = () => ({
    policy: policy.counters(),
    ...(reward ? { reward: reward.counters() } : {}),
  })
  return {
    policy: policy.policy,
    reward: reward?.model ?? null,
    lost: backend.lost,
    shareBackend: () => held.backend.retain(),
    status: () => {
      const counted = counters()
      const all = Object.values(counted)
      const parts = { policy: policy.bytes(), ...(reward ? { reward: reward.bytes() } : {}) }
      const bytes = Object.entries(parts).flatMap(([name, purposes]) =>
        Object.entries(purposes).map(([purpose, amount]) => [`${name} ${purpose}`, amount] as const),
      )
      return {
        backend: backend.kind,
        adapter: backend.adapter,
        software: backend.software,
        ...(policy.engine === null ? {} : { policyEngine: policy.engine }),
        note,
        bytes: Object.fromEntries(bytes),
        passes: all.reduce((sum, { passes }) => sum + passes, 0),
        readbackBytes: all.reduce((sum, { readbackBytes }) => sum + readbackBytes, 0),
        counters: counted,
      }
    },
    executedTokens: () => Object.values(counters()).reduce((sum, { executedTokens }) => sum + executedTokens, 0),
    dispose: () => {
      held.policy.release()
      held.reward?.release()
      held.backend.release()
    },
  }
}
