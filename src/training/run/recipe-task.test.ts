import { expect, test } from 'vitest'
import type { RecipeInput } from '../../formats/training-recipe.ts'
import { readRecipe } from '../../formats/training-recipe.ts'
import { taskById } from '../../tasks/registry.ts'
import { recipeTask } from './recipe-task.ts'

const recipe = (given: Partial<RecipeInput>) => readRecipe({ objective: 'sft', model: 'm', ...given })

test('a recipe that names no difficulties has the task’s usual ones', () => {
  expect(recipe({}).data).toMatchObject({ difficulties: ['3-numbers', '4-numbers'], problems: 2000 })
  expect(recipeTask(recipe({}))).toBe(taskById('countdown'))
})

test.each([
  [{ task: 'rubik' }, /task: There is no such task .*found rubik/],
  [
    { data: { source: 'generated', difficulties: ['9-numbers'] } },
    /data\.difficulties: Countdown has no such .*9-numbers/,
  ],
  [{ task: 'maths' }, /task: Maths answers has no random problems/],
  [{ task: 'maths', objective: 'grpo' }, /task: Maths answers has no random problems/],
] as const)('what a task does not make is refused by the field: %j', (given, message) => {
  expect(() => recipeTask(recipe(given as Partial<RecipeInput>))).toThrow(message)
})

test('from a file any task can be trained for', () => {
  const data = { source: 'file', file: 'rows.jsonl' } as const
  for (const objective of ['sft', 'process-reward'] as const) {
    expect(recipeTask(recipe({ task: 'maths', objective, data }))).toBe(taskById('maths'))
  }
})
