import { expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { CpuBackend } from '../../compute/cpu/cpu-backend.ts'
import type { RecipeInput } from '../../formats/training-recipe.ts'
import { readRecipe } from '../../formats/training-recipe.ts'
import { estimateRun } from './estimate-run.ts'

async function estimate(given: Omit<RecipeInput, 'model'>) {
  const model = await openCheckpointDirectory('public/checkpoints/countdown-policy')
  const recipe = readRecipe({
    model: 'countdown-policy',
    batch: 5,
    data: { source: 'generated', problems: 90, difficulties: ['3-numbers'] },
    evaluateProblems: 10,
    rollout: { samples: 6 },
    ...given,
  })
  return estimateRun(new CpuBackend(), model, recipe)
}

test('samples that the data is made of are one way there for each of them', async () => {
  const { dataFlops, flopsPerStep } = await estimate({ objective: 'dpo' })
  // 600 responses; a step goes there and back, thrice as long a way, with five pairs.
  expect(dataFlops / flopsPerStep).toBeCloseTo(600 / (3 * 10), 9)
  const implicit = await estimate({ objective: 'implicit-process-reward' })
  expect(implicit.dataFlops).toBe(dataFlops)
})

test('labels by completions take what is left of a response after each of its steps', async () => {
  const labels = { completions: 4 }
  const sampled = await estimate({ objective: 'outcome-reward' })
  const soft = await estimate({ objective: 'process-reward', labels })
  // Three steps: completions from after the first, two thirds of a response, and after the second, a third of one.
  expect(soft.dataFlops / sampled.dataFlops).toBeCloseTo(1 + 4 * (2 / 3 + 1 / 3), 9)
  const hard = await estimate({ objective: 'process-reward', labels: { ...labels, method: 'hard' } })
  expect(hard.dataFlops).toBe(soft.dataFlops)
})

test('nothing is sampled before the first step where the task or a file gives the data, or the steps sample', async () => {
  for (const objective of ['pretraining', 'sft', 'expert-iteration', 'ppo', 'grpo'] as const) {
    expect(await estimate({ objective })).toMatchObject({ dataFlops: 0 })
  }
  expect(await estimate({ objective: 'process-reward', labels: { method: 'exact' } })).toMatchObject({ dataFlops: 0 })
  const data = { source: 'file', file: 'rows.jsonl' } as const
  expect(await estimate({ objective: 'dpo', data })).toMatchObject({ dataFlops: 0 })
})
