import { safetensors } from '@jax-js/loaders'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import type { Backend } from '../../compute/backend.ts'
import { openBackend } from '../../compute/open-backend.ts'
import { sigmoid } from '../../core/numerics.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { readJson } from '../../engine/checkpoint/checkpoint-text.ts'
import { openWeights } from '../../engine/checkpoint/checkpoint-weights.ts'
import { createDecoder } from '../../engine/decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from '../../engine/load-model.ts'
import { memoryFiles } from '../../engine/testing/memory-files.ts'
import { randomCheckpoint } from '../../engine/testing/random-checkpoint.ts'
import type { RecipeInput, TrainingRecipe } from '../../formats/training-recipe.ts'
import { readRecipe } from '../../formats/training-recipe.ts'
import type { TrainingSequence } from '../../objectives/sequence.ts'
import { taskById } from '../../tasks/registry.ts'
import type { Tensors } from '../model/trainable-model.ts'
import { memoryStore } from '../testing/memory-store.ts'
import { evaluateItems } from '../train-step.ts'
import { RowEncoder } from './encode-rows.ts'
import { exportRun } from './export-run.ts'
import { loadModelInTraining } from './model-in-training.ts'
import type { RunStore } from './run-store.ts'
import { readSave } from './saves.ts'
import { runTraining } from './training-run.ts'

/**
 * Every form of export of the three families, read back: tensors by this project and by another reader of safetensors, and
 * what the loaded model says beside what the trained one said.
 */

