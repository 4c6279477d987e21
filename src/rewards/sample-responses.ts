import { itemSeed } from '../core/item-seed.ts'
import type { Prompt } from '../core/prompt.ts'
import { opening } from '../core/prompt.ts'
import type { Policy, Usage, Verdict } from '../search/models.ts'
import type { GrownResponse, SamplingSettings } from './grow-responses.ts'
import { DEFAULT_SAMPLING, growResponses, writtenSteps } from './grow-responses.ts'
import type { ResponseProblem, SetOptions } from './problem-set.ts'
import { defaultConcurrency, overProblems } from './problem-set.ts'
import { addUsage } from './usage.ts'

/** A response as reinforcement learning, labels and data files need it. */
export interface SampledResponse extends GrownResponse {
  /** Index of its problem in the set, and of the response among those of the problem. */
  readonly problem: number
  readonly sample: number
  readonly prompt: Prompt
  /** The prompt as it was put to the model. */
  readonly sent: string
  /** The whole text after the prompt. */
  readonly text: string
  readonly verdict: Verdict
}

/** The responses to one problem. */
export interface ProblemSamples {
  readonly problem: number
  readonly responses: readonly SampledResponse[]
  readonly usage: Usage
}

export interface SampleOptions extends SetOptions {
  /** Responses per problem. */
  readonly n: number
  readonly seed: number
  readonly sampling?: Partial<SamplingSettings>
}

/**
 * Draws n responses to each problem of a set from the policy, many problems side by side. A response is a function of
 * the seed, its problem's index and its own: the same whatever runs at the same time, and the first n are the same
 * where more are drawn. Yields in the order of the problems.
 */
export async function* sampleResponses(
  policy: Policy,
  problems: readonly ResponseProblem[],
  options: SampleOptions,
): AsyncGenerator<ProblemSamples, void> {
  const { n, seed } = options
  const settings = { ...DEFAULT_SAMPLING, ...options.sampling }
  const concurrency = options.concurrency ?? defaultConcurrency(n)
  yield* overProblems(problems, concurrency, options, async (problem, index, signal) => {
    const opened = await policy.open(problem.prompt)
    try {
      const before = opening(opened.prompt)
      const root = { branch: opened.branch, count: n, seed: itemSeed(seed, index), before }
      const { responses, usage } = await growResponses(policy, [root], problem.isFinal, settings, signal)
      const complete = (responses[0] ?? []).map((response, sample) => ({
        problem: index,
        sample,
        prompt: problem.prompt,
        sent: opened.prompt,
        ...response,
        text: response.steps.map(({ text }) => text).join(''),
        verdict: problem.verify([...before, ...writtenSteps(response.steps)]),
      }))
      return { problem: index, responses: complete, usage: addUsage(opened.usage, usage) }
    } finally {
      policy.release(opened.branch)
    }
  })
}

/** Every token of a completion in order, the end included, with log π of each. */
export function completionTokens(response: GrownResponse): { tokenIds: number[]; logprobs: number[] } {
  return {
    tokenIds: response.steps.flatMap(({ tokenIds }) => tokenIds),
    logprobs: response.steps.flatMap(({ logprobs }) => logprobs),
  }
}
