import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { CpuBackend } from '../../compute/cpu/cpu-backend.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { createDecoder } from '../../engine/decoder/decoder-model.ts'
import { loadPolicy } from '../../engine/load-model.ts'
import { writeSmallChat } from '../../engine/testing/node-small-chat.ts'
import type { RecipeInput, TrainingRecipe } from '../../formats/training-recipe.ts'
import { readRecipe } from '../../formats/training-recipe.ts'
import { promptOf, taskById } from '../../tasks/registry.ts'
import type { TrainingEvent } from '../run-events.ts'
import { memoryStore } from '../testing/memory-store.ts'
import { checkDataFile } from './check-data.ts'
import { RowEncoder } from './encode-rows.ts'
import { exportRun } from './export-run.ts'
import { readModelInTraining } from './model-in-training.ts'
import { runTraining } from './training-run.ts'

const task = taskById('maths')
let folder = ''
let chat: CheckpointFiles

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepscope-run-problems-'))
  chat = await openCheckpointDirectory(await writeSmallChat(join(folder, 'chat')))
})
afterAll(() => rmSync(folder, { recursive: true }))

const rowsOf = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({
    question: `A box holds ${index} pens. How many pens do two boxes hold?`,
    answer: `2 * ${index} = <<2*${index}=${2 * index}>>${2 * index}\n#### ${2 * index}`,
  }))
const fileOf = (rows: readonly object[]) => ({
  name: 'pens.jsonl',
  text: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
})
const signal = new AbortController().signal

function recipeOf(given: Partial<RecipeInput> = {}): TrainingRecipe {
  return readRecipe({
    objective: 'grpo',
    task: 'maths',
    model: 'chat',
    data: { source: 'file', file: 'pens.jsonl' },
    steps: 1,
    batch: 2,
    maxTokens: 256,
    passTokens: 512,
    rollout: { samples: 2, maxSteps: 1, maxStepTokens: 6 },
    evaluateProblems: 1,
    ...given,
  })
}

async function train(recipe: TrainingRecipe, rows: readonly object[], store = memoryStore()): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = []
  const context = { backend: new CpuBackend(), model: chat, reference: null, rewardModel: null, store, signal }
  const rest = { data: fileOf(rows), gate: async () => {}, clock: () => 0 }
  for await (const event of runTraining({ ...context, ...rest }, recipe)) events.push(event)
  return events
}

describe('training on what a chat model is asked', () => {
  test('rows are put by the template and the system message, as a search puts their problem', async () => {
    const trained = await readModelInTraining(chat, recipeOf({ objective: 'sft' }))
    const policy = await loadPolicy(new CpuBackend(), chat, {}, createDecoder)
    const { branch, prompt, promptTokens = [] } = await policy.open(promptOf(task, task.parse('How many legs?')))
    policy.release(branch)
    policy.model.dispose()
    expect(prompt).toContain('Please reason step by step')
    const { tokenIds, targets } = new RowEncoder(trained, task, 256).completion('How many legs?', 'It is \\boxed{4}.\n')
    expect([...tokenIds].slice(0, promptTokens.length)).toEqual(promptTokens.map(({ id }) => id))
    expect(trained.tokenizer.texts([...targets]).join('')).toMatch(/^It is \\boxed\{4\}\.\n/)
    // A finished response ends with the end of the sequence.
    expect(targets.at(-1)).toBe(trained.config.eosTokenIds[0])
  })

  test('what comes of it is asked in a chat, too', async () => {
    const store = memoryStore()
    const rows = [{ prompt: 'How many legs?', completion: 'It is \\boxed{4}.\n' }]
    const events = await train(recipeOf({ objective: 'sft', batch: 1 }), rows, store)
    expect(events.at(-1)?.type).toBe('finished')
    const files = await exportRun({ model: chat, store }, 'model')
    expect([...files.keys()]).toContain('chat_template.jinja')
    const manifest = JSON.parse(new TextDecoder().decode(files.get('stepscope.json')))
    expect(manifest).toEqual({ role: 'policy', prompt: 'chat', step_end: '\n' })
  })
})

describe('problems of a file, with gold answers', () => {
  test.each(['grpo', 'ppo', 'expert-iteration'] as const)(
    'are what %s learns from; every tenth is held out',
    async (objective) => {
      const rows = rowsOf(12)
      const recipe = recipeOf({ objective })
      expect(await checkDataFile(chat, recipe, fileOf(rows), signal)).toEqual({ rows: 11, heldOut: 1 })
      const store = memoryStore()
      const events = await train(recipe, rows, store)
      const looks = events.flatMap((event) => (event.type === 'evaluated' ? [event] : []))
      expect(looks[0]?.samples[0]?.problem).toBe((rows[9] as { question: string }).question)
      expect(looks[0]?.metrics).toHaveProperty('eval/pass@1')
      expect(events.find(({ type }) => type === 'step')).toMatchObject({
        metrics: { 'rollout/mean_length': expect.any(Number), 'rollout/accuracy': expect.any(Number) },
      })
      expect(events.at(-1)?.type).toBe('finished')
      await expect(train(recipeOf({ objective, steps: 2 }), rowsOf(11), store)).rejects.toThrow(
        /pens\.jsonl, data\.file: The data file is not the one that the run was begun with/,
      )
    },
  )

  test('are refused where nothing says what is right, unless nothing asks for it, and where they leave no room', async () => {
    const unknown = fileOf([...rowsOf(1), { question: 'How many?' }])
    await expect(checkDataFile(chat, recipeOf(), unknown, signal)).rejects.toThrow(
      /^pens\.jsonl, line 2: The problem has no gold answer/,
    )
    const byFormat = recipeOf({ reward: { verifier: 0, format: 1 } })
    expect(await checkDataFile(chat, byFormat, unknown, signal)).toEqual({ rows: 2, heldOut: 0 })
    await expect(checkDataFile(chat, recipeOf({ maxTokens: 40 }), fileOf(rowsOf(1)), signal)).rejects.toThrow(
      /^pens\.jsonl, line 1: The problem leaves no room for a response \(expected fewer than 40 tokens, found \d+/,
    )
    await expect(checkDataFile(chat, recipeOf(), fileOf([{ prompt: 'a', completion: 'b' }]), signal)).rejects.toThrow(
      /^pens\.jsonl, line 1, problem: The problem has no question/,
    )
  })
})
