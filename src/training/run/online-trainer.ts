import { itemSeed } from '../../core/item-seed.ts'
import { mean } from '../../core/statistics.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import {
  generalizedAdvantages,
  groupAdvantages,
  groupProcessAdvantages,
  shapedRewards,
  whiten,
} from '../../objectives/advantages.ts'
import type { GrpoItem } from '../../objectives/grpo/loss.ts'
import { grpo } from '../../objectives/grpo/loss.ts'
import type { Metrics } from '../../objectives/loss.ts'
import type { PpoItem } from '../../objectives/ppo/loss.ts'
import { ppo } from '../../objectives/ppo/loss.ts'
import type { TrainingSequence } from '../../objectives/sequence.ts'
import { completionSequence } from '../../objectives/sequence.ts'
import { sft } from '../../objectives/sft/loss.ts'
import { selectVerified } from '../../objectives/verified-samples.ts'
import type { ResponseEnd } from '../../rewards/grow-responses.ts'
import type { SampledResponse } from '../../rewards/sample-responses.ts'
import { completionTokens, sampleResponses } from '../../rewards/sample-responses.ts'
import type { RewardModel } from '../../search/models.ts'
import { checkerFor } from '../../tasks/registry.ts'
import { evaluateItems } from '../train-step.ts'
import { DataOrder, shuffled } from './data-order.ts'
import { evaluatePolicy } from './evaluate-policy.ts'
import { openFrozen } from './frozen-model.ts'
import type { LivePolicy } from './live-policy.ts'
import { makeRecipeProblems } from './make-rows.ts'
import type { TrainerContext } from './offline-trainer.ts'
import type { ResponseReward } from './response-rewards.ts'
import { rewardResponses } from './response-rewards.ts'
import type { Trainer, Update } from './trainer.ts'
import { update } from './trainer.ts'

/** Stream of the run's seed that minibatches are drawn by. */
const MINIBATCHES = 0x3b

/** Why responses end without an end of their own. */
const CUT: readonly ResponseEnd[] = ['length', 'max-steps']

/** A response sampled in this step, as a training sequence. */
interface Rollout {
  readonly id: string
  /** Names its problem. */
  readonly group: string
  readonly response: SampledResponse
  readonly reward: ResponseReward
  readonly sequence: TrainingSequence
  readonly logprobs: readonly number[]
}

/** Log-probabilities by a model other than the one in training, per completion token. */
type Frozen = (rollouts: readonly Rollout[]) => Promise<readonly ArrayLike<number>[]>

