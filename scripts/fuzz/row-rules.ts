import type { Rule } from './rules.ts'
import {
  all,
  exactly,
  filled,
  flag,
  list,
  matching,
  nothing,
  number,
  object,
  optional,
  or,
  text,
  whole,
} from './rules.ts'

const different: Rule = (value) => {
  const { chosen, rejected } = value as Record<string, unknown>
  return chosen === rejected ? 'is no choice' : null
}
const sameLength =
  (one: string, other: string): Rule =>
  (value) => {
    const [a, b] = [one, other].map((name) => (Reflect.get(value as object, name) as unknown[]).length)
    return a === b ? null : `${one} is not as long as ${other}`
  }

const omega: Rule = object({ text, mc_value: number(0, 1), children: list((value) => omega(value)) })

export const rowRules = {
  sft: object({ prompt: filled, completion: filled }),
  preference: all(object({ prompt: filled, chosen: filled, rejected: filled }), different),
  unpaired: object({ prompt: filled, completion: filled, label: flag }),
  stepwise: all(
    object({ prompt: filled, completions: list(text, 1), labels: list(or(flag, number(0, 1))) }),
    sameLength('completions', 'labels'),
  ),
  omega,
  rollout: object({
    task: text,
    problem: text,
    prompt: filled,
    index: whole(0, 999_999),
    sample: whole(0, 1023),
    steps: list(
      all(
        object({
          text,
          tokenIds: list(whole()),
          logprobs: list(number(-Number.MAX_VALUE, 1e-4)),
          finish: exactly('step', 'eos', 'length'),
        }),
        sameLength('tokenIds', 'logprobs'),
      ),
    ),
    end: exactly('answer', 'eos', 'length', 'max-steps'),
    verdict: object({ answer: or(text, nothing), correct: flag, explanation: text }),
    source: object({
      policy: text,
      hash: matching(/^[0-9a-f]{16}$/),
      seed: whole(0, 2 ** 32 - 1),
      n: whole(1, 1024),
      temperature: number(0),
      topP: number(5e-324, 1),
      topK: whole(),
      maxSteps: whole(1),
      maxStepTokens: whole(1),
      stopAtAnswer: flag,
    }),
  }),
} satisfies Readonly<Record<string, Rule>>

const positive = number(5e-324)
const share = number(0, 1)
const strict = (fields: Readonly<Record<string, Rule>>): Rule =>
  optional(object(Object.fromEntries(Object.entries(fields).map(([name, rule]) => [name, optional(rule)])), true))

/** docs/training.md; what is left out has a default. */
export const recipeRule: Rule = all(
  object({ objective: filled, model: filled }),
  strict({
    objective: text,
    task: text,
    model: filled,
    reference: filled,
    rewardModel: filled,
    seed: whole(0, 2 ** 32 - 1),
    steps: whole(1),
    batch: whole(1),
    method: or(
      object({ kind: exactly('full') }, true),
      object(
        {
          kind: exactly('low-rank'),
          rank: optional(whole(1, 256)),
          alpha: optional(positive),
          targets: optional(list(filled, 1)),
        },
        true,
      ),
    ),
    data: or(
      object({ source: exactly('file'), file: filled }, true),
      object(
        {
          source: exactly('generated'),
          difficulties: optional(list(text, 1)),
          problems: optional(whole(1, 1_000_000)),
        },
        true,
      ),
    ),
    optimizer: strict({
      learningRate: positive,
      schedule: exactly('constant', 'linear', 'cosine'),
      warmupSteps: whole(),
      minimumRatio: share,
      beta1: share,
      beta2: share,
      epsilon: positive,
      weightDecay: number(0),
      decayOn: exactly('all', 'matrices'),
      maxNorm: number(0),
    }),
    rollout: strict({
      samples: whole(1),
      temperature: positive,
      topP: share,
      maxSteps: whole(1),
      maxStepTokens: whole(1),
    }),
    reward: strict({ verifier: number(0), format: number(0), outcome: number(0), process: number(0) }),
    labels: strict({ method: exactly('soft', 'hard', 'exact'), completions: whole(1), planted: share }),
    settings: () => null,
    passTokens: whole(1),
    maxTokens: whole(1),
    recompute: flag,
    saveEvery: whole(1),
    evaluateEvery: whole(1),
    evaluateProblems: whole(),
  }),
)

export const manifestRule: Rule = object({
  role: optional(exactly('policy', 'process-reward-model', 'outcome-reward-model')),
  task: optional(filled),
  step_end: optional(or(filled, list(filled, 1))),
  score_at: optional(filled),
  activation: optional(exactly('sigmoid', 'softmax')),
  aggregation: optional(exactly('last', 'min', 'product', 'mean', 'sum-log-odds')),
  prompt: optional(exactly('notation', 'chat', 'completion')),
  system: optional(text),
})
