import { openBackend } from '../compute/open-backend.ts'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { browserCheckpointFiles } from '../engine/checkpoint/checkpoint-files-browser.ts'
import { createDecoder } from '../engine/decoder/decoder-model.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { inspectCheckpoint, loadPolicy } from '../engine/load-model.ts'
import { readRewardReading } from '../engine/reading/reward-reading.ts'
import { Activity } from '../engine/scheduler/activity.ts'
import { deleteHubModel, listHubModels } from '../runtimes/transformersjs/hub-files.ts'
import { inspectOnnx } from '../runtimes/transformersjs/inspect.ts'
import { TASKS } from '../tasks/registry.ts'
import type { Engine, EngineLoader } from './engine-host.ts'
import type { PolicyPart } from './policy-part.ts'
import { ownPolicy } from './policy-part.ts'
import { previewReading } from './preview-reading.ts'
import type { ModelSource, ParamsOf, WantedModel } from './protocol.ts'
import { ReadLease } from './read-lease.ts'
import { RefCounted } from './ref-counted.ts'
import type { OpenBackend, Residents } from './resident-models.ts'
import { sameBackend, sameModel } from './resident-models.ts'
import type { RewardPart } from './reward-part.ts'
import { loadImplicitReward, loadOwnReward } from './reward-part.ts'
import type { ModelSources, OpenedModel } from './sources/model-provider.ts'
import { openFiles } from './sources/model-provider.ts'

const TASK_IDS = Object.values(TASKS).map(({ id }) => id)

/** Engines from the models of this browser. */
export function browserEngineLoader(sources: ModelSources<ModelSource>): EngineLoader {
  return {
    ...engineLoader(sources),
    onnx: {
      inspect: ({ origin }, signal) => inspectOnnx(origin, signal),
      list: listHubModels,
      delete: ({ repo }) => deleteHubModel(repo),
    },
  }
}

/**
 * Opens the backend and the models on it. What the engine before has already, and is asked for again in the same way, is
 * taken over instead: a model that did not change stays on the device. Where anything fails, nothing new stays, and the
 * engine before is as it was.
 */
export function engineLoader(sources: ModelSources<ModelSource>): EngineLoader {
  const residents = new WeakMap<Engine, Residents>()
  return {
    load: async (params, onProgress, signal, before) => {
      const lease = new ReadLease()
      const held: RefCounted<unknown>[] = []
      const hold = <T>(part: RefCounted<T>): RefCounted<T> => {
        held.push(part)
        return part
      }
      // Held before anything is waited for: another load may replace the engine meanwhile.
      const old = before ? residents.get(before) : undefined
      const kept = old && sameBackend(old, params) ? old : null
      const same = (role: 'policy' | 'reward') =>
        kept !== null && sameModel(kept.params, params, role, sources.identify)
      const shared = kept ? hold(kept.backend.retain()) : null
      const keptPolicy = kept && same('policy') ? hold(kept.policy.retain()) : null
      const keptReward = kept?.reward && same('reward') ? hold(kept.reward.retain()) : null
      try {
        const wantedReward = keptReward ? null : params.reward
        const implicit = wantedReward?.implicit
        const [openedPolicy, rewardFiles, referenceFiles] = await Promise.all([
          keptPolicy ? null : openModel(sources, params.policy.source, lease, signal),
          wantedReward && openScored(sources, wantedReward.source, lease, signal),
          implicit ? openScored(sources, implicit.reference.source, lease, signal) : null,
        ])
        const open = shared ?? hold(await openShared(params))
        const { backend, activity } = open.value
        const options = (model: 'policy' | 'reward', { source, manifest, weights }: WantedModel): LoadOptions => ({
          id: source.id,
          tasks: TASK_IDS,
          activity,
          signal,
          onProgress: (loadedBytes, totalBytes) => onProgress(model, loadedBytes, totalBytes),
          ...(manifest === undefined ? {} : { manifest }),
          ...(weights === undefined ? {} : { weights }),
        })
        const newPolicy = async (opened: OpenedModel): Promise<PolicyPart> => {
          const loading = options('policy', params.policy)
          if (!('files' in opened)) return opened.load(loading)
          return ownPolicy(await loadPolicy(backend, opened.files, loading, createDecoder))
        }
        const made = openedPolicy && (await newPolicy(openedPolicy))
        const policy = keptPolicy ?? (made && hold(new RefCounted(made, (part) => part.dispose())))
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
        const madeReward = rewardFiles && wantedReward ? await newReward(rewardFiles, wantedReward) : null
        const reward = keptReward ?? (madeReward && hold(new RefCounted(madeReward, (part) => part.dispose())))
        if (!policy || (params.reward && !reward)) throw new TypeError('a model was neither kept nor loaded')
        const engine = makeEngine({ params, backend: open, policy, reward })
        residents.set(engine, { params, backend: open, policy, reward })
        return engine
      } catch (error) {
        for (const part of held.toReversed()) part.release()
        throw before ? besides(error) : error
      } finally {
        lease.end()
      }
    },
    preview: async ({ model, steps }, prompt, engine, signal) => {
      const lease = new ReadLease()
      try {
        const files = await openScored(sources, model.source, lease, signal)
        const { manifest } = model
        const read = await readRewardReading(files, {
          tasks: TASK_IDS,
          signal,
          ...(manifest === undefined ? {} : { manifest }),
        })
        const held = engine ? residents.get(engine) : undefined
        const wanted = held?.params.reward
        const loaded = wanted && !wanted.implicit && isSame(sources, wanted.source, model.source) ? held.reward : null
        return await previewReading(read, loaded?.value.model ?? null, prompt, steps, signal)
      } finally {
        lease.end()
      }
    },
    inspect: ({ files }, signal) => inspectCheckpoint(browserCheckpointFiles(files), signal),
  }
}

function isSame(sources: ModelSources<ModelSource>, a: ModelSource, b: ModelSource): boolean {
  return JSON.stringify(sources.identify(a)) === JSON.stringify(sources.identify(b))
}

/** Opens a model; its files are kept from being deleted until the load ends. */
async function openModel(
  sources: ModelSources<ModelSource>,
  source: ModelSource,
  lease: ReadLease,
  signal: AbortSignal,
): Promise<OpenedModel> {
  const opened = await sources.open(source, signal)
  if ('files' in opened) lease.add(opened.release)
  return opened
}

/** As `openModel`, for a model whose outputs at given tokens are needed. */
async function openScored(
  sources: ModelSources<ModelSource>,
  source: ModelSource,
  lease: ReadLease,
  signal: AbortSignal,
): Promise<CheckpointFiles> {
  const opened = await openFiles(sources, source, 'A reward model runs on the engine of this app alone', signal)
  lease.add(opened.release)
  return opened.files
}

async function openShared({ backend: choice, arithmetic }: ParamsOf<'load'>): Promise<RefCounted<OpenBackend>> {
  const { backend, note } = await openBackend({ choice, ...(arithmetic === undefined ? {} : { wasm: { arithmetic } }) })
  return new RefCounted<OpenBackend>({ backend, note, activity: new Activity() }, () => backend.dispose())
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
