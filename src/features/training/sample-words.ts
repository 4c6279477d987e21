import { objectiveById } from '../../objectives/registry.ts'
import type { TrainingRun } from '../../state/training/training-state.ts'
import { isUnderWay } from '../../state/training/training-view.ts'

/** Why no sample is shown of a run: it writes none, its first is still to come, or it ended before. */
export function noSamplesSentence(run: Pick<TrainingRun, 'recipe' | 'status' | 'evaluations'>): string {
  const { recipe, evaluations } = run
  if (objectiveById(recipe.objective).trains === 'reward-model') {
    return 'Reward models write no samples: what they say of held-out problems is in the charts.'
  }
  if (recipe.evaluateProblems === 0) return 'Held-out problems are off in this recipe.'
  if (evaluations.length > 0) return 'The looks at held-out problems kept no samples.'
  return isUnderWay(run)
    ? 'The first look at held-out problems is still to come.'
    : 'The run ended before its first look at held-out problems.'
}
