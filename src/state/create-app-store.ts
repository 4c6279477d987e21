import type { StoreApi } from 'zustand/vanilla'
import { createStore } from 'zustand/vanilla'
import type { RunSetup } from '../search/events.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import type { Actions, AppState } from './app-state.ts'
import { createCompareSlice } from './compare/compare-slice.ts'
import type { AppDependencies } from './dependencies.ts'
import { initialState } from './initial-state.ts'
import { createLabSlice } from './lab/lab-slice.ts'
import { NO_MODEL } from './models/bundled-models.ts'
import { createDownloadsSlice } from './models/downloads-slice.ts'
import { createEngineSlice } from './models/engine-slice.ts'
import type { HeldModels } from './models/model-kinds.ts'
import { createOnnxSlice } from './models/onnx-slice.ts'
import { createOwnModelsSlice } from './models/own-models-slice.ts'
import { createReadingSlice } from './models/reading-slice.ts'
import { createHistorySlice } from './search/history-slice.ts'
import { createProbeSlice } from './search/probe-slice.ts'
import { createProblemFilesSlice } from './search/problem-file-slice.ts'
import { importRun } from './search/run-files.ts'
import { createRunsSlice } from './search/runs-slice.ts'
import { goldOf } from './search/task-tools.ts'
import { createLinkSlice } from './session/link.ts'
import { createNoticesSlice } from './session/notices-slice.ts'
import { createSaving } from './session/saving.ts'
import { createSessionSlice } from './session/session-slice.ts'
import type { Snapshot } from './session/session-snapshot.ts'
import { snapshotSchema } from './session/session-snapshot.ts'
import type { SliceContext } from './slice-context.ts'
import { notifyError } from './slice-context.ts'
import { createTracesSlice } from './traces/traces-slice.ts'
import { createTrainingSlice } from './training/training-slice.ts'

/** State to read, actions to change it, and the end of all that they hold. */
export type AppStore = Pick<StoreApi<AppState>, 'getState' | 'getInitialState' | 'subscribe'> & {
  readonly actions: Actions
  /** Opens storage, shows the last or the recorded run, applies the URL hash; the models load meanwhile. */
  start(hash: string, backend?: string | null): Promise<void>
  /** Saves what waits to be saved, then lets go of worker and storage. */
  dispose(): Promise<void>
}

/** The recorded run of a first visit, below the app's root, and its id in the state. */
const SAMPLE_PATH = 'runs/first-visit.json'
const SAMPLE_ID = 'first-visit'
const SNAPSHOT_KEY = 'snapshot'
const SNAPSHOT_MS = 300

