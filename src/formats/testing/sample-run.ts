import type { Ledger, RunSetup, SearchEvent } from '../../search/events.ts'
import type { ModelInfo, RewardModelInfo } from '../../search/models.ts'
import { DEFAULT_CONFIG } from '../../search/settings.ts'
import type { RunFile } from '../run-file.ts'

const setup: RunSetup = {
  task: 'countdown',
  problem: '3 5 > 15',
  strategy: 'greedy-tree',
  config: { ...DEFAULT_CONFIG, n: 2, m: 2, lookahead: 0, maxStepTokens: 32 },
  seed: 7,
  prefix: [],
}

const policy: ModelInfo = {
  id: 'scripted-policy',
  hash: '0123456789abcdef',
  family: 'scripted',
  parameters: 1,
  contextLength: 64,
  backend: 'scripted',
  adapter: 'test',
  flops: { token: 2, head: 1, context: 1 },
}
const reward: RewardModelInfo = { ...policy, id: 'scripted-prm', kind: 'process', aggregation: 'last' }

function ledger(tokens: number): Ledger {
  const model = { asked: tokens * 2, executed: tokens, unique: tokens, merged: 0, overrun: 0, flops: tokens * 10 }
  return { policy: model, reward: model }
}

const decision = { score: 0.9, against: 0.2, rank: 1, of: 2, kept: 1 }

/** A small run by hand: two proposals, one kept, then the answer. */
export const SAMPLE_EVENTS: readonly SearchEvent[] = [
  { type: 'started', ledger: ledger(4), setup, prompt: 'Q 3 5 > 15\n', policy, reward },
  ...[1, 2].map(
    (node): SearchEvent => ({
      type: 'proposed',
      ledger: ledger(4 + node),
      round: 1,
      node,
      parent: 0,
      text: node === 1 ? '3*5=15 : 15\n' : '3+5=8 : 8\n',
      tokens: [{ id: 3, text: '3', logprob: -0.25 }],
      logprob: -0.25,
      finish: 'step',
      verdict: null,
      samples: [node - 1],
      given: false,
      reused: false,
    }),
  ),
  { type: 'scored', ledger: ledger(7), round: 1, node: 1, score: 0.9, pathScore: 0.9 },
  { type: 'scored', ledger: ledger(8), round: 1, node: 2, score: 0.2, pathScore: 0.2 },
  { type: 'kept', ledger: ledger(8), round: 1, node: 1, decision: { rule: 'rank', ...decision } },
  {
    type: 'pruned',
    ledger: ledger(8),
    round: 1,
    node: 2,
    decision: { rule: 'rank', ...decision, score: 0.2, against: 0.9, rank: 2 },
  },
  {
    type: 'proposed',
    ledger: ledger(10),
    round: 2,
    node: 3,
    parent: 1,
    text: 'A 15\n',
    tokens: [{ id: 9, text: 'A', logprob: -0.125 }],
    logprob: -0.125,
    finish: 'step',
    verdict: { answer: '15', correct: true, explanation: '15 is the target.' },
    samples: [0, 1],
    given: false,
    reused: false,
  },
  { type: 'scored', ledger: ledger(11), round: 2, node: 3, score: 0.95, pathScore: 0.95 },
  {
    type: 'kept',
    ledger: ledger(11),
    round: 2,
    node: 3,
    decision: { rule: 'candidate', score: 0.95, against: null, rank: 1, of: 1, kept: 1 },
  },
  {
    type: 'finished',
    ledger: ledger(11),
    reason: 'answered',
    node: 3,
    answer: '15',
    correct: true,
    response: '3*5=15 : 15\nA 15\n',
    explanation: '15 is the target.',
    candidates: [{ node: 3, answer: '15', correct: true, pathScore: 0.95, count: 2 }],
  },
]

export const SAMPLE_RUN: Omit<RunFile, 'format' | 'version'> = {
  app: '0.1.0',
  createdAt: '2026-01-02T03:04:05.000Z',
  title: '3 5 > 15 · greedy-tree',
  status: 'finished',
  setup,
  models: { policy, reward },
  measured: { wallMs: 12.5, passes: 9, peakBytes: 1024, readbackBytes: 360 },
  parent: { run: 'parent-run', node: 2, event: 6 },
  selected: { event: 7, node: 3 },
  events: SAMPLE_EVENTS,
}
