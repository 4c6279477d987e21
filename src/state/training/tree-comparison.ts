import { bundledChoice } from '../models/bundled-models.ts'
import type { EngineSlice } from '../models/engine-slice.ts'
import type { ModelChoice } from '../models/engine-state.ts'
import type { RunsSlice } from '../search/runs-slice.ts'
import { isLive } from '../search/runs-slice.ts'
import type { RunId } from '../search/runs-state.ts'
import type { SessionSlice } from '../session/session-slice.ts'
import type { SliceContext } from '../slice-context.ts'
import type { RecipeModels } from './recipe-models.ts'
import type { TrainingRun, TreePair } from './training-state.ts'
import { trainedModel } from './training-view.ts'

interface TreeComparisonDeps {
  readonly engine: EngineSlice
  readonly runs: RunsSlice
  readonly session: SessionSlice
  readonly models: RecipeModels
  find(id: string): TrainingRun | undefined
}

/** Searches the problem in front of the person twice, with the model before training and with the trained one. */
export function treeComparison(
  { get, set, notify }: SliceContext,
  { engine, runs, session, models, find }: TreeComparisonDeps,
): (id: string) => Promise<void> {
  const patch = (trees: TreePair): void => set({ training: { ...get().training, trees } })

  const runOver = (id: RunId): Promise<void> =>
    new Promise((resolve) => {
      const over = () => !isLive(get().runs.byId[id]?.status ?? 'failed')
      if (over()) resolve()
      const stop = runs.onChange(() => {
        if (!over()) return
        stop()
        resolve()
      })
    })

  return async (id) => {
    const run = find(id)
    const after = run && trainedModel(run)
    const setup = session.setup()
    if (!run || !after || !setup) return
    const role = after.role === 'policy' ? 'policy' : 'reward'
    const chosen = get().engine[role]
    const sameRun = chosen?.kind === 'trained' && chosen.id === id
    const fallback = bundledChoice(setup.task, 'reward')
    const start = run.models.model
    // A reward model may be trained from a policy, which scores nothing.
    const beside = role === 'policy' || models.isRewardModel(start) ? 'start' : 'other'
    const before = beside === 'start' ? start : sameRun ? fallback : (chosen ?? fallback)
    if (before === null) {
      notify({ tone: 'warning', text: 'Choose another reward model first, for the trees beside its own' })
      return
    }
    const names = { before: before.name, after: after.name }
    const { problem, seed } = setup
    const pair: TreePair = {
      training: id,
      role,
      problem,
      seed,
      names,
      beside,
      start: start.name,
      before: null,
      after: null,
      status: 'before',
    }
    patch(pair)
    const search = async (model: ModelChoice, word: string): Promise<RunId | null> => {
      if (!(await engine.use({ [role]: model }))) return null
      return runs.launch(setup, { activate: false, title: `${problem} · ${word} ${run.title}` })
    }
    const show = (next: Partial<TreePair>): boolean => {
      const { trees } = get().training
      // Another pair was asked for, or this one was closed.
      if (trees === null || trees.training !== id || trees.status === 'failed') return false
      patch({ ...trees, ...next })
      return true
    }
    const first = await search(before, beside === 'start' ? 'before' : `beside (${before.name})`)
    if (first !== null && show({ before: first, status: 'after' })) {
      await runOver(first)
      const second = await search(after, 'after')
      if (second === null) show({ status: 'failed' })
      else {
        show({ after: second })
        await runOver(second)
        show({ status: 'ready' })
      }
    } else show({ status: 'failed' })
    // What was chosen before is chosen again; the trained model is taken by `use`.
    if (get().engine[role]?.id !== chosen?.id) await engine.use({ [role]: chosen })
  }
}
