import type { Prompt } from '../core/prompt.ts'
import type { RewardModel, Usage } from '../search/models.ts'
import type { PlacedProblem, SetOptions } from './problem-set.ts'
import { defaultConcurrency, overProblems } from './problem-set.ts'
import { addUsage } from './usage.ts'

/** Responses to one prompt; steps with text, each with its step end. */
export interface ScoreProblem extends PlacedProblem {
  readonly prompt: Prompt
  readonly responses: readonly (readonly string[])[]
}

export interface ProblemScores {
  readonly problem: number
  /** Per response one score in [0, 1] per step. */
  readonly scores: readonly (readonly number[])[]
  readonly usage: Usage
}

/** Scores every step of many responses with a reward model, problems side by side. Yields in the order of the problems. */
export async function* scoreResponses(
  reward: RewardModel,
  problems: readonly ScoreProblem[],
  options: SetOptions = {},
): AsyncGenerator<ProblemScores, void> {
  const responses = problems.reduce((sum, problem) => sum + problem.responses.length, 0)
  const concurrency = options.concurrency ?? defaultConcurrency(responses / Math.max(1, problems.length))
  yield* overProblems(problems, concurrency, options, async (problem, index, signal) => {
    const { branch, usage } = await reward.open(problem.prompt)
    try {
      const requests = problem.responses.map((steps) => ({ branch, steps }))
      const scored = await reward.score(requests, signal)
      for (const result of scored) reward.release(result.branch)
      const cost = addUsage(usage, ...scored.map((result) => result.usage))
      return { problem: index, scores: scored.map(({ scores }) => scores), usage: cost }
    } finally {
      reward.release(branch)
    }
  })
}
