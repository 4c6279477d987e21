import { expect, it } from 'vitest'
import { defaultRecipe, readRecipe } from '../../formats/training-recipe.ts'
import { OBJECTIVE_IDS } from '../../objectives/registry.ts'
import type { TrainingRecipe } from '../../state/training/training-state.ts'
import { usesField } from '../../state/training/training-view.ts'
import { settingGroups, valueAt } from './recipe-fields.ts'

/** Every setting that a recipe of the objective shows, with its labels made in each way. */
function shownFor(objective: TrainingRecipe['objective']) {
  const start = defaultRecipe(objective, 'm')
  const recipes = (['soft', 'exact'] as const).map((method) => ({ ...start, labels: { ...start.labels, method } }))
  return recipes.flatMap((recipe) =>
    settingGroups(objective)
      .flatMap(({ settings }) => settings)
      .filter(({ path }) => usesField(recipe, path))
      .map((setting) => ({ recipe, setting })),
  )
}

const withValue = (recipe: TrainingRecipe, path: string, value: unknown): TrainingRecipe => {
  const copy = structuredClone(recipe)
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const at = keys.reduce<unknown>((object, key) => Reflect.get(object as object, key), copy)
  Reflect.set(at as object, last, value)
  return copy
}

it.each(OBJECTIVE_IDS)('%s: every field takes its default and both of its bounds, as the recipe does', (objective) => {
  for (const { recipe, setting } of shownFor(objective)) {
    if (setting.kind !== 'number') continue
    const { path, min, max, step = 1 } = setting
    const value = valueAt(recipe, path)
    expect(value, path).toBeGreaterThanOrEqual(min)
    expect(value, path).toBeLessThanOrEqual(max)
    // A field of whole steps takes whole numbers alone.
    if (Number.isInteger(step)) expect(Number.isInteger(value), `${path} ${value}`).toBe(true)
    for (const bound of [min, max]) {
      const given = withValue(recipe, path, bound)
      const rewarded = path.startsWith('reward.') ? { ...given, reward: { ...given.reward, verifier: 1 } } : given
      expect(() => readRecipe({ ...rewarded, rewardModel: 'r' }), `${path} ${bound}`).not.toThrow()
    }
  }
})
