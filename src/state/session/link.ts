import { toErrorDetails } from '../../core/errors.ts'
import type { LinkState } from '../../formats/permalink.ts'
import { readPermalink, writePermalink } from '../../formats/permalink.ts'
import type { RunSetup } from '../../search/events.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import type { Actions } from '../app-state.ts'
import type { CompareSlice } from '../compare/compare-slice.ts'
import { INITIAL_COMPARE, INITIAL_SESSION } from '../initial-state.ts'
import type { LabSlice } from '../lab/lab-slice.ts'
import { bundledChoice, DEFAULT_POLICY, NO_MODEL } from '../models/bundled-models.ts'
import type { EngineSlice } from '../models/engine-slice.ts'
import { differencesOf, sameSetup } from '../search/belonging.ts'
import type { RunsSlice } from '../search/runs-slice.ts'
import type { RunId, RunView } from '../search/runs-state.ts'
import { checkTask, firstProblem, goldOf, readProblem } from '../search/task-tools.ts'
import type { SliceContext } from '../slice-context.ts'
import type { TrainingSlice } from '../training/training-slice.ts'
import type { LinkAbout, LinkAsk } from './link-state.ts'
import type { SessionSlice } from './session-slice.ts'

/** What a link of a task leaves out, its own bundled models among it. */
const defaultsOf = (task: string): LinkState => ({
  ...DEFAULTS,
  policy: (bundledChoice(task, 'policy') ?? DEFAULT_POLICY).id,
  reward: bundledChoice(task, 'reward')?.id ?? NO_MODEL,
})

const DEFAULTS: LinkState = {
  task: INITIAL_SESSION.task,
  problem: INITIAL_SESSION.problemText,
  gold: INITIAL_SESSION.gold,
  system: INITIAL_SESSION.system,
  policy: DEFAULT_POLICY.id,
  reward: bundledChoice(INITIAL_SESSION.task, 'reward')?.id ?? NO_MODEL,
  arithmetic: 'auto',
  strategy: INITIAL_SESSION.strategy,
  config: DEFAULT_CONFIG,
  seed: INITIAL_SESSION.seed,
  prefix: [],
  event: null,
  node: null,
  chain: 'off',
  compare: INITIAL_COMPARE.map(({ strategy }) => ({ strategy, config: {} })),
  recipe: null,
  sweep: null,
}

export interface LinkSlice {
  readonly actions: Actions['link']
  /** Before anything is shown: what the page is about is on its way. */
  begin(): void
  apply(hash: string): void
  /** After another run was opened: it may be what the link asks for. */
  lookAgain(): void
  /** After an edit of the setup: the question is of another search then, and no longer asked. */
  sessionChanged(): void
  /** Whether a run is of the link's problem, so that it may be shown for it. */
  isOf(setup: RunSetup): boolean
  dispose(): void
}

