import { StepscopeError } from '../../core/errors.ts'
import { promptText } from '../../core/prompt.ts'
import type { Ledger, RunSetup, SearchEvent } from '../../search/events.ts'
import type { ModelInfo, Policy, RewardModel, RewardModelInfo } from '../../search/models.ts'
import { promptOf, taskById } from '../../tasks/registry.ts'

const policyInfo: ModelInfo = {
  id: 'countdown-policy',
  hash: '0123456789abcdef',
  family: 'scripted',
  parameters: 1,
  contextLength: 64,
  backend: 'scripted',
  adapter: 'test',
  flops: { token: 2, head: 1, context: 1 },
}
const rewardInfo: RewardModelInfo = { ...policyInfo, id: 'countdown-prm', kind: 'process', aggregation: 'last' }

/** Models that only have names, and read any text: one token a character, score = share of digits in the step. */
const SYNTHETIC_MODELS = {
  policy: {
    info: policyInfo,
    read: (_prompt: string, text: string) =>
      Promise.resolve([...text].map((char, id) => ({ id, text: char, logprob: -0.5, alternatives: [] }))),
  } as unknown as Policy,
  reward: {
    info: rewardInfo,
    open: () => Promise.resolve({ branch: { tokens: 0, handle: null }, usage: {} }),
    score: (requests: readonly { steps: readonly string[] }[]) =>
      Promise.resolve(
        requests.map(({ steps }) => ({
          scores: steps.map(digitShare),
          branch: { tokens: 0, handle: null },
          usage: {},
        })),
      ),
    release: () => {},
  } as unknown as RewardModel,
}

/** As an engine has them that never fails. */
export const SYNTHETIC_ENGINE = {
  ...SYNTHETIC_MODELS,
  lost: new Promise<Error>(() => {}),
  status: () => ({
    backend: 'cpu' as const,
    adapter: 'test',
    software: true,
    note: null,
    bytes: { weights: 10 },
    passes: 0,
    readbackBytes: 0,
  }),
  executedTokens: () => 0,
  dispose: () => {},
}

/** Share of digits among the characters of a step. */
export function digitShare(step: string): number {
  return step.replace(/\D/g, '').length / step.length
}

/**
 * A search without models, in the shape of a real one: `maxRounds` rounds of `n` proposals below the best of the last
 * round, each scored, one kept. Every FLOP is a proposal. `solved` paths answer the target.
 */
export async function* syntheticSearch(setup: RunSetup, signal?: AbortSignal): AsyncGenerator<SearchEvent, void> {
  const { n, maxRounds } = setup.config
  const task = taskById(setup.task)
  const problem = task.parse(setup.problem)
  let spent = 0
  let nodes = 1
  const ledger = (): Ledger => {
    const model = { asked: spent * 2, executed: spent, unique: spent, merged: 0, overrun: 0, flops: spent }
    return { policy: model, reward: model }
  }
  yield {
    type: 'started',
    ledger: ledger(),
    setup,
    prompt: promptText(promptOf(task, problem)),
    policy: policyInfo,
    reward: rewardInfo,
  }
  let parent = 0
  const given = setup.prefix.length
  const steps: string[] = []
  for (let round = 1; round <= maxRounds + given; round += 1) {
    const isGiven = round <= given
    const count = isGiven ? 1 : n
    const last = round === maxRounds + given
    const first = nodes
    for (let sample = 0; sample < count; sample += 1) {
      // A real search waits for the device here.
      await new Promise((resolve) => setTimeout(resolve, 0))
      if (signal?.aborted) throw new StepscopeError({ code: 'cancelled', message: 'Cancelled.' })
      spent += 1
      const correct = setup.seed % 2 === 0
      const text = setup.prefix[round - 1] ?? (last ? `A ${sample}\n` : `${sample}+${round}=${sample + round}\n`)
      yield {
        type: 'proposed',
        ledger: ledger(),
        round,
        node: nodes,
        parent,
        text,
        tokens: [{ id: 1, text, logprob: -1 }],
        logprob: -1,
        finish: 'step',
        verdict: last ? { answer: String(sample), correct, explanation: 'A synthetic answer.' } : null,
        samples: [sample],
        given: isGiven,
        reused: false,
      }
      nodes += 1
    }
    for (let node = first; node < nodes; node += 1) {
      const score = 1 / (node - first + 2)
      yield { type: 'scored', ledger: ledger(), round, node, score, pathScore: score }
    }
    for (let node = first; node < nodes; node += 1) {
      const decision = { rule: 'rank', score: 0.5, against: 0.3, rank: node - first + 1, of: count, kept: 1 } as const
      yield { type: node === first ? 'kept' : 'pruned', ledger: ledger(), round, node, decision }
    }
    parent = first
    steps.push(setup.prefix[round - 1] ?? '')
  }
  yield {
    type: 'finished',
    ledger: ledger(),
    reason: 'answered',
    node: parent,
    answer: '0',
    correct: setup.seed % 2 === 0,
    response: steps.join(''),
    explanation: 'A synthetic answer.',
    candidates: [{ node: parent, answer: '0', correct: setup.seed % 2 === 0, pathScore: 0.5, count: 1 }],
  }
}
