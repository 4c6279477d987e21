import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { CpuBackend } from '../../compute/cpu/cpu-backend.ts'
import { promptText } from '../../core/prompt.ts'
import { createDecoder } from '../../engine/decoder/decoder-model.ts'
import { loadPolicy } from '../../engine/load-model.ts'
import type { EnginePolicy } from '../../engine/policy.ts'
import type { RecipeInput } from '../../formats/training-recipe.ts'
import { readRecipe } from '../../formats/training-recipe.ts'
import { promptOf, taskById } from '../../tasks/registry.ts'
import { ROW_MAKERS } from './make-rows.ts'

const backend = new CpuBackend()
const task = taskById('countdown')
let policy: EnginePolicy

beforeAll(async () => {
  policy = await loadPolicy(
    backend,
    await openCheckpointDirectory('public/checkpoints/countdown-policy'),
    {},
    createDecoder,
  )
})
afterAll(() => policy.model.dispose())

function make(labels: RecipeInput['labels'], split: 'train' | 'held-out', count = 8) {
  const recipe = readRecipe({ objective: 'process-reward', model: 'countdown-policy', rollout: { samples: 2 }, labels })
  const maker = {
    task,
    recipe,
    policy: async () => policy,
    rowPrompt: (problem: unknown) => promptText(promptOf(task, problem)),
    report: () => {},
    signal: new AbortController().signal,
  }
  return ROW_MAKERS.stepwise(maker, split, count)
}

test('one row in so many is a trace with planted mistakes and exact labels, where rows are learned from', async () => {
  const plain = await make({ completions: 4, planted: 0 }, 'train')
  const mixed = await make({ completions: 4, planted: 0.25 }, 'train')
  const planted = mixed.length - plain.length
  expect(planted).toBe(Math.round(plain.length / 3))
  expect(mixed.slice(planted)).toEqual(plain)
  const exact = await make({ method: 'exact' }, 'train')
  expect(exact).toHaveLength(32)
  expect(mixed.slice(0, planted)).toEqual(exact.slice(0, planted))
  expect(exact.some(({ labels }) => labels.includes(0))).toBe(true)

  const heldOut = await make({ completions: 4, planted: 0.25 }, 'held-out', 2)
  expect(heldOut).toEqual(await make({ completions: 4, planted: 0 }, 'held-out', 2))
  const soft = plain.flatMap(({ labels }) => labels.map(Number))
  expect(soft.some((label) => label > 0 && label < 1)).toBe(true)
  expect(soft.every((label) => Number.isInteger(4 * label))).toBe(true)
  const hard = await make({ method: 'hard', completions: 4, planted: 0 }, 'train')
  expect(hard.map(({ labels }) => labels)).toEqual(plain.map(({ labels }) => labels.map((label) => Number(label) > 0)))
})