/** The state as a URL hash and back. */
export function createLinkSlice(
  context: SliceContext,
  slices: {
    readonly engine: EngineSlice
    readonly session: SessionSlice
    readonly runs: RunsSlice
    readonly compare: CompareSlice
    readonly training: TrainingSlice
    readonly lab: LabSlice
  },
): LinkSlice {
  const { get, set, notify } = context
  const { engine, session, runs, compare, training, lab } = slices
  let stopWaiting: (() => void) | null = null
  /** What `link.ask` is of. */
  let asked: RunSetup | null = null

  const sessionSetup = (): RunSetup => {
    const { task, problemText, problem, system, strategy, config, seed, prefix } = get().session
    const read = problem.ok ? { problem: problem.text, fields: problem.fields } : { problem: problemText }
    return { task, ...read, ...(system === null ? {} : { system }), strategy, config, seed, prefix: [...prefix] }
  }

  const hash = (about: LinkAbout = 'search'): string => {
    const state = get()
    const next = sessionSetup()
    const active = state.runs.active === null ? undefined : state.runs.byId[state.runs.active]
    // A search continued from a step differs from the next run in its given steps alone: the link is of what is shown.
    const shown = active && differencesOf(active, state).every(({ what }) => what === 'given steps') ? active : null
    const setup = shown?.setup ?? next
    const text = writePermalink(
      {
        ...setup,
        gold: goldOf(setup),
        system: setup.system ?? null,
        policy: state.engine.policy.id,
        reward: state.engine.reward?.id ?? NO_MODEL,
        arithmetic: state.engine.arithmetic,
        event: shown ? shown.cursor : null,
        node: shown ? shown.selected : null,
        chain: state.preferences.chain,
        compare: compare.specs(),
        recipe: about === 'training' ? state.training.draft.recipe : null,
        sweep: about === 'sweep' ? state.lab.draft.config : null,
      },
      defaultsOf(setup.task),
    )
    return text === '' ? '' : `#${text}`
  }

  /** An open, finished run of what is set up and chosen now. */
  const openRun = (): RunView | undefined => {
    const state = get()
    return Object.values(state.runs.byId).find(
      (run) => run.status === 'finished' && differencesOf(run, state).length === 0,
    )
  }

  const carriedOut = (): void => set({ link: { carrying: false, ask: null } })

  /** Shows a run after `event` events, once it has them. */
  const settleAt = (id: RunId, { event, node }: LinkAsk): void => {
    stopWaiting?.()
    set({ link: { carrying: true, ask: null } })
    runs.actions.activate(id)
    const settle = (run: RunView): boolean => {
      const over = run.status !== 'running' && run.status !== 'paused'
      if (run.events.length < event && !over) return false
      runs.actions.seek(id, event)
      runs.actions.select(id, node)
      carriedOut()
      return true
    }
    const run = get().runs.byId[id]
    if (run && settle(run)) return
    const stop = runs.onChange(() => {
      const current = get().runs.byId[id]
      if (!current || settle(current)) stop()
    })
    stopWaiting = stop
  }

  const apply = (text: string): void => {
    set({ link: { carrying: true, ask: null } })
    const { state, problems } = readLink(text)
    for (const error of problems) notify({ tone: 'warning', text: 'Part of the link was not understood', error })
    const { task, strategy, config, seed, prefix, event, node } = state
    // A link that names another task alone is of that task's example.
    const ownProblem = task === DEFAULTS.task || state.problem !== DEFAULTS.problem
    const { problemText: problem, gold } = ownProblem
      ? { problemText: state.problem, gold: state.gold }
      : firstProblem(task)
    const read = readProblem(task, problem, gold)
    const fields = read.ok ? { fields: read.fields } : {}
    const said = state.system === null ? {} : { system: state.system }
    session.adopt({ task, problem, ...fields, ...said, strategy, config, seed, prefix }, null)
    engine.choose({
      policy: state.policy,
      reward: state.reward,
      // What a link says nothing of stays as the person has it.
      ...(state.arithmetic === 'auto' ? {} : { arithmetic: state.arithmetic }),
      // Another backend than WebAssembly has no strict arithmetic.
      ...(state.arithmetic === 'strict' && get().engine.backend !== 'wasm' ? { backend: 'auto' as const } : {}),
    })
    if (state.chain !== 'off') set({ preferences: { ...get().preferences, chain: state.chain } })
    compare.restore(state.compare)
    if (state.recipe) training.adoptRecipe(state.recipe)
    if (state.sweep) lab.actions.change(state.sweep)
    const open = openRun()
    if (open && event !== null) settleAt(open.id, { event, node })
    else {
      // Another problem's tree is not what the link is of. A search is asked for, not started.
      set({ runs: { ...get().runs, active: open?.id ?? null } })
      if (event === null) carriedOut()
      else {
        asked = sessionSetup()
        set({ link: { carrying: true, ask: { event, node } } })
      }
    }
  }

  const run = async (): Promise<void> => {
    const { ask } = get().link
    if (!ask) return
    set({ link: { carrying: true, ask: null } })
    const id = await runs.actions.start()
    if (id === null) set({ link: { carrying: true, ask } })
    else settleAt(id, ask)
  }

  // The search may be started by other means: it is what was asked for, all the same.
  const stopListening = runs.onChange((changed) => {
    const { ask } = get().link
    const made = changed.map((id) => get().runs.byId[id]).find((one) => one?.id === get().runs.active)
    if (ask && made && asked && sameSetup(made.setup, asked)) settleAt(made.id, ask)
  })

  return {
    sessionChanged: () => {
      if (get().link.ask && asked && !sameSetup(sessionSetup(), asked)) carriedOut()
    },
    begin: () => set({ link: { carrying: true, ask: null } }),
    apply,
    lookAgain: () => {
      const { ask } = get().link
      const open = openRun()
      if (ask && open) settleAt(open.id, ask)
    },
    isOf: (setup) => sameSetup(setup, sessionSetup()),
    dispose: () => {
      stopWaiting?.()
      stopListening()
    },
    actions: {
      hash,
      apply,
      run,
      leave: carriedOut,
    },
  }
}

/** A link whose task this version has; another falls back like any bad value. */
function readLink(text: string): ReturnType<typeof readPermalink> {
  const asked = readPermalink(text, DEFAULTS).state.task
  const { state, problems } = readPermalink(text, defaultsOf(asked))
  try {
    checkTask(state.task, { file: 'link', field: 'task' }, 'The default is used instead.')
    return { state, problems }
  } catch (error) {
    return {
      state: { ...readPermalink(text, DEFAULTS).state, task: DEFAULTS.task },
      problems: [...problems, toErrorDetails(error)],
    }
  }
}
