import { BACKEND_CHOICES } from '../../core/backends.ts'
import type { ErrorDetails } from '../../core/errors.ts'
import { toErrorDetails } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import { ASKED } from '../../worker/client.ts'
import type { ModelSource, ParamsOf, RewardSource } from '../../worker/protocol.ts'
import type { AppState } from '../app-state.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError } from '../slice-context.ts'
import { isUnderWay } from '../training/training-view.ts'
import { BUNDLED_CHOICES, bundledChoice, DEFAULT_POLICY, NO_MODEL, taskOfBundled } from './bundled-models.ts'
import type { EngineActions, EngineState, ModelChoice, ModelPair } from './engine-state.ts'
import type { HeldModels, WantedModel } from './model-kinds.ts'
import { wantedModel } from './model-kinds.ts'
import { modelName } from './model-names.ts'
import { pairKey } from './model-pair.ts'
import { addRate } from './rates.ts'

type Part = 'policy' | 'reward'
/** What a load is asked for. */
export type Choice = Pick<EngineState, 'policy' | 'reward' | 'beside' | 'backend' | 'arithmetic' | 'weights'>

/** After a lost device or a crash, one reload is tried at once; a second loss within this time waits for the person. */
const RELOAD_GUARD_MS = 60_000

export interface EngineSlice {
  readonly actions: EngineActions
  /** Loads what is chosen, with changes. @returns whether it is loaded */
  load(change?: Partial<Choice>): Promise<boolean>
  /** Loads what is chosen, unless it is loaded. @returns whether models are ready */
  ensureReady(): Promise<boolean>
  /** As `ensureReady`, with these pairs held besides and no others. */
  ensureBeside(pairs: readonly ModelPair[]): Promise<boolean>
  /** A model that can be chosen in this role, by its id; undefined where there is none. */
  find(role: Part, id: string): ModelChoice | undefined
  /** Whether a model is loaded once nothing is being loaded any more. */
  isLoaded(part: Part, choice: ModelChoice): Promise<boolean>
  /** A model as the worker loads it. Throws a StepscopeError where its files are not here any more. */
  wanted(choice: ModelChoice): WantedModel
  /** Where a model's files are. Throws a StepscopeError where they are not here any more. */
  sourceOf(choice: ModelChoice): ModelSource
  /** As `sourceOf`, of a reward model: with its reference where it is an implicit one. */
  rewardSourceOf(choice: ModelChoice): RewardSource
  /** Loads other models; null: none. @returns whether they are loaded */
  use(change: { readonly policy?: ModelChoice; readonly reward?: ModelChoice | null }): Promise<boolean>
  /** A model is gone, or about to be: a bundled one takes its place where it is chosen. */
  replace(model: Pick<ModelChoice, 'kind' | 'id'>): Promise<void>
  /** Names of models changed: those that are chosen and loaded have the new ones. */
  rename(renamed: (choice: ModelChoice) => ModelChoice): void
  /** Another task was chosen: its own bundled models take the place of those of the task before. */
  followTask(task: string, before: string): void
  /** What is being loaded of a training run is an older save than was asked for; this is its model. */
  onSkipped(model: ModelChoice): void
  /** Whether both models can be chosen without the list of downloaded ones. */
  knows(policy: string, reward: string): boolean
  /** Takes over choices from a link or the last visit, without loading. Unknown ids are told and left. */
  choose(change: {
    readonly policy?: string
    readonly reward?: string
    readonly backend?: EngineState['backend']
    readonly arithmetic?: EngineState['arithmetic']
  }): void
  /** Takes over what an address asks for, without loading; tells where there is no such backend. */
  chooseBackend(asked: string): void
  onLoading(model: Part, loadedBytes: number, totalBytes: number): void
  onStatus(status: NonNullable<EngineState['status']>): void
  /** @param reload whether the models are loaded again at once, where that may help */
  onLost(error: ErrorDetails, reload: boolean): void
  dispose(): void
}

/** Whether the engine's worker searches or trains. */
export function isBusy({ runs, training }: AppState): boolean {
  const live = Object.values(runs.byId).some(
    ({ source, status }) => source === 'live' && (status === 'running' || status === 'paused'),
  )
  return live || training.runs.some((run) => isUnderWay(run) && !run.elsewhere)
}

/**
 * The engine as the page sees it: what is chosen, what is loaded, and how it is doing.
 * @param held what models are loaded from; whoever offers models fills it
 */
