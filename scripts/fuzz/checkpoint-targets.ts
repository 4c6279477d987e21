import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { CpuBackend } from '../../src/compute/cpu/cpu-backend.ts'
import { StepscopeError } from '../../src/core/errors.ts'
import type { CheckpointFiles } from '../../src/engine/checkpoint/checkpoint-files.ts'
import { createDecoder } from '../../src/engine/decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from '../../src/engine/load-model.ts'
import { withFiles } from '../../src/engine/testing/memory-files.ts'
import { randomCheckpoint } from '../../src/engine/testing/random-checkpoint.ts'
import { eventSchema } from '../../src/formats/event-schema.ts'
import { runSearch } from '../../src/search/run-search.ts'
import { DEFAULT_CONFIG } from '../../src/search/settings.ts'
import { checkerFor, promptOf, taskById } from '../../src/tasks/registry.ts'
import { manifestRule } from './row-rules.ts'
import type { Rule } from './rules.ts'
import { all, text as aText, exactly, list, number, object, optional, or, whole } from './rules.ts'
import type { Target } from './target.ts'
import { text } from './target.ts'

const FOLDER = 'public/checkpoints/countdown-policy'
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>

const TINY = {
  ...json(`${FOLDER}/config.json`),
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  num_hidden_layers: 2,
  max_position_embeddings: 64,
}
const OTHERS = {
  'generation_config.json': json(`${FOLDER}/generation_config.json`),
  'tokenizer.json': json(`${FOLDER}/tokenizer.json`),
  'tokenizer_config.json': json(`${FOLDER}/tokenizer_config.json`),
}
export const TINY_POLICY = randomCheckpoint(TINY, {
  ...OTHERS,
  'stepscope.json': { role: 'policy', task: 'countdown', step_end: '\n' },
})
export const TINY_REWARD = randomCheckpoint(
  { ...TINY, architectures: ['LlamaForTokenClassification'], num_labels: 1 },
  {
    ...OTHERS,
    'stepscope.json': {
      role: 'process-reward-model',
      task: 'countdown',
      step_end: '\n',
      score_at: '\n',
      activation: 'sigmoid',
      aggregation: 'last',
    },
  },
)
const SMALL = { cacheTokens: 256, slots: 64, maxRows: 64, maxSequences: 16 }

/** What a model that loads is used for; a problem that it cannot read, or a context that is too short, is told as such. */
async function use(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof StepscopeError && error.details.code !== 'internal') return
    throw error
  }
}

async function runPolicy(files: CheckpointFiles): Promise<string | null> {
  const backend = new CpuBackend()
  try {
    const policy = await loadPolicy(backend, files, SMALL, createDecoder)
    const task = taskById('countdown')
    const problem = task.parse('3 5 7 > 15')
    const config = { ...DEFAULT_CONFIG, n: 2, maxRounds: 2, maxStepTokens: 8 }
    const setup = {
      task: 'countdown',
      problem: '3 5 7 > 15',
      strategy: 'sampling',
      config,
      seed: 1,
      prefix: [],
    } as const
    const context = { prompt: promptOf(task, problem), checker: checkerFor(task, problem), policy, reward: null }
    const events: unknown[] = []
    await use(async () => {
      for await (const event of runSearch(setup, context)) events.push(event)
    })
    policy.model.dispose()
    return z.array(eventSchema).safeParse(events).success ? null : 'the search has numbers that are none'
  } finally {
    backend.dispose()
  }
}

async function runReward(files: CheckpointFiles): Promise<string | null> {
  const backend = new CpuBackend()
  try {
    const reward = await loadRewardModel(backend, files, SMALL, createDecoder)
    const scores: number[] = []
    await use(async () => {
      const { branch } = await reward.open('Q 3 5 7 > 15\n')
      const results = await reward.score([{ branch, steps: ['3+5=8 : 7 8\n', '8+7=15 : 15\n'] }])
      for (const { scores: own } of results) scores.push(...own)
    })
    reward.model.dispose()
    return scores.every((score) => score >= 0 && score <= 1) ? null : `scores of ${scores.join(', ')}`
  } finally {
    backend.dispose()
  }
}

const token = (): Rule => whole(0, 22)
const configRule = object({
  hidden_size: whole(1),
  intermediate_size: whole(1),
  num_hidden_layers: whole(1),
  num_attention_heads: whole(1),
  vocab_size: whole(1),
  max_position_embeddings: optional(or(whole(1), exactly(null))),
  rms_norm_eps: optional(number(5e-324)),
  eos_token_id: optional(or(token(), list(token()), exactly(null))),
})
const tokenizerRule = object({
  model: object({
    vocab: (value) => {
      const wrong = Object.entries(value as object).find(([, id]) => whole(0, 22)(id) !== null)
      return wrong ? `${wrong[0]} is no id` : null
    },
  }),
  added_tokens: optional(or(list(object({ id: whole(0, 2 ** 22), content: aText })), exactly(null))),
})

function folderTarget(name: string, file: string, base: CheckpointFiles, run: typeof runPolicy, rule?: Rule): Target {
  return {
    name,
    kind: file.endsWith('.safetensors') ? 'safetensors' : 'json',
    sample: () => SAMPLES.get(name) ?? new Uint8Array(),
    read: (bytes) => run(withFiles(base, { [file]: bytes })),
    silent: (bytes, found) => (found as string | null) ?? rule?.(JSON.parse(text(bytes))) ?? null,
  }
}

const FILES: readonly Parameters<typeof folderTarget>[] = [
  ['config.json', 'config.json', TINY_POLICY, runPolicy, configRule],
  ['generation_config.json', 'generation_config.json', TINY_POLICY, runPolicy],
  ['tokenizer.json', 'tokenizer.json', TINY_POLICY, runPolicy, tokenizerRule],
  ['tokenizer_config.json', 'tokenizer_config.json', TINY_POLICY, runPolicy],
  ['manifest (policy)', 'stepscope.json', TINY_POLICY, runPolicy, manifestRule],
  ['manifest (reward)', 'stepscope.json', TINY_REWARD, runReward, all(manifestRule)],
  ['config.json (reward)', 'config.json', TINY_REWARD, runReward, configRule],
  ['safetensors', 'model.safetensors', TINY_POLICY, runPolicy],
]
const SAMPLES = new Map(
  await Promise.all(
    FILES.map(async ([name, file, base]) => [name, await base.read(file, 0, await base.size(file))] as const),
  ),
)

const WEIGHTS = SAMPLES.get('safetensors') ?? new Uint8Array()
const NAMES = Object.keys(
  JSON.parse(text(WEIGHTS.subarray(8, 8 + Number(new DataView(WEIGHTS.buffer).getBigUint64(0, true))))) as object,
)

/** The index of a checkpoint in shards; here one shard. */
const shards: Target = {
  name: 'safetensors index',
  kind: 'json',
  sample: () => {
    const weight_map = Object.fromEntries(NAMES.map((name) => [name, 'model-00001-of-00001.safetensors']))
    return new TextEncoder().encode(JSON.stringify({ metadata: { total_size: 1 }, weight_map }))
  },
  read: (bytes) =>
    runPolicy(
      withFiles(TINY_POLICY, {
        'model.safetensors': undefined,
        'model.safetensors.index.json': bytes,
        'model-00001-of-00001.safetensors': WEIGHTS,
      }),
    ),
  silent: (_, found) => found as string | null,
}

export const checkpointTargets: readonly Target[] = [...FILES.map((parts) => folderTarget(...parts)), shards]
