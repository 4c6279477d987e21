import { StepscopeError } from '../core/errors.ts'
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
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'The recipe of the link is cut or changed',
      expected: 'JSON',
      found: text.slice(0, 40),
    })
  }
  return readRecipe(value)
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