export function createEngineSlice(context: SliceContext, held: HeldModels): EngineSlice {
  const { get, set, deps, notify } = context
  let loading: { readonly controller: AbortController; readonly done: Promise<void> } | null = null
  let loadedChoice: Choice | null = null
  let lastLoss = Number.NEGATIVE_INFINITY
  /** Progress since the last frame. */
  let arrived: Partial<EngineState['progress']> = {}
  let cancelFrame: (() => void) | null = null

  const patch = (change: Partial<EngineState>): void => set({ engine: { ...get().engine, ...change } })

  /** Names of models of training runs whose last save was passed over while they were loaded. */
  const olderSaves = new Map<string, string>()
  const named = (choice: ModelChoice): ModelChoice => {
    const name = choice.kind === 'trained' ? olderSaves.get(choice.id) : undefined
    return name === undefined ? choice : { ...choice, name }
  }

  const wantedPair = ({ policy, reward, weights }: ModelPair & Pick<Choice, 'weights'>) => ({
    policy: { ...wantedModel(policy, held), weights: weights.policy },
    reward: reward && { ...wantedModel(reward, held), weights: weights.reward },
  })

  const runLoad = async (asked: Choice, signal: AbortSignal): Promise<boolean> => {
    let wanted = asked
    olderSaves.clear()
    patch({ ...wanted, phase: 'loading', progress: { policy: null, reward: null }, error: null })
    try {
      const params: ParamsOf<'load'> = {
        backend: wanted.backend,
        ...(wanted.arithmetic === 'auto' ? {} : { arithmetic: wanted.arithmetic }),
        ...wantedPair(wanted),
        beside: wanted.beside.map((pair) => ({
          key: pairKey(pair),
          ...wantedPair({ ...pair, weights: wanted.weights }),
        })),
      }
      const models = await deps.client.call('load', params, signal)
      const status = await deps.client.call('status', {})
      wanted = { ...asked, policy: named(asked.policy), reward: asked.reward && named(asked.reward) }
      loadedChoice = wanted
      patch({ ...wanted, phase: 'ready', models, status, error: null, progress: { policy: null, reward: null } })
      return true
    } catch (error) {
      const details = toErrorDetails(error)
      const { models } = get().engine
      const replaced = signal.aborted && loading?.controller.signal !== signal
      if (replaced) return false
      patch(
        models
          ? // The engine still has what it had: go on with it.
            { ...loadedChoice, phase: 'ready', error: details }
          : { phase: details.code === 'cancelled' ? 'idle' : 'failed', error: details },
      )
      notifyError(context, models ? 'The models stay as they were' : 'No models are loaded', error)
      return false
    }
  }

  const load = async (change: Partial<Choice> = {}): Promise<boolean> => {
    loading?.controller.abort()
    const controller = new AbortController()
    const { policy, reward, backend, arithmetic, weights } = get().engine
    const asked = { policy, reward, beside: [], backend, arithmetic, weights, ...change }
    const result = runLoad(asked, controller.signal)
    const entry = { controller, done: result.then(() => {}) }
    loading = entry
    const loaded = await result
    if (loading === entry) loading = null
    return loaded
  }

  const find = (role: Part, id: string): ModelChoice | undefined => {
    const found = [...BUNDLED_CHOICES[role], ...get().engine.ownModels].find((model) => model.id === id)
    return found && { kind: found.kind, id: found.id, name: found.name }
  }

  const actions: EngineActions = {
    load: async () => {
      await load()
    },
    setBackend: async (backend) => {
      await load({ backend })
    },
    setArithmetic: async (arithmetic) => {
      await load({ arithmetic })
    },
    setWeights: async (role, weights) => {
      await load({ weights: { ...get().engine.weights, [role]: weights } })
    },
    cancelLoad: () => loading?.controller.abort(ASKED),
    dropReward: async () => {
      await load({ reward: null })
    },
  }

  return {
    actions,
    load,
    isLoaded: async (part, { kind, id }) => {
      while (loading) await loading.done
      const { phase } = get().engine
      const loaded = loadedChoice?.[part]
      return phase === 'ready' && loaded?.id === id && loaded.kind === kind
    },

    ensureReady: async () => {
      // A load in progress is waited for, and its failure is everybody's.
      const waited = loading !== null
      while (loading) await loading.done
      const { phase, policy, reward, backend, arithmetic, weights } = get().engine
      const same =
        loadedChoice?.policy.id === policy.id &&
        loadedChoice.reward?.id === reward?.id &&
        loadedChoice.backend === backend &&
        loadedChoice.arithmetic === arithmetic &&
        loadedChoice.weights.policy === weights.policy &&
        loadedChoice.weights.reward === weights.reward
      if (phase === 'ready' && same) return true
      return waited ? false : load()
    },
    ensureBeside: async (pairs) => {
      while (loading) await loading.done
      const keys = pairs.map(pairKey)
      const { phase, beside } = get().engine
      // A training run may have gone on since: its model is asked for anew.
      const settled = !pairs.some(({ policy, reward }) => policy.kind === 'trained' || reward?.kind === 'trained')
      const same = beside.length === keys.length && beside.every((pair) => keys.includes(pairKey(pair)))
      return phase === 'ready' && same && settled ? true : load({ beside: pairs })
    },
    find,
    wanted: (choice) => wantedModel(choice, held),
    sourceOf: (choice) => wantedModel(choice, held).source,
    rewardSourceOf: (choice) => {
      const { source, implicit } = wantedModel(choice, held)
      return { source, implicit: implicit ? { reference: implicit.reference.source, beta: implicit.beta } : null }
    },
    use: (change) => {
      const bare = (choice: ModelChoice | null) => choice && { kind: choice.kind, id: choice.id, name: choice.name }
      return load(Object.fromEntries(Object.entries(change).map(([role, choice]) => [role, bare(choice)])))
    },
    replace: async ({ kind, id }) => {
      const { engine, session } = get()
      const { policy, reward } = engine
      if (policy.kind === kind && policy.id === id)
        await load({ policy: bundledChoice(session.task, 'policy') ?? DEFAULT_POLICY })
      if (reward?.kind === kind && reward.id === id) await load({ reward: bundledChoice(session.task, 'reward') })
    },
    rename: (renamed) => {
      const both = ({ policy, reward }: Pick<Choice, 'policy' | 'reward'>) => ({
        policy: renamed(policy),
        reward: reward && renamed(reward),
      })
      if (loadedChoice) loadedChoice = { ...loadedChoice, ...both(loadedChoice) }
      patch(both(get().engine))
    },
    followTask: (task, before) => {
      const { policy, reward, phase } = get().engine
      const strange = (choice: ModelChoice) => choice.kind === 'bundled' && taskOfBundled(choice.id) !== task
      // None is the person's choice, unless the task before had none to offer.
      const follows = reward === null ? bundledChoice(before, 'reward') === null : strange(reward)
      const change = {
        ...(strange(policy) ? { policy: bundledChoice(task, 'policy') ?? policy } : {}),
        ...(follows ? { reward: bundledChoice(task, 'reward') } : {}),
      }
      if (Object.keys(change).length === 0) return
      // While something runs, and before the first load, they wait until they are needed.
      if (phase === 'ready' && !isBusy(get())) void load(change)
      else patch(change)
    },
    onSkipped: ({ id, name }) => {
      olderSaves.set(id, name)
    },
    knows: (policy, reward) => {
      const known = (role: Part, id: string): boolean =>
        (role === 'reward' && id === NO_MODEL) ||
        [...BUNDLED_CHOICES[role], ...get().engine.ownModels].some((model) => model.id === id)
      return known('policy', policy) && known('reward', reward)
    },
    choose: (change) => {
      const pick = <Current extends ModelChoice | null>(role: Part, id: string | undefined, current: Current) => {
        if (id === undefined || id === current?.id) return current
        const found = find(role, id)
        if (found) return found
        const name = plainText(modelName(id, get().engine), 80)
        notify({
          tone: 'warning',
          text: `The model “${name}” is not in this browser`,
          error: {
            code: 'not-found',
            message: `The link asks for “${name}”; “${plainText(current?.name ?? 'no model', 80)}” is used instead`,
            nextStep: 'Drag the model’s folder in to use it.',
          },
        })
        return current
      }
      patch({
        policy: pick('policy', change.policy, get().engine.policy),
        reward: change.reward === NO_MODEL ? null : pick('reward', change.reward, get().engine.reward),
        ...(change.backend === undefined ? {} : { backend: change.backend }),
        ...(change.arithmetic === undefined ? {} : { arithmetic: change.arithmetic }),
      })
    },
    chooseBackend: (asked) => {
      const backend = BACKEND_CHOICES.find((choice) => choice === asked)
      if (backend !== undefined) patch({ backend })
      else
        notify({
          tone: 'warning',
          text: 'Part of the address was not understood',
          error: {
            code: 'bad-setting',
            message: 'There is no such backend',
            expected: `one of ${BACKEND_CHOICES.join(', ')}`,
            found: JSON.stringify(plainText(asked, 80)),
            place: { file: 'address', field: 'backend' },
            nextStep: 'The backend stays as it was.',
          },
        })
    },
    // Many messages may wait for a busy page: each must not be drawn by itself.
    onLoading: (model, loadedBytes, totalBytes) => {
      arrived = { ...arrived, [model]: { loadedBytes, totalBytes } }
      cancelFrame ??= deps.frame(() => {
        cancelFrame = null
        if (loading) patch({ progress: { ...get().engine.progress, ...arrived } })
        arrived = {}
      })
    },
    onStatus: (status) => patch({ status, rates: addRate(get().engine.rates, status.tokensPerSecond) }),
    onLost: (error, reload) => {
      // A choice that stopped it is not taken again by itself.
      patch({ ...(reload ? {} : loadedChoice), phase: 'lost', models: null, error, status: null })
      deps.client.restart()
      const first = deps.now() - lastLoss > RELOAD_GUARD_MS
      const again = reload && first
      if (reload) lastLoss = deps.now()
      const text = again
        ? 'The engine stopped; the models are being loaded again'
        : reload
          ? 'The engine stopped again; the models wait for you to load them'
          : 'The engine was restarted'
      notify({ tone: 'warning', text, error })
      if (again) void load()
    },
    dispose: () => {
      cancelFrame?.()
      loading?.controller.abort()
    },
  }
}
