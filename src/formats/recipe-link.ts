import { readJsonText } from '../core/json.ts'
import type { TrainingRecipe } from './training-recipe.ts'
import { defaultRecipe, readRecipe } from './training-recipe.ts'

/** A recipe as the text of a link: what differs from its objective's defaults, as JSON. */
export function writeRecipeLink(recipe: TrainingRecipe): string {
  const { objective, model } = recipe
  const changed = difference(defaultRecipe(objective, model), recipe)
  return JSON.stringify({ objective, model, ...(changed as object) })
}

/** @throws StepscopeError `bad-setting` that names the field */
export function readRecipeLink(text: string): TrainingRecipe {
  return readRecipe(readLinkJson(text, 'recipe'))
}

/** @throws StepscopeError `bad-setting` */
export function readLinkJson(text: string, field: string): unknown {
  return readJsonText(text, { place: { file: 'link', field }, what: 'value', code: 'bad-setting' })
}

/** Fields of `value` that differ from `base`, objects field by field; a variant of another kind is kept whole. */
function difference(base: unknown, value: unknown): unknown {
  if (!isObject(base) || !isObject(value)) return value
  const sameVariant = base.kind === value.kind && base.source === value.source
  if (!sameVariant) return value
  const changed = Object.entries(value).flatMap(([key, after]) =>
    JSON.stringify(base[key]) === JSON.stringify(after) ? [] : [[key, difference(base[key], after)] as const],
  )
  return Object.fromEntries(changed)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
