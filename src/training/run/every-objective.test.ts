import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import type { Backend } from '../../compute/backend.ts'
import { openBackend } from '../../compute/open-backend.ts'
import { readJson } from '../../engine/checkpoint/checkpoint-text.ts'
import { memoryFiles } from '../../engine/testing/memory-files.ts'
import type { RecipeInput } from '../../formats/training-recipe.ts'
import type { ObjectiveId } from '../../objectives/registry.ts'
import { OBJECTIVE_IDS, objectiveById } from '../../objectives/registry.ts'
import { memoryStore } from '../testing/memory-store.ts'
import { runSmall, SMALL_POLICY, savedBits, smallRecipe } from '../testing/node-small-run.ts'
import { exportRun } from './export-run.ts'

/**
 * Every objective that can be chosen, from data that is made for it to a model in its role. Journeys do the same for one
 * objective of each kind; what each computes is compared with PyTorch in reference-case.test.ts.
 */

/** What a model whose every step is right or wrong alike needs besides, to have something to tell apart. */
const RECIPES: Partial<Record<ObjectiveId, Partial<RecipeInput>>> = {
  'ranked-reward': { data: { source: 'generated', problems: 12 }, rollout: { samples: 8 } },
  'process-reward': { labels: { method: 'soft', completions: 2 } },
}

/** Besides the loss, what tells of the objective's own kind of learning. */
const METRICS: Partial<Record<ObjectiveId, string>> = {
  dpo: 'rewards/chosen',
  simpo: 'rewards/chosen',
  grpo: 'reward',
  ppo: 'loss/value_avg',
  'process-reward': 'calibration_error',
  'outcome-reward': 'accuracy',
  'ranked-reward': 'accuracy',
}

/** The others train policies; an implicit reward model is one, too. */
const ROLES: Partial<Record<ObjectiveId, string>> = {
  'process-reward': 'process-reward-model',
  'outcome-reward': 'outcome-reward-model',
  'ranked-reward': 'outcome-reward-model',
}

let backend: Backend
beforeAll(async () => {
  backend = (await openBackend({ choice: 'wasm' })).backend
})
afterAll(() => backend.dispose())

test.each(OBJECTIVE_IDS)(
  '%s trains on what is made for it, and its model is exported in its role',
  async (objective) => {
    const store = memoryStore()
    const recipe = smallRecipe({
      objective,
      steps: 2,
      data: { source: 'generated', problems: 4 },
      rollout: { samples: objectiveById(objective).online ? 2 : 4 },
      ...RECIPES[objective],
    })
    const events = await runSmall(backend, recipe, store)
    expect(events.at(-1)).toMatchObject({ type: 'finished', step: 2 })
    const steps = events.filter((event) => event.type === 'step')
    expect(steps.map(({ step }) => step)).toEqual([1, 2])
    for (const { metrics } of steps) {
      for (const [name, value] of Object.entries(metrics)) expect(value, name).toSatisfy(Number.isFinite)
      expect(metrics).toHaveProperty(['loss'])
      const own = METRICS[objective]
      if (own !== undefined) expect(metrics).toHaveProperty([own])
    }
    expect(steps.some(({ metrics }) => (metrics.grad_norm ?? 0) > 0)).toBe(true)
    expect(await savedBits(store)).not.toEqual([])

    const model = await openCheckpointDirectory(SMALL_POLICY)
    const files = memoryFiles(Object.fromEntries(await exportRun({ model, store }, 'model')))
    expect(await readJson(files, 'stepscope.json')).toMatchObject({ role: ROLES[objective] ?? 'policy' })
    expect(backend.memory.liveBytes - (backend.memory.liveByPurpose().staging ?? 0)).toBe(0)
  },
)

test('an implicit reward model rewards a run, against the model that it was trained from', async () => {
  const recipe = smallRecipe({
    objective: 'grpo',
    task: 'word-problems',
    data: { source: 'generated', problems: 2, difficulties: ['2-to-3-results'] },
    steps: 1,
    rewardModel: 'words-prm',
    reward: { verifier: 0, format: 0, outcome: 1 },
    rollout: { samples: 2, maxSteps: 2 },
    maxTokens: 200,
    evaluateProblems: 0,
  })
  const folder = (id: string) => openCheckpointDirectory(`public/checkpoints/${id}`)
  const model = await folder('words-policy')
  const reward = async (reference: string) => {
    const options = { model, implicit: { reference: await folder(reference), beta: 0.05 } }
    const events = await runSmall(backend, recipe, memoryStore(), options)
    return events.find((event) => event.type === 'step')?.metrics['rollout/reward'] ?? Number.NaN
  }
  // Of two models that are one, every response has a half.
  expect(await reward('words-prm')).toBeCloseTo(0.5, 6)
  const learned = await reward('words-policy')
  expect(Math.abs(learned - 0.5)).toBeGreaterThan(1e-3)
  expect(learned).toBeGreaterThan(0)
  expect(learned).toBeLessThan(1)
})
