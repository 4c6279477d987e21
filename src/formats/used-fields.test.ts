import { expect, it } from 'vitest'
import { OBJECTIVE_IDS } from '../objectives/registry.ts'
import { readRecipe } from './training-recipe.ts'
import { recipeWords, unusedFields, usesField } from './used-fields.ts'

const recipe = (fields: object) => readRecipe({ model: 'm', ...fields })

it.each([
  [{ objective: 'sft', settings: { clip: 0.3 }, rollout: { samples: 2 } }, ['rollout.samples', 'settings.clip']],
  [{ objective: 'dpo', data: { source: 'file', file: 'f' }, rollout: { samples: 2 } }, ['rollout.samples']],
  [{ objective: 'dpo', rollout: { samples: 2 }, reward: { format: 1 } }, ['reward.format']],
  [{ objective: 'grpo', reference: 'r' }, ['reference']],
  [{ objective: 'grpo', reference: 'r', settings: { beta: 0.1 } }, []],
  [{ objective: 'grpo', settings: { klCoefficient: 0.1, lambda: 0.5 } }, ['settings.klCoefficient', 'settings.lambda']],
  [{ objective: 'ppo', settings: { beta: 0.3 }, labels: { method: 'hard' } }, ['settings.beta', 'labels.method']],
  [{ objective: 'expert-iteration', reward: { verifier: 0.5 }, settings: { innerEpochs: 2 } }, ['reward.verifier']],
  [{ objective: 'expert-iteration', optimizer: { minimumRatio: 0.5 } }, ['optimizer.minimumRatio']],
  [
    { objective: 'process-reward', labels: { method: 'exact', completions: 4, planted: 0 } },
    ['labels.completions', 'labels.planted'],
  ],
  [{ objective: 'process-reward', data: { source: 'file', file: 'f' }, labels: { method: 'hard' } }, []],
  [{ objective: 'process-reward', data: { source: 'file', file: 'f' }, labels: { balance: 'problem' } }, []],
  [{ objective: 'outcome-reward', labels: { balance: 'depth' } }, ['labels.balance']],
  [
    { objective: 'process-reward', data: { source: 'file', file: 'f' }, labels: { method: 'exact' } },
    ['labels.method'],
  ],
])('settings that change nothing are known: %j', (fields, unused) => {
  const read = recipe(fields)
  expect(unusedFields(read)).toEqual(unused)
  expect(recipeWords(read)).toBe(unused.length === 0 ? null : `This run makes no use of ${unused.join(', ')}.`)
})

it.each(OBJECTIVE_IDS)('%s: what its own defaults set is of use', (objective) => {
  const read = recipe({ objective })
  expect(unusedFields(read)).toEqual([])
  expect(usesField(read, 'steps') && usesField(read, 'optimizer.learningRate')).toBe(true)
})