/** Training on responses that the model gives while it learns: expert iteration, PPO, GRPO. */
export async function onlineTrainer(
  context: TrainerContext & { readonly live: LivePolicy },
  rewardModel: RewardModel | null,
): Promise<Trainer> {
  const { trained, task, recipe, live } = context
  const count = recipe.data.source === 'generated' ? recipe.data.problems : 0
  const problems = await makeRecipeProblems(context.maker, 'train', count)
  const heldOut = await makeRecipeProblems(context.maker, 'held-out', recipe.evaluateProblems)
  const order = new DataOrder(problems.length, recipe.batch, recipe.seed)
  const needsReference = comparesWithReference(recipe)
  const frozen = needsReference ? await frozenLogprobs(context) : null

  async function rollOut(step: number, signal: AbortSignal): Promise<Rollout[]> {
    const chosen = order.indices(step).map((index) => problems[index])
    const set = chosen.map((problem) => ({ prompt: task.prompt(problem), ...checkerFor(task, problem) }))
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
      responses.map((response, index): Rollout => {
        const { tokenIds, logprobs } = completionTokens(response)
        const reward = rewards[group]?.[index]
        if (reward === undefined) throw new RangeError('a response without its reward')
        return {
          id: `step ${step}, problem ${task.format(chosen[group])}, sample ${response.sample + 1}`,
          group: String(group),
          response,
          reward,
          sequence: completionSequence(trained.tokenizer.encodePrompt(response.prompt), tokenIds),
          logprobs,
        }
      }),
    )
  }

  async function updates(rollouts: readonly Rollout[], step: number): Promise<Update[]> {
    const parts = minibatches(recipe, rollouts.length, step)
    const { model } = trained
    const { settings } = recipe
    switch (recipe.objective) {
      case 'grpo': {
        const items = grpoItems(recipe, rollouts, frozen === null ? null : await frozen(rollouts))
        return parts.map((part) => update(model, grpo(settings), pick(items, part)))
      }
      case 'ppo': {
        const items = await ppoItems(context, rollouts, frozen === null ? null : await frozen(rollouts))
        const objective = ppo({ ...settings, entropyCoefficient: 0 })
        return parts.map((part) => update(model, objective, pick(items, part)))
      }
      default: {
        const right = selectVerified(
          rollouts.map(({ id, group, sequence, response }) => ({
            id,
            sequence,
            problem: group,
            tokenIds: sequence.tokenIds,
            right: response.verdict.correct,
          })),
        )
        if (right.length === 0) return []
        return minibatches(recipe, right.length, step).map((part) => update(model, sft, pick(right, part)))
      }
    }
  }

  return {
    data: null,
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

function comparesWithReference({ objective, settings }: TrainingRecipe): boolean {
  return (objective === 'grpo' && settings.beta > 0) || (objective === 'ppo' && settings.klCoefficient > 0)
}

async function frozenLogprobs({ trained, reference }: TrainerContext): Promise<Frozen> {
  const frozen = await openFrozen(trained, reference)
  return async (rollouts) => {
    const said = await evaluateItems(frozen, ({ sequence }: Rollout) => [sequence], rollouts)
    return said.map(([values]) => values?.logprobs ?? [])
  }
}

function grpoItems(
  { reward, settings: { scaleRewards } }: TrainingRecipe,
  rollouts: readonly Rollout[],
  reference: readonly ArrayLike<number>[] | null,
): GrpoItem[] {
  const advantages = new Map<Rollout, number | Float64Array>()
  for (const group of groupsOf(rollouts)) {
    const found =
      reward.process > 0
        ? groupProcessAdvantages(
            group.map(({ logprobs, reward: { byToken } }) => ({ tokens: logprobs.length, rewards: byToken })),
            scaleRewards,
          )
        : [
            ...groupAdvantages(
              group.map(({ reward: { total } }) => total),
              scaleRewards,
            ),
          ]
    group.forEach((rollout, index) => {
      advantages.set(rollout, found[index] ?? 0)
    })
  }
  return rollouts.map((rollout, index) => ({
    id: rollout.id,
    sequence: rollout.sequence,
    group: rollout.group,
    reward: rollout.reward.total,
    advantages: advantages.get(rollout) ?? 0,
    oldLogprobs: rollout.logprobs,
    referenceLogprobs: reference?.[index] ?? null,
  }))
}

/** Rollouts of one problem stand together. */
function groupsOf(rollouts: readonly Rollout[]): Rollout[][] {
  const groups = new Map<string, Rollout[]>()
  for (const rollout of rollouts) {
    const group = groups.get(rollout.group)
    if (group === undefined) groups.set(rollout.group, [rollout])
    else group.push(rollout)
  }
  return [...groups.values()]
}

async function ppoItems(
  { trained, recipe }: TrainerContext,
  rollouts: readonly Rollout[],
  reference: readonly ArrayLike<number>[] | null,
): Promise<PpoItem[]> {
  const { settings } = recipe
  const said = await evaluateItems(trained.model, ({ sequence }: Rollout) => [sequence], rollouts)
  const estimates = rollouts.map(({ logprobs, reward }, index) => {
    const values = said[index]?.[0]?.scores ?? []
    const rewards = shapedRewards({
      // As the same graph says it that the reference is read by: where the two agree, the penalty is exactly 0.
      logprobs: said[index]?.[0]?.logprobs ?? logprobs,
      referenceLogprobs: reference?.[index] ?? null,
      coefficient: settings.klCoefficient,
      rewards: reward.byToken,
    })
    const { discount, lambda } = settings
    return { values, ...generalizedAdvantages({ rewards, values, discount, lambda }) }
  })
  const whitened = whiten(estimates.map(({ advantages }) => advantages))
  return rollouts.map(({ id, sequence, logprobs, reward }, index) => ({
    id,
    sequence,
    oldLogprobs: logprobs,
    oldValues: estimates[index]?.values ?? [],
    referenceLogprobs: reference?.[index] ?? null,
    score: reward.total,
    advantages: whitened[index] ?? [],
    returns: estimates[index]?.returns ?? [],
  }))
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

function pick<T>(items: readonly T[], indices: readonly number[]): T[] {
  return indices.map((index) => items[index] as T)
}

function rolloutMetrics(rollouts: readonly Rollout[]): Metrics {
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
