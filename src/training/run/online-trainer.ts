import { itemSeed } from '../../core/item-seed.ts'
import { mean } from '../../core/statistics.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { Metrics } from '../../objectives/loss.ts'
import type { AnyOnlineObjective } from '../../objectives/registry.ts'
import type { Rollout } from '../../objectives/rollout.ts'
import { completionSequence } from '../../objectives/sequence.ts'
import type { ResponseEnd } from '../../rewards/grow-responses.ts'
import type { SampledResponse } from '../../rewards/sample-responses.ts'
import { completionTokens, sampleResponses } from '../../rewards/sample-responses.ts'
import type { RewardModel } from '../../search/models.ts'
import { checkerFor, promptOf } from '../../tasks/registry.ts'
import { evaluateItems } from '../train-step.ts'
import { DataOrder, shuffled } from './data-order.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import { openFrozen } from './frozen-model.ts'
import type { LivePolicy } from './live-policy.ts'
import type { TrainerContext } from './offline-trainer.ts'
import type { ResponseReward } from './response-rewards.ts'
import { rewardResponses } from './response-rewards.ts'
import { loadProblems } from './run-problems.ts'
import type { Trainer, Update } from './trainer.ts'
import { update } from './trainer.ts'

/** Stream of the run's seed that minibatches are drawn by. */
const MINIBATCHES = 0x3b

/** Why responses end without an end of their own. */
const CUT: readonly ResponseEnd[] = ['length', 'max-steps']

/** A response sampled in this step, as a training sequence. */
interface SampledRollout extends Rollout {
  readonly response: SampledResponse
  readonly reward: ResponseReward
}

/** Log-probabilities by a model other than the one in training, per completion token. */
type Frozen = (rollouts: readonly Rollout[]) => Promise<readonly ArrayLike<number>[]>

/** Training on responses that the model gives while it learns. */
export async function onlineTrainer(
  context: TrainerContext & { readonly live: LivePolicy },
  objective: AnyOnlineObjective,
  rewardModel: RewardModel | null,
): Promise<Trainer> {
  const { trained, task, recipe, live } = context
  const source = { task, recipe, data: context.data, signal: context.maker.signal }
  const { train: problems, heldOut, record } = await loadProblems(source, trained)
  const order = new DataOrder(problems.length, recipe.batch, recipe.seed)
  const lossFunction = objective.loss(recipe.settings)
  const frozen = objective.comparesWithReference(recipe.settings) ? await frozenLogprobs(context) : null

  async function rollOut(step: number, signal: AbortSignal): Promise<SampledRollout[]> {
    const chosen = order.indices(step).map((index) => problems[index])
    const set = chosen.map((problem) => ({ prompt: promptOf(task, problem), ...checkerFor(task, problem) }))
    const { samples: n, temperature, topP, maxSteps, maxStepTokens } = recipe.rollout
    const groups: SampledResponse[][] = []
    for await (const { problem, responses } of sampleResponses(await live.refresh(), set, {
      n,
      seed: itemSeed(recipe.seed, step),
      sampling: { temperature, topP, maxSteps, maxStepTokens, maxTokens: recipe.maxTokens, stopAtAnswer: false },
      signal,
    })) {
      groups[problem] = responses.filter((response) => completionTokens(response).tokenIds.length > 0)
    }
    const rewards = await rewardResponses(recipe, groups, rewardModel, signal)
    return groups.flatMap((responses, group) =>
      responses.map((response, index): SampledRollout => {
        const { tokenIds, logprobs } = completionTokens(response)
        const reward = rewards[group]?.[index]
        if (reward === undefined) throw new RangeError('a response without its reward')
        return {
          id: `step ${step}, problem ${task.format(chosen[group])}, sample ${response.sample + 1}`,
          group: String(group),
          response,
          right: response.verdict.correct === true,
          reward,
          sequence: completionSequence(trained.prompts(response.prompt).ids, tokenIds),
          logprobs,
        }
      }),
    )
  }

  async function updates(rollouts: readonly Rollout[], step: number): Promise<Update[]> {
    const items = await objective.items(rollouts, {
      settings: recipe.settings,
      stepRewards: recipe.reward.process > 0,
      reference: frozen === null ? null : await frozen(rollouts),
      read: async () => {
        const said = await evaluateItems(trained.model, sequenceOf, rollouts)
        return said.flat()
      },
    })
    return minibatches(recipe, items.length, step).map((part) => update(trained.model, lossFunction, pick(items, part)))
  }

  return {
    data: record,
    plan: async (step, signal) => {
      const rollouts = await rollOut(step, signal)
      return { updates: await updates(rollouts, step), metrics: rolloutMetrics(rollouts) }
    },
    evaluate: async (_, signal) => {
      const proxies = async (groups: readonly (readonly SampledResponse[])[]) => {
        const rewards = await rewardResponses(recipe, groups, rewardModel, signal)
        return rewards.flat().flatMap(({ proxy }) => proxy ?? [])
      }
      const policy = await live.refresh()
      return evaluatePolicy(policy, task, heldOut, recipe.seed, signal, rewardModel === null ? undefined : proxies)
    },
  }
}

async function frozenLogprobs({ trained, reference }: TrainerContext): Promise<Frozen> {
  const frozen = await openFrozen(trained, reference)
  return async (rollouts) => {
    const said = await evaluateItems(frozen, sequenceOf, rollouts)
    return said.map(([values]) => values?.logprobs ?? [])
  }
}

/** For each update the numbers of its rollouts: all of them once in every inner epoch. */
function minibatches({ seed, settings }: TrainingRecipe, count: number, step: number): number[][] {
  const parts = Math.min(settings.minibatches, count)
  return Array.from({ length: settings.innerEpochs }, (_, epoch) => {
    const order =
      parts === 1
        ? Uint32Array.from({ length: count }, (__, i) => i)
        : shuffled(count, itemSeed(seed, step), MINIBATCHES + epoch)
    return Array.from({ length: parts }, (__, part) => [
      ...order.subarray(Math.floor((part * count) / parts), Math.floor(((part + 1) * count) / parts)),
    ])
  }).flat()
}

const sequenceOf = ({ sequence }: Rollout) => [sequence]

function pick<T>(items: readonly T[], indices: readonly number[]): T[] {
  return indices.map((index) => items[index] as T)
}

function rolloutMetrics(rollouts: readonly SampledRollout[]): Metrics {
  if (rollouts.length === 0) return {}
  const proxies = rollouts.flatMap(({ reward: { proxy } }) => (proxy === null ? [] : [proxy]))
  return {
    'rollout/accuracy': mean(rollouts.map(({ response }) => (response.verdict.correct ? 1 : 0))),
    'rollout/reward': mean(rollouts.map(({ reward }) => reward.total)),
    'rollout/mean_length': mean(rollouts.map(({ logprobs }) => logprobs.length)),
    'completions/clipped_ratio': mean(rollouts.map(({ response: { end } }) => (CUT.includes(end) ? 1 : 0))),
    ...(proxies.length === 0 ? {} : { 'rollout/proxy': mean(proxies) }),
  }
}
