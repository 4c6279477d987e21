import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { TokenReward } from '../../objectives/advantages.ts'
import { writtenSteps } from '../../rewards/grow-responses.ts'
import type { SampledResponse } from '../../rewards/sample-responses.ts'
import { scoreResponses } from '../../rewards/score-responses.ts'
import type { RewardModel } from '../../search/models.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { taskById } from '../../tasks/registry.ts'

/** What a response earned: in all, and where. */
export interface ResponseReward {
  readonly total: number
  /** By completion token: the outcome's part at the last one, each step's at its end. */
  readonly byToken: readonly TokenReward[]
  /** What the reward model says of the whole response; null without one. */
  readonly proxy: number | null
}

/** Rewards of sampled responses as the recipe weighs them; `responses` are of one problem each. */
export async function rewardResponses(
  recipe: Pick<TrainingRecipe, 'reward' | 'task'>,
  groups: readonly (readonly SampledResponse[])[],
  rewardModel: RewardModel | null,
  signal: AbortSignal,
): Promise<ResponseReward[][]> {
  const task = taskById(recipe.task)
  const { reward } = recipe
  const scores = rewardModel === null ? null : await scoreGroups(rewardModel, groups, signal)
  return groups.map((responses, group) =>
    responses.map((response, index) => {
      const steps = scores?.[group]?.[index] ?? []
      const last = response.steps.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0) - 1
      const ends = stepEnds(response)
      const proxy = scores === null ? null : (steps[steps.length - 1] ?? 0)
      const outcome =
        reward.verifier * (response.verdict.correct ? 1 : 0) +
        reward.format * (response.end === 'eos' && isWellFormed(task, response) ? 1 : 0) +
        reward.outcome * (proxy ?? 0)
      const byStep =
        reward.process === 0
          ? []
          : steps.map((score, step) => ({ token: ends[step] ?? last, value: reward.process * score }))
      const byToken = [...byStep, ...(last < 0 ? [] : [{ token: last, value: outcome }])]
      return { total: byToken.reduce((sum, { value }) => sum + value, 0), byToken, proxy }
    }),
  )
}

/** Every line is a step of the task, and the last one an answer, which need not be right. */
function isWellFormed(task: AnyTask, { steps }: SampledResponse): boolean {
  const { grammar } = task
  if (grammar === undefined) return false
  const kinds = writtenSteps(steps).map((step) => grammar.kind(step))
  return kinds.at(-1) === 'answer' && kinds.slice(0, -1).every((kind) => kind === 'step')
}

/** Index of the last token of each step with text, among the completion's. */
function stepEnds({ steps }: SampledResponse): number[] {
  let tokens = 0
  return steps.flatMap(({ text, tokenIds }) => {
    tokens += tokenIds.length
    return text === '' ? [] : [tokens - 1]
  })
}

async function scoreGroups(
  rewardModel: RewardModel,
  groups: readonly (readonly SampledResponse[])[],
  signal: AbortSignal,
): Promise<(readonly (readonly number[])[])[]> {
  const problems = groups.map((responses) => ({
    prompt: responses[0]?.prompt ?? '',
    responses: responses.map(({ steps }) => writtenSteps(steps)),
  }))
  const found: (readonly (readonly number[])[])[] = []
  for await (const { problem, scores } of scoreResponses(rewardModel, problems, { signal })) found[problem] = scores
  return found
}
