import type { Policy, Usage } from '../search/models.ts'
import type { GivenResponse } from './given-response.ts'
import type { SamplingSettings } from './grow-responses.ts'
import { DEFAULT_SAMPLING } from './grow-responses.ts'
import type { PrefixProblem, PrefixValue } from './prefix-values.ts'
import { PrefixValues } from './prefix-values.ts'
import type { SetOptions } from './problem-set.ts'
import { defaultConcurrency, overProblems } from './problem-set.ts'

/** A problem with the responses whose steps are labelled. */
export interface LabelProblem extends PrefixProblem {
  readonly responses: readonly GivenResponse[]
}

/** Of each step's prefix: `softLabel` and `hardLabel` make the label. */
export type StepValue = Pick<PrefixValue, 'right' | 'runs' | 'from'>

export interface ProblemLabels {
  readonly problem: number
  /** One list per response, one value per step. */
  readonly values: readonly (readonly StepValue[])[]
  readonly usage: Usage
}

export interface LabelOptions extends SetOptions {
  /** Completions per prefix. */
  readonly k: number
  readonly seed: number
  readonly sampling?: Partial<SamplingSettings>
}

/**
 * Monte Carlo step labels (Wang et al., Math-Shepherd, arXiv 2312.08935): from the prefix that ends in each step, k
 * completions by the policy, and how many of them are right. Prefixes that responses to a problem share are estimated
 * once. A value is a function of the seed, prompt, prefix and k. Yields in the order of the problems.
 */
export async function* monteCarloLabels(
  policy: Policy,
  problems: readonly LabelProblem[],
  options: LabelOptions,
): AsyncGenerator<ProblemLabels, void> {
  const { k, seed } = options
  const settings = { k, seed, sampling: { ...DEFAULT_SAMPLING, ...options.sampling } }
  const steps = problems.reduce((sum, { responses }) => sum + prefixesOf(responses).length, 0)
  const concurrency = options.concurrency ?? defaultConcurrency((k * steps) / Math.max(1, problems.length))
  yield* overProblems(problems, concurrency, options, async (problem, index, signal) => {
    const values = new PrefixValues(policy, problem, settings, signal)
    try {
      const found = await values.of(prefixesOf(problem.responses))
      let at = 0
      const perResponse = problem.responses.map((response) =>
        response.steps.map(() => {
          const { right, runs, from } = found[at++] as PrefixValue
          return { right, runs, from }
        }),
      )
      return { problem: index, values: perResponse, usage: values.usage }
    } finally {
      values.close()
    }
  })
}

function prefixesOf(responses: readonly GivenResponse[]): { steps: readonly string[]; ended: boolean }[] {
  return responses.flatMap(({ steps, ended }) =>
    steps.map((_, index) => ({ steps: steps.slice(0, index + 1), ended: ended && index === steps.length - 1 })),
  )
}
