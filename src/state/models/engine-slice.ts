import type { ErrorDetails } from '../../core/errors.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import { objectiveById } from '../../objectives/registry.ts'
import type { ModelRole } from '../../search/manifest.ts'
import { mergeManifests, missingFields } from '../../search/manifest.ts'
import { ASKED } from '../../worker/client.ts'
import type { ManifestFields, ModelSource, ParamsOf, StoredModel } from '../../worker/protocol.ts'
import type { Actions, AppState } from '../app-state.ts'
import type { Saving } from '../session/saving.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError } from '../slice-context.ts'
import { isUnderWay } from '../training/training-view.ts'
import { BUNDLED_CHOICES, bundledChoice, DEFAULT_POLICY, NO_MODEL, taskOfBundled } from './bundled-models.ts'
import type { EngineState, ModelChoice, PendingFolder } from './engine-state.ts'
import { modelName } from './model-names.ts'
import type { OnnxSettings } from './onnx-state.ts'
import { addRate } from './rates.ts'

/** Files of a local folder and its manifest fields; File objects cannot stand in the state. */
interface LocalFiles {
  readonly files: readonly File[]
  readonly manifest: ManifestFields
  readonly onnx?: OnnxSettings
}

type Role = 'policy' | 'reward'
type WantedReward = NonNullable<ParamsOf<'load'>['reward']>
type Choice = Pick<EngineState, 'policy' | 'reward' | 'backend' | 'weights'>

function missingRun(name: string): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: `The training run of “${plainText(name, 80)}” is not here any more`,
    nextStep: 'Choose another model.',
  })
}

/** After a lost device or a crash, one reload is tried at once; a second loss within this time waits for the person. */
const RELOAD_GUARD_MS = 60_000

export interface EngineSlice {
  readonly actions: Actions['engine']
  /** Loads what is chosen, unless it is loaded. @returns whether models are ready */
  ensureReady(): Promise<boolean>
  restoreLocal(): Promise<void>
  /** Loads an ONNX model as the policy and keeps it. @returns whether it is loaded */
  addOnnx(model: {
    readonly id: string
    readonly name: string
    readonly settings: OnnxSettings
    readonly files: readonly File[]
    readonly manifest: ManifestFields
    readonly bytes: number
  }): Promise<boolean>
  /** Puts complete downloaded models into the pickers, and takes others out. */
  offerStored(models: readonly StoredModel[]): void
  /** Puts the last saves of training runs into the pickers, instead of those before. */
  offerTrained(models: EngineState['localModels']): void
  /** What is being loaded of a training run is an older save than was asked for; this is its model. */
  onSkipped(model: ModelChoice): void
  /** A training run is about to be deleted: a bundled model takes its place where it is chosen. */
  forgetTrained(id: string): Promise<void>
  /** Where a model's files are. Throws a StepscopeError where they are not here any more. */
  sourceOf(choice: ModelChoice): ModelSource
  /** Loads other models; null: none. @returns whether they are loaded */
  use(change: { readonly policy?: ModelChoice; readonly reward?: ModelChoice | null }): Promise<boolean>
  /** Another task was chosen: its own bundled models take the place of another task's. */
  followTask(task: string): void
  /** A downloaded model is about to be deleted: a bundled one takes its place where it is chosen. */
  forgetStored(id: string): Promise<void>
  /** Loads a model from its server, asking for the fields that its files lack. */
  loadFromUrl(
    id: string,
    baseUrl: string,
    files: readonly string[],
    summary: Omit<PendingFolder, 'name'>,
  ): Promise<void>
  /** A server was connected that the engine's worker does not know yet. */
  hostAdded(host: string): void
  /** Whether both models can be chosen without the list of downloaded ones. */
  knows(policy: string, reward: string): boolean
  /** Takes over choices from a link or the last visit, without loading. Unknown ids are told and left. */
  choose(change: {
    readonly policy?: string
    readonly reward?: string
    readonly backend?: EngineState['backend']
  }): void
  onLoading(model: Role, loadedBytes: number, totalBytes: number): void
  onStatus(status: NonNullable<EngineState['status']>): void
  /** @param reload whether the models are loaded again at once, where that may help */
  onLost(error: ErrorDetails, reload: boolean): void
  dispose(): void
}

