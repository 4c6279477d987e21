import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readRecipe } from './training-recipe.ts'

const FOLDER = new URL('../../docs/recipes/', import.meta.url)

test.each(readdirSync(FOLDER))('docs/recipes/%s is a recipe', (name) => {
  const recipe = readRecipe(JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')), name)
  expect(recipe.evaluateEvery).toBeLessThanOrEqual(recipe.steps)
})

test.each([
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
