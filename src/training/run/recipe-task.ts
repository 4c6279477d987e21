import { StepscopeError } from '../../core/errors.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { neededOfTask, objectiveById } from '../../objectives/registry.ts'
import type { TaskCapability } from '../../objectives/rows.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { generatorOf, labelsOf, taskById, tracesOf } from '../../tasks/registry.ts'

/** Each throws where the task lacks it. */
const DEMAND: { readonly [Capability in TaskCapability]: (task: AnyTask) => unknown } = {
  generator: generatorOf,
  traces: tracesOf,
  label: labelsOf,
}

/**
 * The recipe's task, which can make the data that the objective learns from where that is to be made.
 * @throws StepscopeError naming `task`, or `data.difficulties`, where there is no such task, it cannot make the data, or it
 * has no such difficulty
 */
export function recipeTask({
  task: id,
  data,
  objective,
  labels,
}: Pick<TrainingRecipe, 'task' | 'data' | 'objective' | 'labels'>): AnyTask {
  const task = taskById(id)
  if (data.source === 'file') return task
  for (const capability of neededOfTask(objectiveById(objective), labels)) DEMAND[capability](task)
  const ids = generatorOf(task).difficulties.map((difficulty) => difficulty.id)
  const unknown = data.difficulties.find((difficulty) => !ids.includes(difficulty))
  if (unknown === undefined) return task
  throw new StepscopeError({
    code: 'bad-setting',
    message: `${task.name} has no such difficulty`,
    expected: ids.join(', '),
    found: unknown,
    place: { field: 'data.difficulties' },
  })
}