const PROMPT = 'Q 3 5 7 > 15\n'
const STEPS = ['3+5=8 : 7 8\n', '7+8=15 : 15\n', 'A 15\n']
const ROWS: Readonly<Record<string, object>> = {
  sft: { prompt: PROMPT, completion: STEPS.join('') },
  'process-reward': { prompt: PROMPT, completions: STEPS.map((step) => step.trim()), labels: [true, 0.25, false] },
  'outcome-reward': { prompt: PROMPT, completion: STEPS.join(''), label: true },
  'ranked-reward': { prompt: PROMPT, chosen: STEPS.join(''), rejected: 'A 7\n' },
  'implicit-process-reward': { prompt: PROMPT, completion: STEPS.join(''), label: true },
}
const COMMON = {
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 23,
  max_position_embeddings: 128,
  eos_token_id: 22,
}
const FAMILIES = {
  llama: { ...COMMON, model_type: 'llama', tie_word_embeddings: true, attention_bias: true, mlp_bias: true },
  qwen2: { ...COMMON, model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'], rope_theta: 1e6 },
  mistral: { ...COMMON, model_type: 'mistral', sliding_window: 8 },
  qwen3: { ...COMMON, model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'], head_dim: 16 },
}
const CLASSES = { llama: 'Llama', mistral: 'Mistral', qwen2: 'Qwen2', qwen3: 'Qwen3' }
const LOW_RANK = { kind: 'low-rank' as const, rank: 3, alpha: 24, targets: ['all-linear'] }

let backend: Backend
let small: CheckpointFiles
beforeAll(async () => {
  backend = (await openBackend({ choice: 'wasm' })).backend
  small = await openCheckpointDirectory('public/checkpoints/countdown-policy')
})
afterAll(() => backend.dispose())

async function modelOf(family: keyof typeof FAMILIES): Promise<CheckpointFiles> {
  const tokenizer = (await readJson(small, 'tokenizer.json')) as object
  const manifest = { role: 'policy', task: 'countdown', step_end: '\n' }
  return randomCheckpoint(FAMILIES[family], { 'tokenizer.json': tokenizer, 'stepscope.json': manifest })
}

async function trained(
  model: CheckpointFiles,
  objective: TrainingRecipe['objective'],
  method: RecipeInput['method'],
): Promise<{ readonly recipe: TrainingRecipe; readonly store: RunStore; readonly weights: Tensors }> {
  const recipe = readRecipe({
    objective,
    model: 'random',
    method,
    steps: 2,
    batch: 2,
    maxTokens: 64,
    passTokens: 128,
    evaluateProblems: 0,
    data: { source: 'file', file: 'rows.jsonl' },
    optimizer: { learningRate: 0.02, warmupSteps: 0 },
  })
  const store = memoryStore()
  const text = `${JSON.stringify(ROWS[objective])}\n`.repeat(3)
  const context = { backend, model, reference: null, rewardModel: null, store, clock: () => 0 }
  const rest = { data: { name: 'rows.jsonl', text }, signal: new AbortController().signal, gate: async () => {} }
  for await (const event of runTraining({ ...context, ...rest }, recipe)) expect(event.type).not.toBe('skipped')
  const saved = await readSave(store)
  return { recipe, store, weights: saved?.weights ?? new Map() }
}

/** What the trained weights say in the trainer: log-probabilities of the response's tokens, and the score of each step. */
async function saidInTraining(model: CheckpointFiles, recipe: TrainingRecipe, weights: Tensors) {
  const trained = await loadModelInTraining(backend, model, recipe)
  try {
    await trained.model.write('weights', weights)
    const encoder = new RowEncoder(trained, taskById('countdown'), recipe.maxTokens)
    const sequence: TrainingSequence = trained.newHead
      ? encoder.scored(PROMPT, STEPS, () => 'completions')
      : encoder.completion(PROMPT, STEPS.join(''))
    const [[said] = []] = await evaluateItems(trained.model, () => [sequence], [{ id: 'one' }])
    return trained.newHead ? Array.from(said?.scores ?? [], sigmoid) : Array.from(said?.logprobs ?? [])
  } finally {
    trained.model.dispose()
  }
}

/** The same of the exported folder, loaded as any other. */
async function saidByExport(files: CheckpointFiles, rewards: boolean): Promise<number[]> {
  if (rewards) {
    const reward = await loadRewardModel(backend, files, {}, createDecoder)
    const { branch } = await reward.open(PROMPT)
    const [scored] = await reward.score([{ branch, steps: STEPS }])
    reward.model.dispose()
    return [...(scored?.scores ?? [])]
  }
  const policy = await loadPolicy(backend, files, {}, createDecoder)
  const read = await policy.read(PROMPT, STEPS.join(''), { eos: true })
  policy.model.dispose()
  return read.map(({ logprob }) => logprob)
}

const moduleOf = (name: string) => `base_model.model.${name.replace(/\.weight$/, '')}`

/** A trained tensor, W + alpha / rank · B·A of a low-rank one, or the model's own. */
async function expectedTensor(name: string, model: CheckpointFiles, weights: Tensors): Promise<readonly number[]> {
  const own = weights.get(name)
  if (own !== undefined) return [...own.data]
  const before = await (await openWeights(model)).read(name)
  const [a, b] = ['A', 'B'].map((part) => weights.get(`${moduleOf(name)}.lora_${part}.weight`))
  if (a === undefined || b === undefined) return [...before]
  const [rank = 0, inputs = 0] = a.shape
  return [...before].map((value, index) => {
    const [output, input] = [Math.floor(index / inputs), index % inputs]
    let sum = 0
    for (let r = 0; r < rank; r++) sum += (b.data[output * rank + r] ?? 0) * (a.data[r * inputs + input] ?? 0)
    return value + (LOW_RANK.alpha / LOW_RANK.rank) * sum
  })
}

const furthest = (found: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(found.length).toBe(expected.length)
  return Math.max(...Array.from(found, (value, index) => Math.abs(value - (expected[index] ?? Number.NaN))))
}

describe.each(['llama', 'qwen2', 'qwen3', 'mistral'] as const)('%s', (family) => {
  test.each([
    ['sft', 'full'],
    ['sft', 'low-rank'],
    ['implicit-process-reward', 'full'],
    ['process-reward', 'full'],
    ['process-reward', 'low-rank'],
    ['outcome-reward', 'full'],
    ['ranked-reward', 'low-rank'],
  ] as const)('%s, %s', async (objective, kind) => {
    const model = await modelOf(family)
    const rewards = objective !== 'sft' && objective !== 'implicit-process-reward'
    const method = kind === 'full' ? { kind } : LOW_RANK
    const { recipe, store, weights } = await trained(model, objective, method)
    const folder = await exportRun({ model, store }, 'model')
    const files = memoryFiles(Object.fromEntries(folder) as Record<string, Uint8Array<ArrayBuffer>>)

    const config = (await readJson(files, 'config.json')) as Record<string, unknown>
    expect(config.architectures).toEqual([`${CLASSES[family]}For${rewards ? 'TokenClassification' : 'CausalLM'}`])
    const own = await openWeights(files)
    const other = safetensors.parse((folder.get('model.safetensors') ?? new Uint8Array()).slice())
    expect(Object.keys(other.tensors).sort()).toEqual([...own.entries.keys()].sort())
    for (const [name, { shape, data }] of Object.entries(other.tensors)) {
      const read = await own.read(name)
      expect([name, shape, furthest(read, data as Float32Array)]).toEqual([name, own.shape(name), 0])
      expect(furthest(read, await expectedTensor(name, model, weights))).toBeLessThan(kind === 'full' ? 1e-12 : 1e-7)
    }

    const before = await saidByExport(rewards ? files : model, rewards)
    const [said, expected] = [await saidByExport(files, rewards), await saidInTraining(model, recipe, weights)]
    expect(furthest(said, expected)).toBeLessThan(2e-5)
    expect(said).toHaveLength(rewards ? STEPS.length : STEPS.join('').length + 1)
    if (rewards) expect(said.some((score) => Math.abs(score - 0.5) > 1e-3)).toBe(true)
    else expect(furthest(said, before)).toBeGreaterThan(1e-2)

    if (kind === 'full') return
    const adapter = await exportRun({ model, store }, 'adapter')
    const stored = safetensors.parse((adapter.get('adapter_model.safetensors') ?? new Uint8Array()).slice()).tensors
    const named = (name: string) => (name.startsWith('base_model.') ? name : `base_model.model.${name}`)
    expect(Object.keys(stored).sort()).toEqual([...weights.keys()].map(named).sort())
    for (const [name, { data }] of weights) expect(furthest(stored[named(name)]?.data as Float32Array, data)).toBe(0)
    expect(Object.keys(stored).filter((name) => name.includes('lora_A'))).toHaveLength(2 * 7)
    const json = JSON.parse(new TextDecoder().decode(adapter.get('adapter_config.json')))
    expect(json).toMatchObject({ r: 3, lora_alpha: 24, task_type: rewards ? 'TOKEN_CLS' : 'CAUSAL_LM' })
  })
})
