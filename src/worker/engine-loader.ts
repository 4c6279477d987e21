import { openBackend } from '../compute/open-backend.ts'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import { hashText } from '../core/hash.ts'
import { plainText } from '../core/outside-text.ts'
import type { CheckpointFiles } from '../engine/checkpoint/checkpoint-files.ts'
import { browserCheckpointFiles } from '../engine/checkpoint/checkpoint-files-browser.ts'
import { createDecoder } from '../engine/decoder/decoder-model.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { inspectCheckpoint, loadPolicy } from '../engine/load-model.ts'
import { readRewardReading } from '../engine/reading/reward-reading.ts'
import { Activity } from '../engine/scheduler/activity.ts'
import { deleteHubModel, listHubModels } from '../runtimes/transformersjs/hub-files.ts'
import { inspectOnnx } from '../runtimes/transformersjs/inspect.ts'
import type { RewardManifest } from '../search/manifest.ts'
import { READINGS } from '../search/readings.ts'
import { TASKS } from '../tasks/registry.ts'
import type { Engine, EngineLoader, OpenedReward } from './engine-host.ts'
import type { PolicyPart } from './policy-part.ts'
import { ownPolicy } from './policy-part.ts'
import { previewReading } from './preview-reading.ts'
import type { ModelSource, ParamsOf, WantedModel, WantedPair, WantedReward } from './protocol.ts'
import { ReadLease } from './read-lease.ts'
import { RefCounted } from './ref-counted.ts'
import type { OpenBackend, Resident, ResidentPair, Residents } from './resident-models.ts'
import { sameBackend, sameModel } from './resident-models.ts'
import type { RewardPart } from './reward-part.ts'
import { addByName, loadImplicitReward, loadOwnReward } from './reward-part.ts'
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
      const pairs = [params, ...(params.beside ?? [])]
      const same = (one: WantedReward, other: WantedReward) => sameModel(one, other, sources.identify)
      const find = <Part>(among: readonly Resident<Part>[] | undefined, wanted: WantedReward) =>
        among?.find((resident) => same(resident.wanted, wanted))
      const shared = kept ? hold(kept.backend.retain()) : null
      /** What each model of a role is to be, each once, with what the engine before has of it. */
      const plan = <Part>(wanted: readonly (WantedReward | null)[], among: readonly Resident<Part>[] | undefined) => {
        const distinct: WantedReward[] = []
        for (const one of wanted) if (one && !distinct.some((other) => same(one, other))) distinct.push(one)
        return distinct.map((one) => {
          const found = find(among, one)
          return { wanted: one, kept: found ? hold(found.part.retain()) : null }
        })
      }
      const wantedPolicies = plan(
        pairs.map(({ policy }) => policy),
        kept?.policies,
      )
      const wantedRewards = plan(
        pairs.map(({ reward }) => reward),
        kept?.rewards,
      )
      let failed = ''
      /** Notes the model that does not come. */
      const naming = async <T>({ source }: WantedModel, work: Promise<T>): Promise<T> => {
        try {
          return await work
        } catch (error) {
          failed ||= source.id
          throw error
        }
      }
      try {
        const openedPolicies = wantedPolicies.map(({ wanted, kept: has }) =>
          has ? null : naming(wanted, openModel(sources, wanted.source, lease, signal)),
        )
        const openReward = ({ source, implicit }: WantedReward) =>
          Promise.all([
            openScored(sources, source, lease, signal),
            implicit ? openScored(sources, implicit.reference.source, lease, signal) : null,
          ])
        const openedRewards = wantedRewards.map(({ wanted, kept: has }) =>
          has ? null : naming(wanted, openReward(wanted)),
        )
        const [policyFiles, rewardFiles] = await Promise.all([Promise.all(openedPolicies), Promise.all(openedRewards)])
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
        const newPolicy = async (opened: OpenedModel, wanted: WantedModel): Promise<PolicyPart> => {
          const how = options('policy', wanted)
          if (!('files' in opened)) return opened.load(how)
          return ownPolicy(await loadPolicy(backend, opened.files, how, createDecoder))
        }
        const policies: Resident<PolicyPart>[] = []
        for (const [index, { wanted, kept: has }] of wantedPolicies.entries()) {
          const files = policyFiles[index]
          const load = async (opened: OpenedModel) =>
            hold(new RefCounted(await naming(wanted, newPolicy(opened, wanted)), (one) => one.dispose()))
          const part = has ?? (files && (await load(files)))
          if (part) policies.push({ wanted, part })
        }
        const rewards: Resident<RewardPart>[] = []
        for (const [index, { wanted, kept: has }] of wantedRewards.entries()) {
          const files = rewardFiles[index]
          const load = async (opened: readonly [CheckpointFiles, CheckpointFiles | null]) =>
            hold(
              new RefCounted(
                await naming(wanted, loadReward(backend, wanted, opened, options('reward', wanted))),
                (one) => one.dispose(),
              ),
            )
          const part = has ?? (files && (await load(files)))
          if (part) rewards.push({ wanted, part })
        }
        const pairOf = ({ policy: asked, reward: scored }: Pick<WantedPair, 'policy' | 'reward'>): ResidentPair => {
          const policy = find(policies, asked)
          const reward = scored && find(rewards, scored)
          if (!policy || (scored && !reward)) throw new TypeError('a model was neither kept nor loaded')
          return { policy, reward: reward ?? null }
        }
        const beside = new Map((params.beside ?? []).map((pair) => [pair.key, pairOf(pair)]))
        const made: Residents = { params, backend: open, policies, rewards, main: pairOf(params), beside }
        const engine = makeEngine(made)
        residents.set(engine, made)
        return engine
      } catch (error) {
        for (const part of held.toReversed()) part.release()
        throw params.beside?.length ? withOthers(error, failed) : before ? besides(error) : error
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
        const reward = held?.main.reward
        const loaded = reward && !reward.wanted.implicit && isSame(sources, reward.wanted.source, model.source)
        return await previewReading(read, loaded ? reward.part.value.model : null, prompt, steps, signal)
      } finally {
        lease.end()
      }
    },
    openReward: async (model, engine, signal) => {
      const held = residents.get(engine)
      if (!held) throw new TypeError('the engine is not one of this loader')
      const lease = new ReadLease()
      // Held before anything is waited for: another load may replace the engine meanwhile.
      const open = held.backend.retain()
      const own = held.rewards.find(({ wanted }) => sameModel(wanted, model, sources.identify))?.part.retain() ?? null
      try {
        const { source, manifest, weights, implicit } = model
        const files = await openScored(sources, source, lease, signal)
        const reference = implicit ? await openScored(sources, implicit.reference.source, lease, signal) : null
        const common = { tasks: TASK_IDS, signal, ...(manifest === undefined ? {} : { manifest }) }
        const read = implicit ? null : (await readRewardReading(files, common)).manifest
        const options = { ...common, id: source.id, activity: open.value.activity, ...(weights ? { weights } : {}) }
        const part = own ?? (await besideOthers(open, model, [files, reference], options))
        return describeOpened(part, read)
      } catch (error) {
        own?.release()
        throw error
      } finally {
        open.release()
        lease.end()
      }
    },
    inspect: ({ files }, signal) => inspectCheckpoint(browserCheckpointFiles(files), signal),
  }
}

