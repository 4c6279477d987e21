import { StepscopeError } from '../../core/errors.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { generatorOf, taskById } from '../../tasks/registry.ts'

/**
 * The recipe's task.
 * @throws StepscopeError naming `task`, or `data.difficulties`, where there is no such task or it has no such difficulty
 */
export function recipeTask({ task: id, data }: Pick<TrainingRecipe, 'task' | 'data'>): AnyTask {
  const task = taskById(id)
  const ids = generatorOf(task).difficulties.map((difficulty) => difficulty.id)
  const unknown = data.source === 'generated' ? data.difficulties.find((difficulty) => !ids.includes(difficulty)) : null
  if (unknown == null) return task
  throw new StepscopeError({
    code: 'bad-setting',
    message: `${task.name} has no such difficulty`,
    expected: ids.join(', '),
    found: unknown,
    place: { field: 'data.difficulties' },
  })
}
