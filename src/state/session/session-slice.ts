import { describeError, toErrorDetails } from '../../core/errors.ts'
import { checkSetup } from '../../search/check-setup.ts'
import type { RunSetup } from '../../search/events.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import type { Actions } from '../app-state.ts'
import type { RunParent } from '../search/runs-state.ts'
import { firstProblem, goldOf, randomProblem, readProblem } from '../search/task-tools.ts'
import type { SliceContext } from '../slice-context.ts'
import { EditHistory } from './edit-history.ts'
import type { SessionState } from './session-state.ts'

/** What undo goes back to; the rest of the session follows from it. */
export type SessionCore = Pick<
  SessionState,
  'task' | 'problemText' | 'gold' | 'system' | 'difficulty' | 'strategy' | 'config' | 'seed' | 'prefix' | 'parent'
>

export interface SessionSlice {
  readonly actions: Actions['session']
  /** The setup of the next run; null, with a notice, where problem or settings cannot run. */
  setup(): RunSetup | null
  /** As `setup`, whatever the chosen strategy's settings are. */
  problemSetup(): Omit<RunSetup, 'strategy' | 'config'> | null
  core(): SessionCore
  /** Takes over another setup; undo goes back. */
  adopt(setup: RunSetup, parent: RunParent | null): void
  /** Takes over a saved session, as at the start: nothing to undo. */
  restore(core: SessionCore): void
}

/** What the next live run will do, with undo. */
export function createSessionSlice(context: SliceContext): SessionSlice {
  const { get, set, deps, notify } = context
  const edits = new EditHistory<SessionCore>(deps.now)

  const core = (): SessionCore => coreOf(get().session)

  const show = (next: SessionCore): void => {
    set({ session: { ...deriveSession(next), canUndo: edits.canUndo, canRedo: edits.canRedo } })
  }

  const edit = (kind: string | null, change: Partial<SessionCore>): void => {
    const before = core()
    edits.record(before, kind)
    show({ ...before, ...change })
  }

  const problemSetup: SessionSlice['problemSetup'] = () => {
    const { task, problem, system, seed, prefix } = get().session
    if (problem.ok) {
      const { text, fields } = problem
      return { task, problem: text, fields, ...(system === null ? {} : { system }), seed, prefix: [...prefix] }
    }
    notify({ tone: 'error', text: 'This problem cannot run', error: problem.error })
    return null
  }

  const adopt: SessionSlice['adopt'] = (setup, parent) => {
    const { task, problem, system = null, strategy, config, seed, prefix } = setup
    edit(null, { task, problemText: problem, gold: goldOf(setup), system, strategy, config, seed, prefix, parent })
  }

  return {
    core,
    adopt,
    problemSetup,
    setup: () => {
      const { strategy, config, settingErrors } = get().session
      const problem = problemSetup()
      if (!problem) return null
      const [wrong] = Object.values(settingErrors)
      if (wrong !== undefined) {
        notify({ tone: 'error', text: 'These settings cannot run', error: { code: 'bad-setting', message: wrong } })
        return null
      }
      return { ...problem, strategy, config }
    },
    restore: show,
    actions: {
      setTask: (task) => {
        if (task === get().session.task) return
        edit(null, { task, ...firstProblem(task), system: null, prefix: [], parent: null })
      },
      setProblem: (problemText) => edit('problem', { problemText, prefix: [], parent: null }),
      setGold: (gold) => edit('gold', { gold, parent: null }),
      chooseProblem: (problemText, gold) => edit(null, { problemText, gold, prefix: [], parent: null }),
      setSystem: (system) => edit(system === null ? null : 'system', { system, parent: null }),
      setDifficulty: (difficulty) => edit(null, { difficulty }),
      randomProblem: () => {
        const { task, difficulty } = get().session
        edit(null, { problemText: randomProblem(task, deps.randomSeed(), difficulty), prefix: [], parent: null })
      },
      setStrategy: (strategy) => edit(null, { strategy }),
      setConfig: (change) =>
        edit(`config ${Object.keys(change).join()}`, { config: { ...get().session.config, ...change } }),
      resetConfig: () => edit(null, { config: DEFAULT_CONFIG }),
      setSeed: (seed) => {
        if (Number.isSafeInteger(seed) && seed >= 0) edit('seed', { seed: seed >>> 0 })
      },
      randomSeed: () => edit(null, { seed: deps.randomSeed() }),
      clearPrefix: () => edit(null, { prefix: [], parent: null }),
      adoptRun: (id) => {
        const run = get().runs.byId[id]
        if (run) adopt(run.setup, run.parent)
      },
      undo: () => {
        const value = edits.undo(core())
        if (value) show(value)
      },
      redo: () => {
        const value = edits.redo(core())
        if (value) show(value)
      },
    },
  }
}

function coreOf(session: SessionState): SessionCore {
  const { task, problemText, gold, system, difficulty, strategy, config, seed, prefix, parent } = session
  return { task, problemText, gold, system, difficulty, strategy, config, seed, prefix, parent }
}

/** A session from its core: the problem read, the settings checked. */
export function deriveSession(core: SessionCore): SessionState {
  return {
    ...core,
    problem: readProblem(core.task, core.problemText, core.gold),
    settingErrors: settingErrors(core),
    canUndo: false,
    canRedo: false,
  }
}

/** The first setting that cannot run, by its field. */
export function settingErrors(core: Pick<SessionCore, 'strategy' | 'config' | 'seed'>): SessionState['settingErrors'] {
  try {
    checkSetup(core)
    return {}
  } catch (error) {
    const { place, ...details } = toErrorDetails(error)
    return { [place?.field ?? 'n']: describeError(details) }
  }
}
