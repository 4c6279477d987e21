import { readChosen } from '../../core/chosen-file.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import { fileStem } from '../../core/file-stem.ts'
import { itemSeed } from '../../core/item-seed.ts'
import { plainText } from '../../core/outside-text.ts'
import { keptResult, writeResults, writeSweepFile } from '../../formats/sweep.ts'
import type { RunSetup } from '../../search/events.ts'
import { judgesResponses } from '../../search/settings.ts'
import type { StoredSweep } from '../../storage/stored-sweep.ts'
import { resultCount, searchesOf } from '../../sweep/plan.ts'
import type { ProblemFields } from '../../sweep/problem-set.ts'
import type { SweepResult } from '../../sweep/result.ts'
import { generateProblems } from '../../tasks/generate-problems.ts'
import { taskById } from '../../tasks/registry.ts'
import { ASKED } from '../../worker/client.ts'
import type { FromWorker, SweepModels } from '../../worker/protocol.ts'
import type { Actions } from '../app-state.ts'
import type { EngineSlice } from '../models/engine-slice.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import type { RunsSlice } from '../search/runs-slice.ts'
import type { Saving } from '../session/saving.ts'
import type { SessionSlice } from '../session/session-slice.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError, notifyUnlessLost } from '../slice-context.ts'
import { defaultSweep } from './default-sweep.ts'
import { isLiveSweep, LabDraftEditor, startHindrance } from './lab-draft.ts'
import type { LabModels, LabState, SweepConfig, SweepView } from './lab-state.ts'
import { createProblemSetSlice } from './problem-set-slice.ts'
import type { OpenedSweep } from './sweep-files.ts'
import { readSweepFiles } from './sweep-files.ts'
import { SweepRecorder } from './sweep-recorder.ts'
import { sweepTitle, sweepView } from './sweep-view.ts'

type SweepMessage = Extract<FromWorker, { type: 'sweepResults' | 'sweepState' | 'sweepEnded' }>

export interface LabSlice {
  readonly actions: Actions['lab']
  /** Lists what the browser keeps; sweeps of tabs that are gone are interrupted. */
  restore(aliveTabs: ReadonlySet<string>): Promise<void>
  /** Takes over the draft and the sweep of the last visit. */
  restoreDraft(config: SweepConfig | null, active: string | null): void
  followTask(task: string): void
  /** Models were added or taken away: the draft may run now, or not any more. */
  modelsChanged(): void
  receive(message: SweepMessage): void
  /** The worker is gone, and the sweep in it. */
  onLost(): void
  /** The models are loaded: a sweep that was lost with the worker goes on. */
  onReady(): void
  flush(): Promise<void>
  dispose(): void
}

