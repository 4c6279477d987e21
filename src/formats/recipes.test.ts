import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readRecipe } from './training-recipe.ts'

const FOLDER = new URL('../../docs/recipes/', import.meta.url)

test.each(readdirSync(FOLDER))('docs/recipes/%s is a recipe', (name) => {
  const recipe = readRecipe(JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')), name)
  expect(recipe.evaluateEvery).toBeLessThanOrEqual(recipe.steps)
})
