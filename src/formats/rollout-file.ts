import { z } from 'zod'
import { BOUNDS, bounded } from '../core/bounds.ts'
import type { ProposalFinish, Verdict } from '../search/models.ts'
import { hash } from './event-schema.ts'
import { LOGPROB_ROUNDING } from './event-sense.ts'
import type { RowFormat } from './json-lines.ts'

/** What determines a file's responses, on every line of it: a line moved elsewhere still says where it is from. */
export interface RolloutSource {
  /** Id and hash of the policy's weights. */
  readonly policy: string
  readonly hash: string
  readonly seed: number
  /** Responses per problem. */
  readonly n: number
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly maxSteps: number
  readonly maxStepTokens: number
  readonly stopAtAnswer: boolean
  /** How the policy was asked, where the command said so: what its chat began with, and what ended its steps. */
  readonly system?: string
  readonly stepEnds?: readonly string[]
}

/** One step with every token of it. */
export interface RolloutStep {
  /** With its step end; '' where the sequence ended at once. */
  readonly text: string
  readonly tokenIds: readonly number[]
  /** log π of each token at temperature 1 (nats), to the last bit of float32. */
  readonly logprobs: readonly number[]
  readonly finish: ProposalFinish
}

/** One sampled response: a line of a rollout file. */
export interface RolloutRow {
  readonly task: string
  /** As the task formats it. */
  readonly problem: string
  /** As the task writes it, the gold answer included; files of before have none, and the text is read. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** The problem's index in the set, and the response's among the problem's: with the seed, the key of its noise. */
  readonly index: number
  readonly sample: number
  readonly prompt: string
  readonly steps: readonly RolloutStep[]
  /** Why it ended. */
  readonly end: 'answer' | 'eos' | 'length' | 'max-steps'
  readonly verdict: Verdict
  readonly source: RolloutSource
}

const step = z
  .object({
    text: z.string(),
    tokenIds: z.array(bounded(BOUNDS.tokenId)),
    logprobs: z.array(z.number().max(LOGPROB_ROUNDING, 'A log-probability is above 0')),
    finish: z.enum(['step', 'eos', 'length']),
  })
  .check(({ value: { tokenIds, logprobs }, issues }) => {
    if (tokenIds.length === logprobs.length) return
    const message = `There must be one log-probability for each token: ${logprobs.length} for ${tokenIds.length} tokens`
    issues.push({ code: 'custom', message, path: ['logprobs'], input: logprobs })
  })

export const ROLLOUT_FORMAT: RowFormat<RolloutRow> = {
  schema: z.object({
    task: z.string(),
    problem: z.string(),
    fields: z.record(z.string(), z.unknown()).exactOptional(),
    index: bounded({ min: 0, max: BOUNDS.problems.max - 1 }),
    sample: bounded({ min: 0, max: BOUNDS.samples.max - 1 }),
    prompt: z.string().min(1, 'The text is empty'),
    steps: z.array(step).max(BOUNDS.responseSteps.max, 'There are too many steps'),
    end: z.enum(['answer', 'eos', 'length', 'max-steps']),
    verdict: z.object({
      answer: z.string().nullable(),
      correct: z.boolean().nullable(),
      vote: z.string().nullable().exactOptional(),
      explanation: z.string(),
    }),
    source: z.object({
      policy: z.string(),
      hash,
      seed: bounded(BOUNDS.seed),
      n: bounded(BOUNDS.samples),
      temperature: z.number().nonnegative(),
      topP: z.number().gt(0).max(1),
      topK: z.int().nonnegative(),
      maxSteps: bounded(BOUNDS.responseSteps),
      maxStepTokens: bounded(BOUNDS.stepTokens),
      stopAtAnswer: z.boolean(),
      system: z.string().exactOptional(),
      stepEnds: z.array(z.string().min(1)).exactOptional(),
    }),
  }),
  example: 'stepscope rollout does',
}

/** A float32 in as few digits as bring it back: nine are always enough. */
export function shortFloat(value: number): number {
  for (const digits of [6, 7, 8]) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}
