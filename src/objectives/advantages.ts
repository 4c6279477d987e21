import { standardDeviation } from '../core/standard-deviation.ts'
import { mean } from '../core/statistics.ts'

/** A reward that a token completes: the last one for an outcome, a step's last one for a process reward. */
export interface TokenReward {
  /** Index among the completion's tokens. */
  readonly token: number
  readonly value: number
}

/** What a completion was sampled with; arrays are [completion tokens]. */
export interface ShapedRewardInput {
  readonly logprobs: ArrayLike<number>
  /** log π_ref per token; null does without the penalty. */
  readonly referenceLogprobs: ArrayLike<number> | null
  readonly coefficient: number
  readonly rewards: readonly TokenReward[]
}

/**
 * Rewards per token with the penalty for leaving the reference model (Ziegler et al., arXiv 1909.08593, eq. 2), estimated
 * by the sampled token alone (k1): −coefficient · (log π − log π_ref), plus the rewards at the tokens that earn them.
 */
export function shapedRewards({ logprobs, referenceLogprobs, coefficient, rewards }: ShapedRewardInput): Float64Array {
  const shaped = new Float64Array(logprobs.length)
  if (referenceLogprobs) {
    for (let t = 0; t < shaped.length; t++) {
      shaped[t] = -coefficient * ((logprobs[t] as number) - (referenceLogprobs[t] as number))
    }
  }
  addRewards(shaped, rewards)
  return shaped
}

function addRewards(shaped: Float64Array, rewards: readonly TokenReward[]): void {
  for (const { token, value } of rewards) {
    if (!(token >= 0 && token < shaped.length)) {
      throw new RangeError(`a reward at token ${token} of a completion of ${shaped.length}`)
    }
    shaped[token] = (shaped[token] as number) + value
  }
}

export interface AdvantageInput {
  /** Per completion token. */
  readonly rewards: ArrayLike<number>
  /** V of the state before each token. */
  readonly values: ArrayLike<number>
  /** γ */
  readonly discount: number
  /** λ: 0 trusts the next value, 1 only what came. */
  readonly lambda: number
}

/**
 * Generalized advantage estimation (Schulman et al., arXiv 1506.02438, eq. 16) over one completion, whose end has value 0:
 *
 *   A_t = δ_t + γλ A_{t+1},   δ_t = r_t + γ V_{t+1} − V_t
 *
 * Returns, which the value head learns, are A + V.
 */
export function generalizedAdvantages({ rewards, values, discount, lambda }: AdvantageInput): {
  advantages: Float64Array
  returns: Float64Array
} {
  const advantages = new Float64Array(rewards.length)
  const returns = new Float64Array(rewards.length)
  let nextValue = 0
  let nextAdvantage = 0
  for (let t = rewards.length - 1; t >= 0; t--) {
    const value = values[t] as number
    nextAdvantage = (rewards[t] as number) + discount * nextValue - value + discount * lambda * nextAdvantage
    nextValue = value
    advantages[t] = nextAdvantage
    returns[t] = nextAdvantage + value
  }
  return { advantages, returns }
}

/**
 * Advantages of a batch with mean 0 and variance 1 over all its tokens: (A − mean) / √(variance + 10⁻⁸), the variance
 * with n − 1, as in TRL. Of equal advantages, and of a single one, all are exactly 0.
 */
export function whiten(sequences: readonly ArrayLike<number>[]): Float64Array[] {
  const all = sequences.flatMap((sequence) => Array.from(sequence))
  if (areEqual(all)) return sequences.map(({ length }) => new Float64Array(length))
  const centre = mean(all)
  const scale = 1 / Math.sqrt(standardDeviation(all) ** 2 + 1e-8)
  return sequences.map((sequence) => Float64Array.from(sequence, (value) => (value - centre) * scale))
}

/** Keeps groups whose rewards are all equal from dividing by 0. */
const GROUP_EPSILON = 1e-4

/**
 * Advantages of a group's completions over each other (Shao et al., arXiv 2402.03300, §4.1.2):
 * (r − mean) / (std + 10⁻⁴), std with n − 1. Of equal rewards they are exactly 0, whatever the mean is rounded to.
 * @param scaled false does not divide, so that groups with small differences teach little (Liu et al., arXiv 2503.20783)
 */
export function groupAdvantages(rewards: readonly number[], scaled = true): Float64Array {
  if (areEqual(rewards)) return new Float64Array(rewards.length)
  const centre = mean(rewards)
  const scale = scaled ? 1 / (standardDeviation(rewards) + GROUP_EPSILON) : 1
  return Float64Array.from(rewards, (reward) => (reward - centre) * scale)
}

/** A completion whose steps were rewarded. */
export interface RewardedSteps {
  readonly tokens: number
  /** In the order of their tokens. */
  readonly rewards: readonly TokenReward[]
}

/**
 * Advantages per token from process rewards (Shao et al., §4.1.3): all step rewards of the group are normalized together
 * as in `groupAdvantages`, equal ones to exactly 0; a token's advantage is the sum of those that its own and later steps earned.
 */
export function groupProcessAdvantages(completions: readonly RewardedSteps[], scaled = true): Float64Array[] {
  const all = completions.flatMap(({ rewards }) => rewards.map(({ value }) => value))
  if (areEqual(all)) return completions.map(({ tokens }) => new Float64Array(tokens))
  const centre = mean(all)
  const scale = scaled ? 1 / (standardDeviation(all) + GROUP_EPSILON) : 1
  return completions.map(({ tokens, rewards }) => {
    const earned = new Float64Array(tokens)
    addRewards(
      earned,
      rewards.map(({ token, value }) => ({ token, value: (value - centre) * scale })),
    )
    for (let t = tokens - 2; t >= 0; t--) earned[t] = (earned[t] as number) + (earned[t + 1] as number)
    return earned
  })
}

/** Whatever their mean is rounded to, equal numbers do not differ from it. */
function areEqual(values: readonly number[]): boolean {
  return values.every((value) => value === values[0])
}
