import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../compute/backend.ts'
import { openBackend } from '../../compute/open-backend.ts'
import { memoryStore } from '../testing/memory-store.ts'
import { runSmall, savedBits, smallRecipe } from '../testing/node-small-run.ts'
import { branchSave, lastSave, readSave } from './saves.ts'

let backend: Backend
beforeAll(async () => {
  ;({ backend } = await openBackend({ choice: 'wasm' }))
})
afterAll(() => backend.dispose())

test.each(['grpo', 'dpo'] as const)('%s cuts samples that do not fit', async (objective) => {
  const recipe = smallRecipe({ objective, steps: 1, maxTokens: 48, rollout: { samples: 4, temperature: 1.5 } })
  const events = await runSmall(backend, recipe, memoryStore())
  expect(events.at(-1)).toMatchObject({ type: 'finished', step: 1 })
  if (objective !== 'grpo') return
  const step = events.find((event) => event.type === 'step')
  const { metrics = {} } = step?.type === 'step' ? step : {}
  expect(metrics['rollout/mean_length']).toBeLessThan(48)
  expect(metrics['completions/clipped_ratio']).toBeGreaterThan(0)
})

describe('a run that cannot go on', () => {
  test('says which row is wrong, and frees everything', async () => {
    const recipe = smallRecipe({ data: { source: 'file', file: 'rows.jsonl' } })
    const data = '{"prompt": "Q 1 2 > 3\\n", "completion": "1+2=3 : 3\\n"}\n{"prompt": "Q"}\n'
    await expect(runSmall(backend, recipe, memoryStore(), { data })).rejects.toThrow('rows.jsonl, line 2, completion')
    const stepwise = smallRecipe({ objective: 'process-reward', data: { source: 'file', file: 'rows.jsonl' } })
    const labels = '{"prompt": "Q 1 2 > 3\\n", "completions": ["1+2=3 : 3"], "labels": [true, false]}\n'
    await expect(runSmall(backend, stepwise, memoryStore(), { data: labels })).rejects.toThrow(
      'one label for each step',
    )
    await expect(runSmall(backend, recipe, memoryStore(), { data: '\n' })).rejects.toThrow('holds no rows')
    expect(backend.memory.liveBytes).toBe(0)
  })

  test('names the example that does not fit', async () => {
    const recipe = smallRecipe({ maxTokens: 16 })
    await expect(runSmall(backend, recipe, memoryStore())).rejects.toThrow(
      'maxTokens: Of the generated examples: The example is too long (expected at most 16 tokens (maxTokens)',
    )
    const row = (completion: string) => `${JSON.stringify({ prompt: 'Q 1 2 > 3\n', completion })}\n`
    const data = `${row('1+2=3 : 3\n')}\n${row('1+2=3 : 3\n'.repeat(3))}`
    const fromFile = smallRecipe({ maxTokens: 32, data: { source: 'file', file: 'rows.jsonl' } })
    await expect(runSmall(backend, fromFile, memoryStore(), { data })).rejects.toThrow(
      'rows.jsonl, line 3, completion: The example is too long',
    )
  })

  test('whose gradients overflow keeps its last save', async () => {
    const store = memoryStore()
    await runSmall(backend, smallRecipe({ steps: 2 }), store)
    const before = await savedBits(store)
    const wild = smallRecipe({
      steps: 6,
      optimizer: { learningRate: 1e30, schedule: 'constant', warmupSteps: 0, maxNorm: 0 },
    })
    const branch = memoryStore()
    await branchSave(store, branch, wild)
    await expect(runSmall(backend, wild, branch)).rejects.toThrow(/not finite|a number that cannot be used/)
    expect(await savedBits(branch)).toEqual(before)
    expect((await lastSave(branch))?.step).toBe(2)
  })

  test('takes the save before a broken one', async () => {
    const files = new Map<string, Uint8Array<ArrayBuffer>>()
    await runSmall(backend, smallRecipe({ steps: 4, saveEvery: 2 }), memoryStore(files))
    const broken = files.get('save-00000004.weights.safetensors')
    if (broken) broken[broken.length - 1] = (broken[broken.length - 1] ?? 0) ^ 1
    expect((await readSave(memoryStore(files)))?.manifest.step).toBe(2)
    // Killed while it was being written, a save has no manifest.
    files.delete('save-00000004.json')
    expect((await lastSave(memoryStore(files)))?.step).toBe(2)
  })
})
