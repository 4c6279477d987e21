import { readChosen } from '../../core/chosen-file.ts'
import { toErrorDetails } from '../../core/errors.ts'
import { plainText } from '../../core/outside-text.ts'
import { pushAll } from '../../core/push-all.ts'
import type { RunSetup, SearchEvent } from '../../search/events.ts'
import { stepsTo } from '../../search/tree-paths.ts'
import type { RunPurpose, StoredRun } from '../../storage/stored-run.ts'
import type { FromWorker } from '../../worker/protocol.ts'
import type { Actions } from '../app-state.ts'
import type { EngineSlice } from '../models/engine-slice.ts'
import type { ModelPair } from '../models/engine-state.ts'
import { pairKey } from '../models/model-pair.ts'
import type { Saving } from '../session/saving.ts'
import type { SessionSlice } from '../session/session-slice.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError, notifyUnlessLost } from '../slice-context.ts'
import { fillLabels } from './labels.ts'
import { lackingModel } from './lacking-model.ts'
import { createPlayhead } from './playhead.ts'
import type { OpenedRun } from './run-files.ts'
import { exportRun, importRun, runTitle, storedRun } from './run-files.ts'
import { RunRecorder } from './run-recorder.ts'
import { RunTimeline } from './run-timeline.ts'
import type { RunId, RunParent, RunStatus, RunView } from './runs-state.ts'

/** What a run needs outside the state: quick trees, events on their way to the next frame, its writer. */
interface RunParts {
  readonly timeline: RunTimeline
  readonly recorder: RunRecorder | null
  incoming: SearchEvent[]
  measured: RunView['measured'] | null
}

export interface LaunchOptions {
  /** Where the caller must know it before the first event. */
  readonly id?: RunId
  readonly paused?: boolean
  readonly parent?: RunParent | null
  readonly title?: string
  readonly activate?: boolean
  readonly purpose?: RunPurpose
  /** Where they are not the chosen ones; they are loaded besides. */
  readonly models?: ModelPair
}

export interface RunsSlice {
  readonly actions: Actions['runs']
  /** Loads models where needed and starts a run. Null, with a notice, where it cannot. */
  launch(setup: RunSetup, options?: LaunchOptions): Promise<RunId | null>
  /** Shows a run that is not live. */
  open(run: OpenedRun): void
  /** Tree after some of a run's events, without moving its playhead. */
  treeAt(run: RunId, cursor: number): RunView['tree'] | null
  /** Calls back after the state took over new events, or the end, of these runs. Returns the way out. */
  onChange(listener: (runs: readonly RunId[]) => void): () => void
  receive(message: Extract<FromWorker, { type: 'events' | 'run' | 'ended' }>): void
  /** The engine is gone: what ran is over. */
  failLive(error: NonNullable<RunView['error']>): void
  /** Fills exact labels while truth is revealed. */
  refreshLabels(): void
  /** Nothing more of a closed run is written. */
  forget(run: RunId): void
  /** Everything made so far is saved when this resolves. */
  flush(): Promise<void>
  dispose(): void
}

const NOTHING_MEASURED = { wallMs: 0, passes: 0, peakBytes: 0, readbackBytes: 0 }
/** Open runs kept in memory; older ones that are saved are closed. */
const OPEN_RUNS = 12

export const isLive = (status: RunStatus): boolean => status === 'running' || status === 'paused'

