import { toErrorDetails } from '../../core/errors.ts'
import { fileStem } from '../../core/file-stem.ts'
import { plainText } from '../../core/outside-text.ts'
import { trainingId, trainingName } from '../../formats/training-names.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { zipParts } from '../../formats/zip.ts'
import { ANSWER_MS, ASKED } from '../../worker/client.ts'
import type { FromWorker, TrainingEntry, TrainingSummary } from '../../worker/protocol.ts'
import type { Actions } from '../app-state.ts'
import type { EngineSlice } from '../models/engine-slice.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import type { OwnModelsSlice } from '../models/own-models-slice.ts'
import type { RunsSlice } from '../search/runs-slice.ts'
import type { SessionSlice } from '../session/session-slice.ts'
import type { SliceContext } from '../slice-context.ts'
import { notifyError, notifyUnlessLost } from '../slice-context.ts'
import { recipeModels } from './recipe-models.ts'
import { createRecovery } from './recovery.ts'
import { DraftEditor } from './training-draft.ts'
import type { TrainingRun, TrainingState } from './training-state.ts'
import { applyEntries, historyUpTo, isUnderWay, readRun, relistRun, trainedModel, unreadRun } from './training-view.ts'
import { treeComparison } from './tree-comparison.ts'

type TrainingMessage = Extract<FromWorker, { type: 'training' | 'trainingState' | 'trainingEnded' | 'savesSkipped' }>

export interface TrainingSlice {
  readonly actions: Actions['training']
  /** Lists the runs, and offers their models in the pickers; quietly nothing where they cannot be listed. */
  restore(): Promise<void>
  /** Takes over the recipe and the run of the last visit. */
  restoreDraft(recipe: TrainingRecipe | null, active: string | null): void
  /** Another task was chosen for searches. */
  followTask(task: string): void
  /** Takes over a link's recipe; undo goes back. */
  adoptRecipe(recipe: TrainingRecipe): void
  receive(message: TrainingMessage): void
  /** The worker is gone, with the run in it; it goes on from its last save when the models are back. */
  onLost(): void
  dispose(): void
}

const ESTIMATE_MS = 250
/** Between two looks at what another tab is training. */
const LOOK_MS = 2000

