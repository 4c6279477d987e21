import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { defaultRecipe, readRecipe, warmupWords } from './training-recipe.ts'
import { unusedFields } from './used-fields.ts'

const FOLDER = new URL('../../docs/recipes/', import.meta.url)

test.each(readdirSync(FOLDER))('docs/recipes/%s is a recipe; nothing that it says is passed over', (name) => {
  const given = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as object
  const recipe = readRecipe(given, name)
  expect(recipe).toMatchObject(given)
  expect(unusedFields(recipe)).toEqual([])
  expect(recipe.evaluateEvery).toBeLessThanOrEqual(recipe.steps)
})

test.each([
  ['{"objective": "spin", "model": "m"}', /^r\.json, objective: .*"sft".*\(found "spin"\)/],
  ['{"objective": "toString", "model": "m"}', /^r\.json, objective: /],
  ['{"objective": "sft", "model": "m", "stepz": 5}', /^r\.json, stepz: There is no such field \(found 5\)/],
  ['{"objective": "sft", "model": "m", "optimizer": {"beta3": 0.9}}', /^r\.json, optimizer\.beta3: There is no such/],
  ['{"objective": "sft", "model": "m", "__proto__": {"steps": 5}}', /^r\.json, __proto__: There is no such field/],
  ['{"objective": "sft", "model": "m", "rollout": {"__proto__": {"samples": 5}}}', /^r\.json, rollout\.__proto__: /],
  ['{"objective": "sft", "model": "m", "steps": -1}', /^r\.json, steps: .*found -1/],
  [
    '{"objective": "sft", "model": "m", "data": {"source": "generated", "problems": 1e9}}',
    /^r\.json, data\.problems: .*1000000 \(found 1000000000\)/,
  ],
  ['{"objective": "sft", "model": "m", "batch": 1e9}', /^r\.json, batch: .*65536 \(found/],
  ['{"objective": "grpo", "model": "m", "rollout": {"samples": 1e9}}', /^r\.json, rollout\.samples: .*1024 \(found/],
  ['{"objective": "sft", "model": "m", "passTokens": 1e12}', /^r\.json, passTokens: .*1048576 \(found/],
])('a recipe with a field that is not known, or cannot be, is refused by it: %s', (text, message) => {
  expect(() => readRecipe(JSON.parse(text), 'r.json')).toThrow(message)
})

test('a run that ends in its warm-up says so', () => {
  const recipe = defaultRecipe('sft', 'm')
  const words = (steps: number, warmupSteps: number) =>
    warmupWords({ steps, optimizer: { ...recipe.optimizer, warmupSteps, learningRate: 1e-3 } })
  // Of 10 steps of warm-up the eleventh is the first at the peak.
  expect(words(11, 10)).toBeNull()
  expect(words(10, 10)).toMatch(/^All 10 steps are in the warm-up of 10: .* only reaches 0\.00091 of 0\.001\.$/)
  expect(words(1, 10)).toMatch(/^Its 1 step is in the warm-up of 10/)
  expect(words(1, 0)).toBeNull()
})