/** Open runs: live events in, playheads over them, out to files. */
export function createRunsSlice(
  context: SliceContext,
  saving: Saving,
  engine: EngineSlice,
  session: SessionSlice,
  owner: () => string | null,
): RunsSlice {
  const { get, set, deps } = context
  const parts = new Map<RunId, RunParts>()
  /** Writers of open runs, and of closed ones until their last part is saved. */
  const recorders = new Set<RunRecorder>()
  const held = (recorder: RunRecorder) => [...parts.values()].some((part) => part.recorder === recorder)
  const listeners = new Set<(runs: readonly RunId[]) => void>()
  let cancelFrame: (() => void) | null = null
  let cancelLabels: (() => void) | null = null

  const view = (id: RunId): RunView | undefined => get().runs.byId[id]

  const patch = (id: RunId, change: Partial<RunView>): void => {
    const { runs } = get()
    const current = runs.byId[id]
    if (current) set({ runs: { ...runs, byId: { ...runs.byId, [id]: { ...current, ...change } } } })
  }

  const moveTo = (id: RunId, cursor: number, change: Partial<RunView> = {}): void => {
    const run = view(id)
    const timeline = parts.get(id)?.timeline
    if (!run || !timeline) return
    const to = Math.max(0, Math.min(cursor, run.events.length))
    patch(id, { cursor: to, tree: timeline.treeAt(to), ...change })
  }

  const playhead = createPlayhead(context, moveTo, (id) => actions.stepLive(id))

  const notifyChange = (ids: readonly RunId[]): void => {
    for (const listener of listeners) listener(ids)
  }

  /** Takes over what arrived since the last frame. */
  const drain = (): void => {
    cancelFrame?.()
    cancelFrame = null
    const changed: RunId[] = []
    const byId: Record<RunId, RunView> = { ...get().runs.byId }
    for (const [id, part] of parts) {
      const run = byId[id]
      if (!run || part.incoming.length === 0) continue
      const events = [...run.events, ...part.incoming]
      part.timeline.append(part.incoming)
      part.incoming = []
      const moved = run.following ? { cursor: events.length, tree: part.timeline.treeAt(events.length) } : {}
      byId[id] = { ...run, events, measured: part.measured ?? run.measured, ...moved }
      changed.push(id)
    }
    if (changed.length === 0) return
    set({ runs: { ...get().runs, byId } })
    notifyChange(changed)
    refreshLabels()
  }

  const refreshLabels = (): void => {
    if (!get().preferences.revealTruth || cancelLabels) return
    const active = get().runs.active
    const shown = [active, ...get().compare.entries.map(({ run }) => run)]
    for (const id of shown) {
      const run = id === null ? undefined : view(id)
      const timeline = id === null ? undefined : parts.get(id)?.timeline
      if (!run || !timeline) continue
      const { labels, complete } = fillLabels(run, timeline.treeAt(timeline.length), deps.now)
      if (labels !== run.labels) patch(run.id, { labels })
      if (!complete) {
        cancelLabels = deps.frame(() => {
          cancelLabels = null
          refreshLabels()
        })
        return
      }
    }
  }

  const put = (run: RunView, part: RunParts): void => {
    parts.set(run.id, part)
    const { runs } = get()
    set({ runs: { ...runs, byId: { ...runs.byId, [run.id]: run } } })
    evict()
  }

  /** Old runs that nobody looks at and that are saved need not stay in memory. */
  const evict = (): void => {
    if (!saving.available()) return
    const { runs, compare, probe } = get()
    const wanted = new Set([
      runs.active,
      probe.run,
      ...compare.entries.map(({ run }) => run),
      ...probe.estimates.map(({ id }) => id),
    ])
    const saved = (id: RunId) => parts.get(id)?.recorder?.saved ?? true
    const idle = Object.values(runs.byId).filter(({ id, status }) => !wanted.has(id) && !isLive(status) && saved(id))
    for (const run of idle.slice(0, Math.max(0, Object.keys(runs.byId).length - OPEN_RUNS))) remove(run.id)
  }

  const remove = (id: RunId): void => {
    playhead.stop(id)
    const recorder = parts.get(id)?.recorder
    if (recorder && isLive(view(id)?.status ?? 'finished')) recorder.note({ status: 'cancelled', owner: null })
    parts.delete(id)
    const { runs } = get()
    const { [id]: _gone, ...byId } = runs.byId
    set({ runs: { ...runs, byId, active: runs.active === id ? null : runs.active } })
  }

  /** Changes where a person no longer wants what waits. */
  let askings = 0

  /** Loads models where needed; meanwhile the state says which run waits for them. */
  const readyFor = async (title: string): Promise<boolean> => {
    set({ runs: { ...get().runs, waiting: [...get().runs.waiting, title] } })
    const asked = askings
    const ready = await engine.ensureReady()
    if (asked !== askings) return false
    const { waiting } = get().runs
    set({ runs: { ...get().runs, waiting: waiting.toSpliced(waiting.indexOf(title), 1) } })
    return ready
  }

  /** Writes a run from now on; each run that cannot be saved is told, and shown as such. */
  const startRecorder = (run: StoredRun, events: readonly SearchEvent[]): RunRecorder => {
    const recorder: RunRecorder = new RunRecorder(run, events, saving, deps, (unsaved) => {
      const shown = view(run.id)
      if (!shown) return
      patch(run.id, { unsaved })
      // A browser without any storage was told of at the start.
      if (unsaved && saving.available()) {
        context.notify({ tone: 'warning', text: `“${plainText(shown.title, 80)}” is not saved`, error: unsaved })
      }
      notifyChange([run.id])
    })
    recorders.add(recorder)
    return recorder
  }

  const launch = async (setup: RunSetup, options: LaunchOptions = {}): Promise<RunId | null> => {
    const title = options.title ?? runTitle(setup)
    const { engine: chosen } = get()
    const lacking = lackingModel(setup, options.models ?? chosen)
    if (lacking !== null) {
      context.notify({
        tone: 'warning',
        text: 'The search did not start',
        error: { code: 'bad-setting', message: lacking },
      })
      return null
    }
    if (!(await readyFor(title))) return null
    const id = options.id ?? deps.randomId()
    const createdAt = deps.date()
    const parent = options.parent ?? null
    const status = options.paused ? 'paused' : 'running'
    const blank = {
      id,
      title,
      setup,
      source: 'live',
      status,
      events: [],
      measured: NOTHING_MEASURED,
      createdAt,
      parent,
    } as const
    const record = storedRun({ ...blank, selected: null }, createdAt)
    const recorder = startRecorder({ ...record, purpose: options.purpose ?? 'search', owner: owner() }, [])
    const timeline = new RunTimeline()
    put(
      {
        ...blank,
        error: null,
        unsaved: null,
        cursor: 0,
        tree: timeline.treeAt(0),
        following: true,
        playing: false,
        selected: null,
        labels: {},
      },
      { timeline, recorder, incoming: [], measured: null },
    )
    if (options.activate ?? true) set({ runs: { ...get().runs, active: id } })
    notifyChange([id])
    try {
      await deps.client.call('startRun', {
        runId: id,
        setup,
        paused: options.paused ?? false,
        ...(options.models && pairKey(options.models) !== pairKey(chosen) ? { models: pairKey(options.models) } : {}),
      })
      return id
    } catch (error) {
      patch(id, { status: 'failed', error: toErrorDetails(error) })
      recorder.note({ status: 'failed', owner: null })
      notifyUnlessLost(context, 'The run did not start', error)
      return null
    }
  }

  const open = (run: OpenedRun, recorder: RunRecorder | null = null): void => {
    const timeline = new RunTimeline()
    timeline.append(run.events)
    const cursor = Math.min(run.selected?.event ?? run.events.length, run.events.length)
    const { selected, ...rest } = run
    put(
      {
        ...rest,
        error: null,
        unsaved: null,
        cursor,
        tree: timeline.treeAt(cursor),
        following: cursor === run.events.length,
        playing: false,
        selected: selected?.node ?? null,
        labels: {},
      },
      { timeline, recorder, incoming: [], measured: null },
    )
    set({ runs: { ...get().runs, active: run.id } })
    refreshLabels()
  }

  const send = (method: 'pauseRun' | 'resumeRun' | 'stepRun' | 'cancelRun', runId: RunId): void => {
    const run = view(runId)
    if (!run || !isLive(run.status)) return
    deps.client
      .call(method, { runId })
      .catch((error: unknown) => notifyUnlessLost(context, 'The engine did not answer', error))
  }

  const actions: Actions['runs'] = {
    start: async (options = {}) => {
      const setup = session.setup()
      if (!setup) return null
      return launch(setup, { ...options, parent: get().session.parent })
    },
    startAgain: async (id, { anotherSeed = false } = {}) => {
      const run = view(id)
      if (!run) return null
      const setup = anotherSeed ? { ...run.setup, seed: deps.randomSeed() } : run.setup
      if (anotherSeed) session.adopt(setup, run.parent)
      return launch(setup, { parent: run.parent })
    },
    stopWaiting: () => {
      askings++
      set({ runs: { ...get().runs, waiting: [] } })
    },
    pause: (id) => send('pauseRun', id),
    resume: (id) => {
      send('resumeRun', id)
      actions.followLive(id)
    },
    stepLive: (id) => {
      actions.followLive(id)
      send('stepRun', id)
    },
    cancel: (id) => send('cancelRun', id),

    activate: (id) => {
      if (view(id)) set({ runs: { ...get().runs, active: id } })
      refreshLabels()
    },
    close: (id) => {
      send('cancelRun', id)
      remove(id)
    },
    select: (id, node) => {
      patch(id, { selected: node })
    },

    ...playhead.actions,

    continueFrom: async (id, node) => {
      const run = view(id)
      const timeline = parts.get(id)?.timeline
      if (!run || !timeline) return null
      const tree = timeline.treeAt(run.cursor)
      const setup = { ...run.setup, prefix: [...stepsTo(tree, node)] }
      return launch(setup, { parent: { run: id, node, event: run.cursor } })
    },
    exportFile: (id) => {
      const run = view(id)
      return run ? exportRun(run, deps.appVersion) : null
    },
    importFile: async (name, file) => {
      try {
        const text = typeof file === 'string' ? file : await readChosen(name, file)
        const id = deps.randomId()
        const run = importRun(name, text, id, 'file')
        const recorder = startRecorder(storedRun(run, deps.date()), run.events)
        open(run, recorder)
        session.adopt(run.setup, run.parent)
        await recorder.flush()
        notifyChange([id])
        return id
      } catch (error) {
        notifyError(context, 'The run file was not opened', error)
        return null
      }
    },
    rename: async (id, title) => {
      const trimmed = title.trim()
      if (trimmed === '') return
      patch(id, { title: trimmed })
      const recorder = parts.get(id)?.recorder
      recorder?.note({ title: trimmed })
      if (!recorder)
        await saving.attempt((storage) => storage.changeRun(id, { title: trimmed, updatedAt: deps.date() }))
      notifyChange([id])
    },
  }

  return {
    actions,
    launch,
    open,
    treeAt: (id, cursor) => parts.get(id)?.timeline.treeAt(cursor) ?? null,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    receive: (message) => {
      const part = parts.get(message.runId)
      const run = view(message.runId)
      if (!part || !run) return
      if (message.type === 'events') {
        pushAll(part.incoming, message.events)
        part.measured = message.measured
        part.recorder?.add(message.events, message.measured)
        cancelFrame ??= deps.frame(drain)
      } else if (message.type === 'run') {
        patch(message.runId, { status: message.state })
        part.recorder?.note({ status: message.state })
      } else {
        drain()
        const { status, error = null, measured } = message.result
        patch(message.runId, { status, error, measured })
        part.recorder?.note({ status, measured, owner: null })
        void part.recorder?.flush().then(() => notifyChange([message.runId]))
        notifyChange([message.runId])
        if (status === 'failed' && error) context.notify({ tone: 'error', text: 'The run stopped', error })
      }
    },
    failLive: (error) => {
      drain()
      for (const run of Object.values(get().runs.byId)) {
        if (!isLive(run.status)) continue
        patch(run.id, { status: 'interrupted', error })
        parts.get(run.id)?.recorder?.note({ status: 'interrupted', owner: null })
        notifyChange([run.id])
      }
    },
    refreshLabels,
    forget: (id) => {
      for (const recorder of recorders) {
        if (recorder.run.id !== id) continue
        recorder.dispose()
        recorders.delete(recorder)
      }
    },
    flush: async () => {
      await Promise.all([...recorders].map((recorder) => recorder.flush()))
      for (const recorder of recorders) if (recorder.saved && !held(recorder)) recorders.delete(recorder)
    },
    dispose: () => {
      for (const recorder of recorders) recorder.dispose()
      cancelFrame?.()
      cancelLabels?.()
      playhead.dispose()
      listeners.clear()
    },
  }
}
