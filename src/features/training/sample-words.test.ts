import { expect, it } from 'vitest'
import { defaultRecipe } from '../../formats/training-recipe.ts'
import { noSamplesSentence } from './sample-words.ts'

const recipe = defaultRecipe('sft', 'countdown-policy')

it.each([
  ['finished', recipe, /ended before/],
  ['stopped', recipe, /ended before/],
  ['running', recipe, /still to come/],
  ['finished', { ...recipe, evaluateProblems: 0 }, /off in this recipe/],
  ['finished', defaultRecipe('process-reward', 'countdown-policy'), /Reward models write no samples/],
  ['running', defaultRecipe('outcome-reward', 'countdown-policy'), /Reward models write no samples/],
] as const)('a %s run without samples says why', (status, made, words) => {
  expect(noSamplesSentence({ status, recipe: made, evaluations: [] })).toMatch(words)
})