/** What this tab wrote before a reload; null where there is nothing, or it cannot be read. */
function ownSnapshot(text: string | null): Snapshot | null {
  try {
    return text === null ? null : snapshotSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** Where the active run is looked at, as one text; a run that grows by itself is not looked at anew. */
function viewOf({ runs }: AppState): string {
  const run = runs.active === null ? undefined : runs.byId[runs.active]
  return run ? `${run.following || run.playing ? 'moving' : run.cursor} ${run.selected}` : ''
}

/** The whole state of the page and its actions, over a worker, a storage and a clock. */
export function createAppStore(deps: AppDependencies): AppStore {
  const store = createStore<AppState>(initialState)
  const get = store.getState
  const set = (change: Partial<AppState>): void => store.setState(change)
  const notices = createNoticesSlice({ get, set, deps })
  const context: SliceContext = { get, set, deps, notify: notices.notify }
  const saving = createSaving(context)
  const held: HeldModels = { state: get, own: new Map(), remote: new Map() }
  const engine = createEngineSlice(context, held)
  const ownModels = createOwnModelsSlice(context, saving, held, engine, (model) => traces.modelChanged(model))
  const onnx = createOnnxSlice(context, ownModels)
  const reading = createReadingSlice(context, engine, ownModels)
  const downloads = createDownloadsSlice(context, saving, ownModels)
  const session = createSessionSlice(context)
  const problemFiles = createProblemFilesSlice(context, saving)
  let owner: string | null = null
  let others: () => Promise<ReadonlySet<string>> = () => Promise.resolve(new Set())
  const runs = createRunsSlice(context, saving, engine, session, () => owner)
  const history = createHistorySlice(context, saving, runs, session, () => owner)
  const compare = createCompareSlice(context, engine, runs, session)
  const probe = createProbeSlice(context, runs)
  const training = createTrainingSlice(context, engine, ownModels, runs, session)
  const lab = createLabSlice(context, saving, engine, runs, session, () => owner)
  const traces = createTracesSlice(context, saving, held, engine, () => owner)
  const link = createLinkSlice(context, { engine, session, runs, compare, training, lab })
  let cancelSnapshot: (() => void) | null = null
  let started = false

  const stopMessages = deps.client.subscribe((message) => {
    if (message.type === 'loading') engine.onLoading(message.model, message.loadedBytes, message.totalBytes)
    else if (message.type === 'status') engine.onStatus(message.status)
    else if (message.type === 'lost') {
      runs.failLive(message.error)
      engine.onLost(message.error, message.reload)
      training.onLost()
      lab.onLost()
    } else if (message.type === 'transfer') downloads.onTransfer(message)
    else if (
      message.type === 'training' ||
      message.type === 'trainingState' ||
      message.type === 'trainingEnded' ||
      message.type === 'savesSkipped'
    ) {
      training.receive(message)
    } else if (message.type === 'sweepResults' || message.type === 'sweepState' || message.type === 'sweepEnded') {
      lab.receive(message)
    } else runs.receive(message)
  })
  const stopTransfers = deps.downloads?.subscribe((message) => {
    if (message.type === 'transfer') downloads.onTransfer(message)
    else if (message.type === 'lost') downloads.onLost(message.error)
  })

  const snapshot = (): Snapshot => {
    const { engine: chosen, runs: open, preferences } = get()
    const { problemText, prefix, ...rest } = session.core()
    const shown = open.active === null ? undefined : open.byId[open.active]
    return {
      session: { ...rest, problemText, prefix: [...prefix] },
      compare: compare.specs().map((spec) => ({ ...spec, config: { ...DEFAULT_CONFIG, ...spec.config } })),
      active: shown ? { run: shown.id, event: shown.following ? null : shown.cursor, node: shown.selected } : null,
      backend: chosen.backend,
      arithmetic: chosen.arithmetic,
      policy: chosen.policy.id,
      reward: chosen.reward?.id ?? NO_MODEL,
      preferences,
      training: { recipe: get().training.draft.recipe, active: get().training.active },
      lab: { config: get().lab.draft.config, active: get().lab.active },
    }
  }

  const saveSnapshot = async (): Promise<void> => {
    cancelSnapshot?.()
    cancelSnapshot = null
    const now = snapshot()
    deps.tabMemory?.write(JSON.stringify(now))
    await saving.attempt((storage) => storage.writeSetting(SNAPSHOT_KEY, now), { once: true })
  }

  const stopWatching = store.subscribe((state, before) => {
    if (state.engine.phase === 'ready' && before.engine.phase !== 'ready') {
      probe.retry()
      lab.onReady()
    }
    if (state.engine.ownModels !== before.engine.ownModels) lab.modelsChanged()
    if (state.session !== before.session) link.sessionChanged()
    if (state.session.task !== before.session.task) {
      engine.followTask(state.session.task, before.session.task)
      training.followTask(state.session.task)
      lab.followTask(state.session.task)
    }
    const changed =
      state.session !== before.session ||
      state.preferences !== before.preferences ||
      state.compare.entries !== before.compare.entries ||
      state.runs.active !== before.runs.active ||
      state.training.draft.recipe !== before.training.draft.recipe ||
      state.training.active !== before.training.active ||
      state.lab.draft.config !== before.lab.draft.config ||
      state.lab.active !== before.lab.active ||
      viewOf(state) !== viewOf(before) ||
      state.engine.policy !== before.engine.policy ||
      state.engine.reward !== before.engine.reward ||
      state.engine.backend !== before.engine.backend ||
      state.engine.arithmetic !== before.engine.arithmetic
    if (started && changed) cancelSnapshot ??= deps.later(() => void saveSnapshot(), SNAPSHOT_MS)
  })

  const stopHide = deps.onHide(() => {
    void runs.flush()
    void lab.flush()
    if (cancelSnapshot) void saveSnapshot()
  })

  const openSaved = async (): Promise<Snapshot | null> => {
    const own = ownSnapshot(deps.tabMemory?.read() ?? null)
    if (!(await saving.open())) return own
    const tab = await deps.claimTab()
    owner = tab.id
    const alive = await tab.alive()
    await saving.attempt((storage) => storage.markInterrupted(alive))
    others = async () => new Set([...(await tab.alive())].filter((id) => id !== tab.id))
    saving.setOthers(others)
    const open = others
    await saving.attempt(async (storage) => storage.purgeRemoved(await open()))
    await ownModels.restore()
    await history.actions.refresh()
    await problemFiles.restore()
    await lab.restore(alive)
    const stored = await saving.attempt((storage) => storage.readSetting(SNAPSHOT_KEY))
    const parsed = snapshotSchema.safeParse(stored)
    // A tab goes on with its own session; a new one with that of the tab that was used last.
    return own ?? (parsed.success ? parsed.data : null)
  }

  /** The recorded run; the page goes on without it where it cannot be had. */
  const openSample = async (
    text: Promise<string>,
    adopt: boolean,
    wanted: (setup: RunSetup) => boolean = () => true,
  ): Promise<void> => {
    try {
      const run = importRun(SAMPLE_PATH, await text, SAMPLE_ID, 'sample')
      const { setup } = run
      if (!wanted(setup)) return
      runs.open(run)
      if (adopt) {
        session.restore({
          ...session.core(),
          task: setup.task,
          problemText: setup.problem,
          gold: goldOf(setup),
          system: setup.system ?? null,
          strategy: setup.strategy,
          config: setup.config,
          seed: setup.seed,
          prefix: setup.prefix,
          parent: null,
        })
      }
    } catch (error) {
      notifyError(context, 'The recorded run was not opened', error)
    }
  }

  /** What was looked at last, as it was looked at; else the recorded run. */
  const openLast = async (saved: Snapshot | null, sample: Promise<string>): Promise<void> => {
    const seen = saved?.active ?? null
    const isSaved = seen !== null && seen.run !== SAMPLE_ID
    const reopened = isSaved && (await history.open(seen.run, { adopt: false }))
    if (!reopened) await openSample(sample, saved === null)
    const { active } = get().runs
    if (seen && active === seen.run) {
      if (seen.event !== null) runs.actions.seek(active, seen.event)
      runs.actions.select(active, seen.node)
    }
  }

  /** Whether all models of a record can be chosen without the list of downloaded ones. */
  const knowsAll = ({ policy, reward, compare: columns }: Snapshot): boolean =>
    [{ policy, reward }, ...columns.map((own) => ({ policy, reward, ...own }))].every((pair) =>
      engine.knows(pair.policy, pair.reward),
    )

  const restore = (saved: Snapshot): void => {
    session.restore(saved.session)
    compare.restore(saved.compare)
    const { policy, reward, backend, arithmetic } = saved
    engine.choose({ policy, reward, backend, arithmetic })
    set({ preferences: saved.preferences })
    training.restoreDraft(saved.training.recipe, saved.training.active)
    lab.restoreDraft(saved.lab.config, saved.lab.active)
  }

  const actions: Actions = {
    engine: engine.actions,
    models: ownModels.actions,
    onnx: onnx.actions,
    reading: reading.actions,
    downloads: downloads.actions,
    training: training.actions,
    lab: lab.actions,
    traces: traces.actions,
    session: session.actions,
    problemFiles: problemFiles.actions,
    runs: runs.actions,
    history: history.actions,
    compare: compare.actions,
    probe: probe.actions,
    preferences: {
      set: (change) => {
        set({ preferences: { ...get().preferences, ...change } })
        if (change.revealTruth) runs.refreshLabels()
      },
    },
    notices: notices.actions,
    link: link.actions,
  }

  return {
    getState: store.getState,
    getInitialState: store.getInitialState,
    subscribe: store.subscribe,
    actions,
    start: async (hash, backend = null) => {
      const linked = hash.replace(/^#/, '') !== ''
      if (linked) link.begin()
      const sample = deps.fetchText(SAMPLE_PATH)
      // It may fail before somebody waits for it.
      sample.catch(() => {})
      const restored = Promise.all([downloads.restore(), training.restore()])
      const saved = await openSaved()
      // Only a choice that may be among the downloaded models waits for their list.
      if (linked || (saved && !knowsAll(saved))) await restored
      if (saved) restore(saved)
      if (backend !== null) engine.chooseBackend(backend)
      if (linked) {
        link.apply(hash)
        // The recorded run is shown where the link is of it, and no other problem's.
        await openSample(sample, false, link.isOf)
        link.lookAgain()
      } else await openLast(saved, sample)
      started = true
      void restored.then(() => traces.start(others))
      void engine.ensureReady()
    },
    dispose: async () => {
      await runs.flush()
      await lab.flush()
      await saveSnapshot()
      stopMessages()
      stopTransfers?.()
      stopWatching()
      stopHide()
      link.dispose()
      traces.dispose()
      training.dispose()
      lab.dispose()
      probe.dispose()
      reading.dispose()
      compare.dispose()
      problemFiles.dispose()
      history.dispose()
      runs.dispose()
      downloads.dispose()
      engine.dispose()
      deps.client.dispose()
      saving.close()
    },
  }
}