/** Sweeps: the config that is edited, the sweeps of this browser, and the one that is under way. */
export function createLabSlice(
  context: SliceContext,
  saving: Saving,
  engine: EngineSlice,
  runs: RunsSlice,
  session: SessionSlice,
  owner: () => string | null,
): LabSlice {
  const { get, set, deps, notify } = context
  const recorders = new Map<string, SweepRecorder>()
  /** Seconds of a sweep before the call that is under way. */
  const before = new Map<string, number>()
  const incoming: { readonly id: string; readonly results: readonly SweepResult[]; readonly seconds: number }[] = []
  let cancelFrame: (() => void) | null = null
  let beginning: AbortController | null = null
  let lost: string | null = null
  let wantedActive: string | null = null

  const state = (): LabState => get().lab
  const patch = (change: Partial<LabState>): void => set({ lab: { ...state(), ...change } })
  const find = (id: string): SweepView | undefined => state().sweeps.find((sweep) => sweep.id === id)
  const changeView = (id: string, change: Partial<SweepView>): void =>
    patch({ sweeps: state().sweeps.map((sweep) => (sweep.id === id ? { ...sweep, ...change } : sweep)) })

  const sets = createProblemSetSlice(
    context,
    saving,
    (change) => {
      patch({ sets: { ...state().sets, ...change } })
      if (change.list) draft.present()
    },
    owner,
  )
  const draft = new LabDraftEditor(
    state().draft.config,
    deps.now,
    (shown) => patch({ draft: shown, refused: null }),
    () => ({ sets: state().sets.list, knows: (id, part) => engine.find(part, id) !== undefined }),
  )

  const recorderOf = (id: string): SweepRecorder => {
    const known = recorders.get(id)
    if (known) return known
    const recorder = new SweepRecorder(id, saving, deps, (unsaved) => {
      changeView(id, { unsaved })
      if (unsaved && saving.available()) {
        notify({ tone: 'warning', text: 'Results of the sweep are not saved', error: unsaved })
      }
    })
    recorders.set(id, recorder)
    return recorder
  }

  /** @throws StepscopeError `not-found` where a model is not here any more */
  const modelsOf = ({ policy, reward, outcome }: SweepConfig['models'][number]): LabModels => {
    const need = (role: 'policy' | 'reward', id: string): ModelChoice => {
      const found = engine.find(role, id)
      if (found) return found
      throw new StepscopeError({
        code: 'not-found',
        message: `The model “${plainText(id, 80)}” is not in this browser`,
      })
    }
    return {
      policy: need('policy', policy),
      reward: reward === null ? null : need('reward', reward),
      ...(outcome === undefined ? {} : { outcome: need('reward', outcome) }),
    }
  }

  const problemsOf = async (config: SweepConfig): Promise<readonly ProblemFields[]> => {
    const { task: taskId, problems } = config
    const task = taskById(taskId)
    if (problems.source === 'generated') return generateProblems(task, problems).map((problem) => task.fields(problem))
    const found = problems.hash === null ? null : await sets.problemsOf(problems.hash)
    if (found) return found
    throw new StepscopeError({ code: 'not-found', message: 'The problem set is not in this browser any more' })
  }

  const wantedPairs = (models: readonly LabModels[]): SweepModels[] =>
    models.map(({ policy, reward, outcome }) => ({
      policy: engine.wanted(policy),
      reward: reward && engine.wanted(reward),
      ...(outcome ? { outcome: engine.wanted(outcome) } : {}),
    }))

  /** Has the worker run what is missing. @throws StepscopeError where a model is not here, or the worker refuses */
  const begin = async (
    view: SweepView,
    problems: readonly ProblemFields[],
    results: readonly SweepResult[],
    signal: AbortSignal,
  ): Promise<void> => {
    const pairs = wantedPairs(view.models)
    // What is loaded for searches is shared, so it comes first; a sweep's own models may be there without it.
    await engine.ensureReady()
    signal.throwIfAborted()
    const { backend, arithmetic } = get().engine
    before.set(view.id, view.seconds)
    const known = results.flatMap(({ key, error }) => (error === undefined ? [key] : []))
    await deps.client.call('startSweep', {
      id: view.id,
      config: view.config,
      problems,
      known,
      pairs,
      backend,
      ...(arithmetic === 'auto' ? {} : { arithmetic }),
    })
    changeView(view.id, { status: 'loading', error: null })
    recorderOf(view.id).note({ status: 'running', owner: owner(), error: null })
  }

  const readShown = async (id: string): Promise<void> => {
    const found = await saving.attempt((storage) => storage.sweeps.read(id))
    // Somebody may have chosen another meanwhile.
    if (state().active !== id || state().shown?.id === id) return
    const results = (found?.results ?? []).flatMap((result) => keptResult(result) ?? [])
    patch({ shown: { id, problems: found?.sweep.problems ?? [], results: newest(results) } })
  }

  const drain = (): void => {
    cancelFrame?.()
    cancelFrame = null
    for (const { id, results, seconds } of incoming.splice(0)) {
      const view = find(id)
      if (!view) continue
      const failed = results.filter(({ error }) => error !== undefined).length
      const { shown } = state()
      const all = shown?.id === id ? newest([...shown.results, ...results]) : null
      changeView(id, {
        count: all ? all.length : Math.min(view.total, view.count + results.length),
        errors: all ? all.filter(({ error }) => error !== undefined).length : view.errors + failed,
        seconds: (before.get(id) ?? 0) + seconds,
      })
      if (shown && all) patch({ shown: { ...shown, results: all } })
    }
  }

  const select = async (id: string): Promise<void> => {
    if (!find(id)) return
    patch({ active: id, ...(state().shown?.id === id ? {} : { shown: null }) })
    if (state().shown === null) {
      await recorders.get(id)?.flush()
      await readShown(id)
    }
  }

  const send = (method: 'pauseSweep' | 'resumeSweep' | 'cancelSweep', id: string): void => {
    const view = find(id)
    if (!view || !isLiveSweep(view.status) || view.elsewhere) return
    deps.client
      .call(method, { id })
      .catch((error: unknown) => notifyUnlessLost(context, 'The engine did not answer', error))
  }

  const ended = (id: string, change: Partial<Pick<SweepView, 'status' | 'error'>>): void => {
    drain()
    changeView(id, change)
    const { status, error = null } = change
    const stored = status as StoredSweep['status']
    recorderOf(id).note({ status: stored, error, owner: null, ...countsOf(id) })
    void recorderOf(id).flush()
  }

  const countsOf = (id: string) => {
    const view = find(id)
    return view ? { errors: view.errors, seconds: view.seconds } : {}
  }

  /** A sweep of the command line, as one of this browser. */
  const keepOpened = async (config: SweepConfig, run: NonNullable<OpenedSweep['run']>): Promise<void> => {
    const { problems, results } = run
    const name = (id: string, role: 'policy' | 'reward'): ModelChoice =>
      engine.find(role, id) ?? { kind: 'folder', id, name: id }
    const models = config.models.map(
      ({ policy, reward, outcome }): LabModels => ({
        policy: name(policy, 'policy'),
        reward: reward === null ? null : name(reward, 'reward'),
        ...(outcome === undefined ? {} : { outcome: name(outcome, 'reward') }),
      }),
    )
    const total = resultCount(config, problems.length)
    await put(config, problems, models, results.length >= total ? 'finished' : 'interrupted', results)
  }

  /** Keeps a sweep and shows it. */
  const put = async (
    config: SweepConfig,
    problems: readonly ProblemFields[],
    models: readonly LabModels[],
    status: StoredSweep['status'],
    results: readonly SweepResult[],
  ): Promise<SweepView> => {
    const createdAt = deps.date()
    const setName = config.problems.source === 'file' ? config.problems.file : null
    const record: StoredSweep = {
      id: deps.randomId(),
      title: sweepTitle(config, problems.length, searchesOf(config).length, setName),
      createdAt,
      updatedAt: createdAt,
      status,
      config,
      problems,
      models,
      total: resultCount(config, problems.length),
      count: results.length,
      errors: results.filter(({ error }) => error !== undefined).length,
      seconds: 0,
      ledger: null,
      error: null,
      owner: status === 'running' ? owner() : null,
      removed: false,
      removedBy: null,
    }
    const written = await saving.tried((storage) => storage.sweeps.write(record, results))
    const view = sweepView({ ...record, problemCount: problems.length }, owner())
    if (!view) throw new TypeError('a config that was checked cannot be read')
    const kept = { ...view, unsaved: 'error' in written ? written.error : null }
    patch({
      sweeps: [kept, ...state().sweeps],
      active: kept.id,
      shown: { id: kept.id, problems, results: newest(results) },
    })
    return kept
  }

  const goOn = async (id: string): Promise<void> => {
    const view = find(id)
    if (!view || isLiveSweep(view.status)) return
    await select(id)
    const { shown } = state()
    if (shown?.id !== id) return
    const controller = new AbortController()
    beginning = controller
    patch({ starting: true })
    try {
      // What failed is tried again.
      const results = shown.results.filter(({ error }) => error === undefined)
      patch({ shown: { ...shown, results } })
      changeView(id, { count: results.length, errors: 0 })
      await begin(view, shown.problems, results, controller.signal)
    } catch (error) {
      notifyError(context, 'The sweep does not go on', error)
    } finally {
      if (beginning === controller) patch({ starting: false })
    }
  }

  return {
    restore: async (aliveTabs) => {
      await saving.attempt((storage) => storage.sweeps.markInterrupted(aliveTabs))
      await sets.restore()
      const listed = await saving.attempt((storage) => storage.sweeps.list())
      const sweeps = (listed?.sweeps ?? []).flatMap((record) => sweepView(record, owner()) ?? [])
      const active = sweeps.find(({ id }) => id === wantedActive)?.id ?? sweeps[0]?.id ?? null
      patch({ status: 'ready', sweeps, active })
      if ((listed?.unreadable ?? 0) > 0) {
        notify({ tone: 'warning', text: `${listed?.unreadable} sweeps cannot be read and are left out` })
      }
      if (active !== null) await readShown(active)
    },
    restoreDraft: (config, active) => {
      if (config) draft.restore(config)
      else draft.present()
      wantedActive = active
      if (active !== null && find(active)) void select(active)
    },
    followTask: (task) => draft.followTask(task),
    modelsChanged: () => draft.present(),
    receive: (message) => {
      const view = find(message.id)
      if (!view) return
      if (message.type === 'sweepResults') {
        const { results, seconds } = message
        incoming.push({ id: view.id, results, seconds })
        recorderOf(view.id).add(results, { seconds: (before.get(view.id) ?? 0) + seconds })
        cancelFrame ??= deps.frame(drain)
      } else if (message.type === 'sweepState') {
        changeView(view.id, { status: message.state })
        recorderOf(view.id).note({ status: message.state === 'paused' ? 'paused' : 'running' })
      } else {
        const { status, error = null } = message.end
        if (error?.code === 'device-lost') {
          lost = view.id
          ended(view.id, { status: 'interrupted', error })
          return
        }
        ended(view.id, { status, error })
        if (status === 'failed' && error) notify({ tone: 'error', text: 'The sweep stopped', error })
      }
    },
    onLost: () => {
      const live = state().sweeps.find(({ status, elsewhere }) => isLiveSweep(status) && !elsewhere)
      if (!live) return
      lost = live.id
      ended(live.id, { status: 'interrupted' })
    },
    onReady: () => {
      const id = lost
      lost = null
      if (id !== null) void goOn(id)
    },
    flush: async () => {
      await Promise.all([...recorders.values()].map((recorder) => recorder.flush()))
    },
    dispose: () => {
      cancelFrame?.()
      beginning?.abort()
      sets.dispose()
      for (const recorder of recorders.values()) recorder.dispose()
    },
    actions: {
      change: (change, kind = null) => draft.change(change, kind),
      setTask: (task) => draft.change(defaultSweep(task), null),
      addLine: (strategy) => draft.change({ lines: [...draft.config.lines, { strategy, config: {} }] }, null),
      changeLine: (index, change) =>
        draft.change(
          { lines: draft.config.lines.map((line, at) => (at === index ? { ...line, ...change } : line)) },
          `line ${index} ${Object.keys(change.config ?? change).join()}`,
        ),
      removeLine: (index) => draft.change({ lines: draft.config.lines.filter((_, at) => at !== index) }, null),
      reset: () => draft.change(defaultSweep(draft.config.task), null),
      undo: () => draft.undo(),
      redo: () => draft.redo(),

      start: async () => {
        draft.present()
        if (startHindrance(get()) !== null) return null
        const config = draft.config
        const controller = new AbortController()
        beginning = controller
        patch({ starting: true, refused: null })
        try {
          const problems = await problemsOf(config)
          const models = config.models.map(modelsOf)
          const view = await put(config, problems, models, 'running', [])
          const { id } = view
          changeView(id, { status: 'loading' })
          try {
            await begin(view, problems, [], controller.signal)
          } catch (error) {
            const details = toErrorDetails(error)
            const cancelled = controller.signal.aborted || details.code === 'cancelled'
            ended(id, { status: cancelled ? 'cancelled' : 'failed', error: cancelled ? null : details })
            if (!cancelled) throw error
            return null
          }
          return id
        } catch (error) {
          patch({ refused: toErrorDetails(error) })
          return null
        } finally {
          if (beginning === controller) patch({ starting: false })
        }
      },
      cancelStart: () => beginning?.abort(ASKED),
      pause: (id) => send('pauseSweep', id),
      resume: (id) => send('resumeSweep', id),
      cancel: (id) => send('cancelSweep', id),
      continue: goOn,
      select,
      rename: async (id, title) => {
        const name = title.trim()
        if (name === '') return
        changeView(id, { title: name })
        await saving.attempt((storage) => storage.sweeps.change(id, { title: name }))
      },
      remove: async (id) => {
        const view = find(id)
        if (!view) return
        if (isLiveSweep(view.status)) send('cancelSweep', id)
        const shownBefore = state().active === id ? state().shown : null
        const rest = state().sweeps.filter((sweep) => sweep.id !== id)
        const active = state().active === id ? (rest[0]?.id ?? null) : state().active
        patch({ sweeps: rest, active, ...(shownBefore ? { shown: null } : {}) })
        if (active !== null && state().shown === null) void readShown(active)
        await recorders.get(id)?.flush()
        await saving.attempt((storage) => storage.sweeps.change(id, { removed: true, removedBy: owner() }))
        notify({ tone: 'info', text: `Deleted “${plainText(view.title, 80)}”` }, async () => {
          await saving.attempt((storage) => storage.sweeps.change(id, { removed: false, removedBy: null }))
          const status = isLiveSweep(view.status) ? 'cancelled' : view.status
          const sweeps = [...state().sweeps, { ...view, status }].toSorted((a, b) =>
            a.createdAt < b.createdAt ? 1 : -1,
          )
          patch({ sweeps, active: id, shown: shownBefore })
          if (shownBefore === null) await readShown(id)
        })
      },
      adopt: (id) => {
        const view = find(id)
        if (view) draft.change(view.config, null)
      },
      openResult: async (id, result) => {
        const view = find(id)
        const { shown } = state()
        const fields = shown?.id === id ? shown.problems[result.problem] : undefined
        const pair = view?.models[result.pair]
        if (!view || !fields || !pair) return null
        const task = taskById(view.config.task)
        const problem = task.readFields(fields)
        const { strategy, config, seed } = result
        const setup: RunSetup = {
          task: task.id,
          problem: task.format(problem),
          fields: task.fields(problem),
          strategy,
          config,
          seed: itemSeed(seed, result.problem),
          prefix: [],
        }
        session.adopt(setup, null)
        const judged = pair.outcome !== undefined && judgesResponses(strategy) ? pair.outcome : pair.reward
        const { policy, reward } = get().engine
        const same = policy.id === pair.policy.id && reward?.id === judged?.id
        if (!same && !(await engine.use({ policy: pair.policy, reward: judged }))) return null
        return runs.launch(setup)
      },
      openFiles: async (files) => {
        try {
          const texts = await Promise.all(
            files.map(async (file) => ({ name: file.name, text: await readChosen(file.name, file) })),
          )
          const opened = await readSweepFiles(texts)
          if (opened.run) await keepOpened(opened.config, opened.run)
          else {
            draft.change(opened.config, null)
            notify({ tone: 'info', text: 'The config is set up. Start it when you like.' })
          }
          return true
        } catch (error) {
          notifyError(context, 'The sweep was not opened', error)
          return false
        }
      },
      exportConfig: (id) => {
        const view = id === null ? null : find(id)
        const config = view?.config ?? draft.config
        return { name: `${fileStem(view?.title ?? 'sweep')}.json`, text: writeSweepFile(config) }
      },
      exportResults: (id) => {
        const view = find(id)
        const { shown } = state()
        return view && shown?.id === id
          ? { name: `${fileStem(view.title)}-results.jsonl`, text: writeResults(shown.results) }
          : null
      },
      sets: sets.actions,
    },
  }
}

/** Each result once, the newest where there are two of a key: what failed may have been tried again. */
function newest(results: readonly SweepResult[]): readonly SweepResult[] {
  const byKey = new Map(results.map((result) => [result.key, result]))
  return byKey.size === results.length ? results : [...byKey.values()]
}