/** Whether the engine's worker searches or trains. */
function isBusy({ runs, training }: AppState): boolean {
  const live = Object.values(runs.byId).some(
    ({ source, status }) => source === 'live' && (status === 'running' || status === 'paused'),
  )
  return live || training.runs.some((run) => isUnderWay(run) && !run.elsewhere)
}

/** The engine as the page sees it: what is chosen, what is loaded, and how it is doing. */
export function createEngineSlice(context: SliceContext, saving: Saving): EngineSlice {
  const { get, set, deps, notify } = context
  let hostsChanged = false
  const local = new Map<string, LocalFiles>()
  const remote = new Map<
    string,
    { readonly baseUrl: string; readonly files: readonly string[]; manifest: ManifestFields }
  >()
  let loading: { readonly controller: AbortController; readonly done: Promise<void> } | null = null
  let loadedChoice: Choice | null = null
  let folderFiles: readonly File[] = []
  let lastLoss = Number.NEGATIVE_INFINITY

  const patch = (change: Partial<EngineState>): void => set({ engine: { ...get().engine, ...change } })

  const sourceOf = (choice: ModelChoice): WantedReward => {
    if (choice.kind === 'bundled') return { source: { kind: 'bundled', id: choice.id } }
    if (choice.kind === 'stored') {
      const manifest = get().downloads.models.find(({ id }) => id === choice.id)?.manifest ?? {}
      const source: ModelSource = { kind: 'stored', id: choice.id }
      return Object.keys(manifest).length === 0 ? { source } : { source, manifest }
    }
    if (choice.kind === 'url') {
      const known = remote.get(choice.id)
      if (known) {
        const { manifest, baseUrl, files } = known
        return { source: { kind: 'url', id: choice.id, baseUrl, files }, manifest: manifest }
      }
    }
    if (choice.kind === 'trained') {
      const run = get().training.runs.find(({ id }) => id === choice.id)
      if (!run) throw missingRun(choice.name)
      const base = sourceOf(run.models.model).source
      const source: ModelSource = { kind: 'trained', id: choice.id, step: run.savedStep ?? 0, base }
      if (objectiveById(run.recipe.objective).trains !== 'implicit-reward-model') return { source }
      const { implicit: _, ...reference } = sourceOf(run.models.reference ?? run.models.model)
      return { source, implicit: { reference, beta: run.recipe.settings.beta } }
    }
    const found = local.get(choice.id)
    if (!found) {
      throw new StepscopeError({
        code: 'not-found',
        message: `The folder of “${plainText(choice.name, 80)}” is not here any more`,
        nextStep: 'Drag the folder in again, or choose a bundled model.',
      })
    }
    const { onnx } = found
    const source: ModelSource = onnx
      ? {
          kind: 'onnx',
          id: choice.id,
          origin: onnx.hub ? { kind: 'hub', ...onnx.hub } : { kind: 'folder', files: found.files },
          dtype: onnx.dtype,
          device: onnx.device,
        }
      : { kind: 'folder', id: choice.id, files: found.files }
    return Object.keys(found.manifest).length === 0 ? { source } : { source, manifest: found.manifest }
  }

  /** Names of models of training runs whose last save was passed over while they were loaded. */
  const olderSaves = new Map<string, string>()
  const named = (choice: ModelChoice): ModelChoice => {
    const name = choice.kind === 'trained' ? olderSaves.get(choice.id) : undefined
    return name === undefined ? choice : { ...choice, name }
  }

  const runLoad = async (asked: Choice, signal: AbortSignal): Promise<boolean> => {
    let wanted = asked
    olderSaves.clear()
    patch({ ...wanted, phase: 'loading', progress: { policy: null, reward: null }, error: null })
    try {
      const params: ParamsOf<'load'> = {
        backend: wanted.backend,
        policy: { ...sourceOf(wanted.policy), weights: wanted.weights.policy },
        reward: wanted.reward && { ...sourceOf(wanted.reward), weights: wanted.weights.reward },
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
    const { policy, reward, backend, weights } = get().engine
    const result = runLoad({ policy, reward, backend, weights, ...change }, controller.signal)
    const entry = { controller, done: result.then(() => {}) }
    loading = entry
    const loaded = await result
    if (loading === entry) loading = null
    return loaded
  }

  const keepLocal = async (choice: ModelChoice, role: ModelRole, bytes: number): Promise<void> => {
    const files = local.get(choice.id)
    if (!files) return
    const others = get().engine.localModels.filter(({ id }) => id !== choice.id)
    const onnx = files.onnx ? { onnx: files.onnx } : {}
    patch({ localModels: [...others, { ...choice, role, bytes, ...onnx }] })
    await saving.attempt((storage) =>
      storage.writeModel({
        id: choice.id,
        name: choice.name,
        role,
        bytes,
        manifest: files.manifest,
        files: files.files,
        ...onnx,
      }),
    )
  }

  /** Whether a model is loaded once nothing is being loaded any more. */
  const isLoaded = async (part: Role, { kind, id }: ModelChoice): Promise<boolean> => {
    while (loading) await loading.done
    const { phase } = get().engine
    const loaded = loadedChoice?.[part]
    return phase === 'ready' && loaded?.id === id && loaded.kind === kind
  }

  /** Loads a model of the person's own in its role and keeps it; where that fails, nothing of it stays. */
  const addLocal = async (choice: ModelChoice, files: LocalFiles, role: ModelRole, bytes: number) => {
    const previous = local.get(choice.id)
    local.set(choice.id, files)
    const part = role === 'policy' ? 'policy' : 'reward'
    // Where the device is lost meanwhile, the load that follows by itself decides.
    const loaded = (await load({ [part]: choice })) || (await isLoaded(part, choice))
    if (loaded) await keepLocal(choice, role, bytes)
    else if (previous) local.set(choice.id, previous)
    else local.delete(choice.id)
    return loaded
  }

  const ask = ({ id, family, role, parameters, totalBytes, manifest, missing, chat }: StoredModel): void =>
    patch({
      folder: { name: id, from: 'stored', family, role, parameters, bytes: totalBytes ?? 0, manifest, missing, chat },
    })

  /** The form of a model that was not dragged in is filled in: keeps the fields, then loads it. */
  const confirmFetched = async (
    { name: id }: PendingFolder,
    kind: 'stored' | 'url',
    manifest: ManifestFields,
    role: ModelRole,
  ): Promise<void> => {
    try {
      const known = remote.get(id)
      if (kind === 'stored') {
        const kept = await deps.client.call('setStoredManifest', { id, manifest: { ...manifest, role } })
        const { downloads } = get()
        set({ downloads: { ...downloads, models: downloads.models.map((model) => (model.id === id ? kept : model)) } })
      } else if (known) remote.set(id, { ...known, manifest })
      patch({ folder: null })
      await load({ [role === 'policy' ? 'policy' : 'reward']: { kind, id, name: id } })
    } catch (error) {
      notifyError(context, `“${plainText(id, 80)}” was not loaded`, error)
    }
  }

  const replace = async (id: string, kind: ModelChoice['kind']): Promise<void> => {
    const { engine, session } = get()
    const { policy, reward } = engine
    if (policy.kind === kind && policy.id === id)
      await load({ policy: bundledChoice(session.task, 'policy') ?? DEFAULT_POLICY })
    if (reward?.kind === kind && reward.id === id) await load({ reward: bundledChoice(session.task, 'reward') })
  }

  const actions: Actions['engine'] = {
    load: async () => {
      await load()
    },
    setBackend: async (backend) => {
      await load({ backend })
    },
    setWeights: async (role, weights) => {
      await load({ weights: { ...get().engine.weights, [role]: weights } })
    },
    cancelLoad: () => loading?.controller.abort(ASKED),
    chooseBundled: async (role, id) => {
      const choice = BUNDLED_CHOICES[role].find((model) => model.id === id)
      if (choice) await load({ [role]: choice })
    },
    chooseLocal: async (role, id) => {
      const found = get().engine.localModels.find((model) => model.id === id)
      if (!found) return
      const stored = found.kind === 'stored' ? get().downloads.models.find((model) => model.id === id) : undefined
      if (stored && stored.missing.length > 0) ask(stored)
      else await load({ [role]: { kind: found.kind, id, name: found.name } })
    },
    dropReward: async () => {
      await load({ reward: null })
    },
    openFolder: async (name, files) => {
      try {
        const read = await deps.client.call('inspectFolder', { files })
        folderFiles = files
        patch({ folder: { name, ...read } })
        if (read.missing.length === 0) await actions.confirmFolder({})
      } catch (error) {
        notifyError(context, `“${plainText(name, 80)}” was not opened`, error)
      }
    },
    confirmFolder: async (given) => {
      const { folder } = get().engine
      if (!folder) return
      const manifest = mergeManifests(folder.manifest, given)
      const missing = missingFields(manifest, manifest.role ?? folder.role).filter((field) =>
        folder.missing.includes(field),
      )
      if (missing.length > 0) {
        notify({
          tone: 'warning',
          text: 'More must be known of this model',
          error: { code: 'bad-setting', message: `Please fill in: ${missing.join(', ')}` },
        })
        return
      }
      const role = manifest.role ?? folder.role
      if (folder.from) {
        await confirmFetched(folder, folder.from, manifest, role)
        return
      }
      const choice: ModelChoice = { kind: 'local', id: folder.name, name: folder.name }
      const loaded = await addLocal(choice, { files: folderFiles, manifest }, role, folder.bytes)
      if (!loaded) return
      patch({ folder: null })
      folderFiles = []
    },
    dismissFolder: () => {
      folderFiles = []
      patch({ folder: null })
    },
    forgetLocal: async (id) => {
      const { localModels } = get().engine
      const repoOf = (model: EngineState['localModels'][number] | undefined) => model?.onnx?.hub?.repo
      const forgotten = (model: EngineState['localModels'][number]) => model.kind === 'local' && model.id === id
      const repo = repoOf(localModels.find(forgotten))
      const others = localModels.filter((model) => !forgotten(model))
      patch({ localModels: others })
      if (repo !== undefined && !others.some((model) => repoOf(model) === repo)) {
        await deps.client.call('deleteOnnx', { repo }).catch((error: unknown) => {
          notifyError(context, 'Its files are still here', error)
        })
      }
      local.delete(id)
      await saving.attempt((storage) => storage.deleteModel(id))
      await replace(id, 'local')
    },
  }

  return {
    actions,
    addOnnx: ({ id, name, settings, files, manifest, bytes }) =>
      addLocal({ kind: 'local', id, name }, { files, manifest, onnx: settings }, 'policy', bytes),
    ensureReady: async () => {
      // A load in progress is waited for, and its failure is everybody's.
      const waited = loading !== null
      while (loading) await loading.done
      const { phase, policy, reward, backend, weights } = get().engine
      const same =
        loadedChoice?.policy.id === policy.id &&
        loadedChoice.reward?.id === reward?.id &&
        loadedChoice.backend === backend &&
        loadedChoice.weights.policy === weights.policy &&
        loadedChoice.weights.reward === weights.reward
      if (phase === 'ready' && same) return true
      return waited ? false : load()
    },
    restoreLocal: async () => {
      const models = await saving.attempt((storage) => storage.listModels())
      const settings = (onnx: unknown) => (onnx === undefined ? {} : { onnx: onnx as OnnxSettings })
      for (const { id, files, manifest, onnx } of models ?? []) {
        local.set(id, { files, manifest: manifest, ...settings(onnx) })
      }
      patch({
        localModels: [
          ...(models ?? []).map(({ id, name, role, bytes, onnx }) => ({
            kind: 'local' as const,
            id,
            name,
            role,
            bytes,
            ...settings(onnx),
          })),
          ...get().engine.localModels.filter(({ kind }) => kind !== 'local'),
        ],
      })
    },
    offerStored: (models) =>
      patch({
        localModels: [
          ...get().engine.localModels.filter(({ kind }) => kind !== 'stored'),
          ...models
            .filter(({ state }) => state === 'complete')
            .map(({ id, role, storedBytes }) => ({ kind: 'stored' as const, id, name: id, role, bytes: storedBytes })),
        ],
      }),
    offerTrained: (models) => {
      const { localModels, policy, reward } = get().engine
      const runOf = (id: string, among: EngineState['localModels']) => among.find((model) => model.id === id)?.run
      /** A choice keeps its step; its run may have another name now. */
      const renamed = (choice: ModelChoice): ModelChoice => {
        const [before, after] = [runOf(choice.id, localModels), runOf(choice.id, models)]
        if (choice.kind !== 'trained' || !before || !after || !choice.name.startsWith(before)) return choice
        return { ...choice, name: `${after}${choice.name.slice(before.length)}` }
      }
      if (loadedChoice) {
        loadedChoice = {
          ...loadedChoice,
          policy: renamed(loadedChoice.policy),
          reward: loadedChoice.reward && renamed(loadedChoice.reward),
        }
      }
      patch({
        localModels: [...localModels.filter(({ kind }) => kind !== 'trained'), ...models],
        policy: renamed(policy),
        reward: reward && renamed(reward),
      })
    },
    onSkipped: ({ id, name }) => {
      olderSaves.set(id, name)
    },
    forgetTrained: async (id) => {
      patch({ localModels: get().engine.localModels.filter((model) => model.id !== id || model.kind !== 'trained') })
      await replace(id, 'trained')
    },
    sourceOf: (choice) => sourceOf(choice).source,
    use: (change) => {
      const bare = (choice: ModelChoice | null) => choice && { kind: choice.kind, id: choice.id, name: choice.name }
      return load(Object.fromEntries(Object.entries(change).map(([role, choice]) => [role, bare(choice)])))
    },
    followTask: (task) => {
      const { policy, reward, phase } = get().engine
      const strange = (choice: ModelChoice) => choice.kind === 'bundled' && taskOfBundled(choice.id) !== task
      const change = {
        ...(strange(policy) ? { policy: bundledChoice(task, 'policy') ?? policy } : {}),
        ...(reward === null || strange(reward) ? { reward: bundledChoice(task, 'reward') } : {}),
      }
      if (change.policy === undefined && change.reward === undefined) return
      // While something runs, and before the first load, they wait until they are needed.
      if (phase === 'ready' && !isBusy(get())) void load(change)
      else patch(change)
    },
    forgetStored: async (id) => {
      patch({ localModels: get().engine.localModels.filter((model) => model.id !== id || model.kind !== 'stored') })
      await replace(id, 'stored')
    },
    hostAdded: () => {
      hostsChanged = true
    },
    loadFromUrl: async (id, baseUrl, files, { family, role, parameters, bytes, manifest, missing, chat }) => {
      if (hostsChanged && isBusy(get())) {
        notify({
          tone: 'warning',
          text: 'The engine has to start again to contact this server: end what is running first',
        })
        return
      }
      if (hostsChanged) deps.client.restart()
      hostsChanged = false
      remote.set(id, { baseUrl, files, manifest })
      patch({ folder: { name: id, from: 'url', family, role, parameters, bytes, manifest, missing, chat } })
      if (missing.length === 0) await actions.confirmFolder({})
    },
    knows: (policy, reward) => {
      const known = (role: Role, id: string): boolean =>
        (role === 'reward' && id === NO_MODEL) ||
        [...BUNDLED_CHOICES[role], ...get().engine.localModels].some((model) => model.id === id)
      return known('policy', policy) && known('reward', reward)
    },
    choose: (change) => {
      const pick = <Current extends ModelChoice | null>(role: Role, id: string | undefined, current: Current) => {
        if (id === undefined || id === current?.id) return current
        const kept = get().engine.localModels.find((model) => model.id === id)
        const found = BUNDLED_CHOICES[role].find((model) => model.id === id) ?? kept
        if (found) return { kind: found.kind, id: found.id, name: found.name }
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
      })
    },
    onLoading: (model, loadedBytes, totalBytes) =>
      patch({ progress: { ...get().engine.progress, [model]: { loadedBytes, totalBytes } } }),
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
    dispose: () => loading?.controller.abort(),
  }
}
