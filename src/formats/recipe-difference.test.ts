import { expect, it } from 'vitest'
import { checkSameRun, recipeDifferences } from './recipe-difference.ts'
import type { RecipeInput } from './training-recipe.ts'
import { readRecipe } from './training-recipe.ts'

const recipe = (given: Partial<RecipeInput> = {}) => readRecipe({ objective: 'dpo', model: 'm', steps: 10, ...given })

it.each<[string, Partial<RecipeInput>, string]>([
  ['objective', { objective: 'sft' }, 'expected "dpo", found "sft"'],
  ['model', { model: 'other' }, 'expected "m", found "other"'],
  ['reference', { reference: 'r' }, 'expected nothing, found "r"'],
  ['seed', { seed: 8 }, 'expected 7, found 8'],
  ['steps', { steps: 9 }, 'expected 10 or more, found 9'],
  ['batch', { batch: 1 }, 'found 1'],
  ['method.kind', { method: { kind: 'low-rank' } }, 'expected "full", found "low-rank"'],
  ['data.source', { data: { source: 'file', file: 'a' } }, 'expected "generated", found "file"'],
  ['data.problems', { data: { source: 'generated', problems: 3 } }, 'found 3'],
  ['optimizer.warmupSteps', { optimizer: { warmupSteps: 0 } }, 'found 0'],
  ['rollout.samples', { rollout: { samples: 2 } }, 'found 2'],
  ['settings.beta', { settings: { beta: 1 } }, 'expected 0.5, found 1'],
  ['labels.method', { labels: { method: 'hard' } }, 'expected "soft", found "hard"'],
  ['maxTokens', { maxTokens: 64 }, 'found 64'],
  ['evaluateProblems', { evaluateProblems: 1 }, 'found 1'],
])('a run goes on with no other %s', (field, change, words) => {
  const check = () => checkSameRun(recipe(), recipe(change))
  expect(check).toThrow(`${field}: The run was begun with another recipe`)
  expect(check).toThrow(words)
})

it.each<Partial<RecipeInput>>([
  {},
  { steps: 11 },
  { saveEvery: 1 },
  { evaluateEvery: 1 },
  { passTokens: 64 },
  { recompute: true },
])('a run goes on with %j', (change) => {
  expect(() => checkSameRun(recipe(), recipe(change))).not.toThrow()
})

it('differences stand in the order of the recipe', () => {
  const other = recipe({ maxTokens: 64, seed: 1, optimizer: { beta2: 0.5, learningRate: 1 } })
  const fields = ['seed', 'optimizer.learningRate', 'optimizer.beta2', 'maxTokens']
  expect(recipeDifferences(recipe(), other).map(({ field }) => field)).toEqual(fields)
})