/** A reward model's weights on a backend. @param files of the model, and of what it is read against */
function loadReward(
  backend: OpenBackend['backend'],
  { implicit }: WantedReward,
  [files, referenceFiles]: readonly [CheckpointFiles, CheckpointFiles | null],
  loading: LoadOptions,
): Promise<RewardPart> {
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

/** As `loadReward`, beside what is on the backend, which stays open as long as the model is held. */
async function besideOthers(
  open: RefCounted<OpenBackend>,
  model: WantedReward,
  files: readonly [CheckpointFiles, CheckpointFiles | null],
  options: LoadOptions,
): Promise<RefCounted<RewardPart>> {
  const held = open.retain()
  try {
    const made = await loadReward(open.value.backend, model, files, options)
    return new RefCounted(made, (part) => {
      part.dispose()
      held.release()
    })
  } catch (error) {
    held.release()
    throw besides(error)
  }
}

function describeOpened(part: RefCounted<RewardPart>, read: RewardManifest | null): OpenedReward {
  const { hash, choices } = part.value.model.info
  const against = choices?.['implicit reward'] ?? ''
  const what = read === null ? against : JSON.stringify([read.role, read.reading, read.prompt, read.system])
  return {
    key: `${hash}-${hashText(what).toString(16).padStart(8, '0')}`,
    reading: read === null ? `${READINGS.implicit.name}, ${against}` : READINGS[read.reading.id].name,
    part,
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

/** Where models are compared, all of them must fit at once. */
function withOthers(error: unknown, model: string): unknown {
  const details = toErrorDetails(error)
  if (details.code !== 'out-of-memory') return error
  return new StepscopeError(
    {
      ...details,
      message: `There is no room for “${plainText(model, 80)}” beside the other models: ${details.message}`,
      nextStep: 'The models stay as they were. Compare fewer models at a time, or smaller ones.',
    },
    { cause: error },
  )
}

function makeEngine({ backend: shared, policies, rewards, main, beside }: Residents): Engine {
  const { backend, note } = shared.value
  const policy = main.policy.part.value
  const reward = main.reward?.part.value ?? null
  const counted = () => [...policies, ...rewards].map(({ part }) => part.value.counters())
  const bytesOf = (models: readonly Resident<PolicyPart | RewardPart>[]) =>
    models.map(({ part }) => part.value.bytes()).reduce(addByName, {})
  return {
    policy: policy.policy,
    reward: reward?.model ?? null,
    beside: new Map(
      [...beside].map(([key, pair]) => [
        key,
        { policy: pair.policy.part.value.policy, reward: pair.reward?.part.value.model ?? null },
      ]),
    ),
    lost: backend.lost,
    shareBackend: () => shared.retain(),
    status: () => {
      const all = counted()
      const parts = { policy: bytesOf(policies), reward: bytesOf(rewards) }
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
        counters: { policy: policy.counters(), ...(reward ? { reward: reward.counters() } : {}) },
      }
    },
    executedTokens: () => counted().reduce((sum, { executedTokens }) => sum + executedTokens, 0),
    dispose: () => {
      for (const { part } of [...policies, ...rewards]) part.release()
      shared.release()
    },
  }
}