/** Training runs: the recipe that is edited, the runs of this browser, and the one that is under way. */
export function createTrainingSlice(
  context: SliceContext,
  engine: EngineSlice,
  ownModels: OwnModelsSlice,
  runs: RunsSlice,
  session: SessionSlice,
): TrainingSlice {
  const { get, set, deps, notify } = context
  let cancelEstimate: (() => void) | null = null
  let beginning: AbortController | null = null
  let estimating: AbortController | null = null
  const incoming = new Map<string, TrainingEntry[]>()
  let cancelFrame: (() => void) | null = null
  let wantedActive: string | null = null

  const state = (): TrainingState => get().training
  const patch = (change: Partial<TrainingState>): void => set({ training: { ...state(), ...change } })

  const models = recipeModels(context, engine)
  const draft = new DraftEditor(state().draft.recipe, {
    now: deps.now,
    show: (shown) => patch({ draft: shown, refused: null }),
    look: ({ recipe, data }, signal) => {
      const model = models.sourceNamed(recipe.model)
      return model && deps.client.call('checkTrainingData', { recipe, model, data }, signal)
    },
  })

  const find = (id: string): TrainingRun | undefined => state().runs.find((run) => run.id === id)

  const change = (id: string, update: (run: TrainingRun) => TrainingRun): void =>
    patch({ runs: state().runs.map((run) => (run.id === id ? update(run) : run)) })

  const offer = (): void => ownModels.offerTrained(state().runs.flatMap((run) => trainedModel(run) ?? []))

  /** Puts a run in, with the history of the one that it branched from, or takes its new summary over. */
  const put = (summary: TrainingSummary): void => {
    if (find(summary.id)) change(summary.id, (run) => relistRun(run, summary))
    else {
      const parent = summary.parent && find(summary.parent.id)
      const fresh = { ...unreadRun(summary), read: true }
      patch({ runs: [parent ? historyUpTo(fresh, parent, summary.step) : fresh, ...state().runs] })
    }
    offer()
    drain()
  }

  let cancelLook: (() => void) | null = null
  const list = async (): Promise<void> => {
    const { runs: listed, unreadable } = await deps.client.call('listTrainings', {})
    const sorted = listed.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
    const next = sorted.map((summary) => {
      const known = find(summary.id)
      return known ? relistRun(known, summary) : unreadRun(summary)
    })
    const { active } = state()
    const shown = active ?? wantedActive
    const still = next.find(({ id }) => id === shown) ?? next[0]
    patch({ status: 'ready', error: null, runs: next, unreadable, active: still?.id ?? null })
    offer()
    // A run of another tab that dies ends without a word: looked at again.
    if (next.some(({ elsewhere }) => elsewhere)) {
      cancelLook ??= deps.later(() => {
        cancelLook = null
        void list().catch(() => {})
      }, LOOK_MS)
    }
    if (still && !still.read) await readLog(still.id)
  }

  const readLog = async (id: string): Promise<void> => {
    try {
      const entries = await deps.client.call('readTraining', { id })
      change(id, (run) => readRun(run, entries))
    } catch (error) {
      notifyError(context, 'The charts of the run could not be read', error)
    }
  }

  /** Takes over what arrived since the last frame. */
  const drain = (): void => {
    cancelFrame?.()
    cancelFrame = null
    if (incoming.size === 0) return
    const before = state().runs
    const after = before.map((run) => {
      const entries = incoming.get(run.id)
      if (!entries) return run
      incoming.delete(run.id)
      return applyEntries(run, entries)
    })
    // What is told of a run before its start is answered waits for that.
    patch({ runs: after })
    if (after.some((run, at) => run.savedStep !== before[at]?.savedStep)) offer()
  }

  /** Runs a start; its refusal is shown beside the button that asked for it. */
  const begin = async (call: (signal: AbortSignal) => Promise<TrainingSummary>): Promise<TrainingSummary | null> => {
    if (state().starting) return null
    const controller = new AbortController()
    beginning = controller
    patch({ starting: true, refused: null })
    try {
      if (!(await engine.ensureReady())) {
        patch({ refused: get().engine.error ?? { code: 'not-found', message: 'No models are loaded' } })
        return null
      }
      // Kept like a model: the browser should not clear it by itself.
      await deps.device?.persist().catch(() => null)
      if (controller.signal.aborted) return null
      const summary = await call(controller.signal)
      put(summary)
      return summary
    } catch (error) {
      if (controller.signal.aborted) {
        // It may have begun at that very moment.
        void actions.refresh()
      } else patch({ refused: toErrorDetails(error) })
      return null
    } finally {
      beginning = null
      patch({ starting: false })
    }
  }

  const goOn = async (id: string): Promise<TrainingSummary | null> => {
    const run = find(id)
    if (!run) return null
    // What a worker that is gone wrote after it was last heard stands in the log alone.
    await readLog(id)
    return begin((signal) =>
      deps.client.call('continueTraining', { id, sources: models.sourcesOf(run.models) }, signal),
    )
  }

  const recovery = createRecovery(context, { find, goOn, refused: () => state().refused })

  /** The last save is an older one than was listed: what is named is what there is, and it is told. */
  const passOver = ({ id, step, skipped }: Extract<FromWorker, { type: 'savesSkipped' }>): void => {
    change(id, (run) => ({ ...run, savedStep: step }))
    offer()
    const run = find(id)
    const model = run && trainedModel(run)
    if (model) engine.onSkipped(model)
    const [newest] = skipped
    if (run && newest) {
      const title = plainText(run.title, 80)
      const text = `${title}: the save of step ${newest.step} is not whole (${newest.reason}), so the one of step ${step} is taken`
      notify({ tone: 'warning', text })
    }
  }

  const newRun = ({ objective }: TrainingRecipe, model: ModelChoice): { id: string; title: string } => {
    const taken = state().runs.map(({ title }) => title)
    return {
      id: trainingId(objective, deps.randomId()),
      title: trainingName(objective, model.name, deps.date(), taken),
    }
  }

  /** Shown before the worker answers: one that hangs does not, and what it trained then stays where it is. */
  const asked = (id: string, status: 'pausing' | 'stopping'): void => {
    const run = find(id)
    if (run && isUnderWay(run)) change(id, (before) => ({ ...before, status }))
  }

  const send = (method: 'pauseTraining' | 'resumeTraining', id: string): void => {
    deps.client
      .call(method, { id })
      .catch((error: unknown) => notifyUnlessLost(context, 'The engine did not answer', error))
  }

  const actions: Actions['training'] = {
    refresh: async () => {
      try {
        await list()
      } catch (error) {
        patch({ status: 'failed', error: toErrorDetails(error) })
      }
    },
    setObjective: (objective) => draft.setObjective(objective),
    setTask: (task) => draft.setTask(task),
    setField: (path, value) => draft.setField(path, value),
    reset: () => draft.reset(),
    undo: () => draft.undo(),
    redo: () => draft.redo(),
    setData: (name, blob) => draft.setFile(name, blob),
    leaveBranch: () => draft.adopt(draft.recipe, null),
    adopt: (id, how) => {
      const run = find(id)
      if (!run) return
      const branches = how === 'branch' && run.savedStep !== null
      const { title, savedStep, dataFile: file } = run
      draft.adopt(run.recipe, branches ? { id, title, step: savedStep ?? 0, file } : null)
    },
    estimate: () => {
      cancelEstimate?.()
      cancelLook?.()
      estimating?.abort()
      const { errors, recipe } = state().draft
      const choice = models.choiceOf(recipe.model)
      if (get().engine.phase !== 'ready' || Object.keys(errors).length > 0 || !choice) {
        patch({ estimate: { status: 'idle', value: null, error: null } })
        return
      }
      const controller = new AbortController()
      estimating = controller
      patch({ estimate: { ...state().estimate, status: 'looking' } })
      cancelEstimate = deps.later(() => {
        deps.client
          .call('estimateTraining', { recipe, model: engine.sourceOf(choice) }, controller.signal)
          .then((value) => patch({ estimate: { status: 'ready', value, error: null } }))
          .catch((error: unknown) => {
            if (controller.signal.aborted) return
            patch({ estimate: { status: 'failed', value: null, error: toErrorDetails(error) } })
          })
      }, ESTIMATE_MS)
    },
    start: async () => {
      const { from } = state().draft
      if (from && find(from.id)?.read === false) await readLog(from.id)
      const begun = await begin((signal) => {
        const { recipe } = state().draft
        const chosen = models.choicesOf(recipe)
        const common = { ...newRun(recipe, chosen.model), recipe, sources: models.sourcesOf(chosen), data: draft.data }
        return from
          ? deps.client.call('branchTraining', { ...common, from: from.id }, signal)
          : deps.client.call('startTraining', { ...common, models: chosen }, signal)
      })
      if (!begun) return null
      patch({ active: begun.id })
      return begun.id
    },
    cancelStart: () => {
      if (get().engine.phase === 'loading') engine.actions.cancelLoad()
      beginning?.abort(ASKED)
    },
    pause: (id) => {
      if (find(id)?.status === 'running') asked(id, 'pausing')
      send('pauseTraining', id)
    },
    resume: (id) => send('resumeTraining', id),
    stop: async (id) => {
      // Asked for once more, it ends at once: within the time, or with the engine.
      const limit = find(id)?.status === 'stopping' ? ANSWER_MS : undefined
      asked(id, 'stopping')
      try {
        await deps.client.call('stopTraining', { id }, undefined, limit)
      } catch (error) {
        notifyUnlessLost(context, 'The run was not stopped', error)
      }
    },
    continue: async (id) => {
      await goOn(id)
    },
    select: async (id) => {
      patch({ active: id, refused: null })
      if (find(id)?.read === false) await readLog(id)
    },
    rename: async (id, title) => {
      const name = title.trim()
      if (name === '') return
      try {
        put(await deps.client.call('renameTraining', { id, title: name }))
      } catch (error) {
        notifyError(context, 'The run keeps its name', error)
      }
    },
    remove: async (id) => {
      try {
        await ownModels.withdraw({ kind: 'trained', id })
        await deps.client.call('removeTraining', { id })
        const left = state().runs.filter((run) => run.id !== id)
        const active = state().active === id ? (left[0]?.id ?? null) : state().active
        const trees = state().trees?.training === id ? null : state().trees
        const from = state().draft.from?.id === id
        patch({ runs: left, unreadable: state().unreadable.filter((other) => other !== id), active, trees })
        if (from) draft.adopt(draft.recipe, null)
        if (active !== null) await actions.select(active)
      } catch (error) {
        notifyError(context, 'The run was not deleted', error)
        await actions.refresh()
      }
    },
    exportZip: async (id, form) => {
      const run = find(id)
      if (!run) return null
      try {
        const base = engine.sourceOf(run.models.model)
        const { step, files } = await deps.client.call('exportTraining', { id, form, base })
        const folder = `${fileStem(run.title).toLowerCase()}-step-${step}${form === 'adapter' ? '-adapter' : ''}`
        const parts = await zipParts(new Map(files.map(({ name, bytes }) => [`${folder}/${name}`, bytes])))
        return { name: `${folder}.zip`, parts }
      } catch (error) {
        notifyError(context, 'The model was not exported', error)
        return null
      }
    },
    use: async (id) => {
      const run = find(id)
      const model = run && trainedModel(run)
      if (!model) return false
      return engine.use({ [model.role === 'policy' ? 'policy' : 'reward']: model })
    },
    compareTrees: treeComparison(context, { engine, runs, session, models, find }),
    closeTrees: () => patch({ trees: null }),
  }

  return {
    actions,
    restore: () => list().catch(() => {}),
    restoreDraft: (recipe, active) => {
      wantedActive = active
      if (recipe) draft.restore(recipe)
      if (active !== null && find(active)) void actions.select(active)
    },
    followTask: (task) => draft.followTask(task),
    adoptRecipe: (recipe) => draft.adopt(recipe, null),
    receive: (message) => {
      if (message.type === 'training') {
        incoming.set(message.id, [...(incoming.get(message.id) ?? []), ...message.entries])
        cancelFrame ??= deps.frame(drain)
      } else if (message.type === 'savesSkipped') {
        drain()
        passOver(message)
      } else if (message.type === 'trainingState') {
        drain()
        change(message.id, (run) => ({ ...run, status: message.state }))
      } else {
        drain()
        put(message.summary)
        const { id } = message.summary
        const run = find(id)
        if (run?.status !== 'failed' || !run.error) return
        if (run.error.code === 'device-lost') recovery.onFallen(id)
        else notify({ tone: 'error', text: `${plainText(run.title, 80)} stopped`, error: run.error })
      }
    },
    onLost: () => {
      drain()
      const mine = state().runs.filter((run) => isUnderWay(run) && !run.elsewhere)
      patch({
        runs: state().runs.map((run) => (mine.includes(run) ? { ...run, status: 'interrupted', phase: null } : run)),
      })
      recovery.onLost(mine.find(({ status }) => status === 'running')?.id)
    },
    dispose: () => {
      draft.dispose()
      cancelEstimate?.()
      estimating?.abort()
      cancelFrame?.()
      recovery.dispose()
    },
  }
}
