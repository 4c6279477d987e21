import { mean } from '../../core/statistics.ts'
import { clippedPolicy } from '../arithmetic/clipped-policy.ts'
import { sum, sumOf } from '../arithmetic/sum.ts'
import { checkFinite, checkLength, checkSequence } from '../check-example.ts'
import type { LossFunction } from '../loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../sequence.ts'

export interface PpoSettings {
  /** ε: a ratio counts up to 1 ± ε; 0.2. */
  readonly clip: number
  /** How far a value may move from the one in the rollout and still be rewarded; 0.2. */
  readonly valueClip: number
  /** Weight of the value loss; 0.1. */
  readonly valueCoefficient: number
  /** Weight of the entropy bonus; 0 is usual for language models. */
  readonly entropyCoefficient: number
}

/** A sampled completion; arrays are [completion tokens]. */
export interface PpoItem {
  readonly id: string
  readonly sequence: TrainingSequence
  /** As it was sampled. */
  readonly oldLogprobs: ArrayLike<number>
  readonly oldValues: ArrayLike<number>
  /** For objective/kl alone: the penalty is in the advantages already. Null without a reference model. */
  readonly referenceLogprobs: ArrayLike<number> | null
  /** Score of the whole response, without the penalty. */
  readonly score: number
  /** Whitened over the rollouts' whole batch. */
  readonly advantages: ArrayLike<number>
  readonly returns: ArrayLike<number>
}

/** Sums over the tokens of a completion. */
export interface PpoObservation {
  readonly tokens: number
  readonly score: number
  /** Of the rollout: k1 divergence from the reference model, and −log π. */
  readonly divergence: number | null
  readonly surprise: number
  readonly policyLoss: number
  readonly valueLoss: number
  readonly squaredChange: number
  readonly clipped: number
  readonly ratio: number
}

/**
 * Proximal policy optimization (Schulman et al., arXiv 1707.06347, eq. 7 and 9; value clipping and names as in TRL), the
 * mean over the completion tokens of all sequences of
 *
 *   policy = −min(ρ A, clip(ρ, 1 − ε, 1 + ε) A),   ρ = π / π_old
 *   value  = ½ max((V − R)², (clip(V, V_old − ε_v, V_old + ε_v) − R)²)
 *   loss   = policy + c_v · value − c_e · entropy
 *
 * The value is label 0 of the score head, read where the token is predicted. Advantages A and returns R are those of
 * `generalizedAdvantages` over `shapedRewards`, from verifier, outcome or process rewards alike.
 *
 * objective/* are means over the rollouts of sums over their tokens, policy/*, loss/* and val/ratio means over tokens.
 */
export function ppo({
  clip,
  valueClip,
  valueCoefficient,
  entropyCoefficient,
}: PpoSettings): LossFunction<PpoItem, PpoObservation> {
  return {
    name: 'ppo',
    needs: { logprobs: true, scores: true },
    sequences: ({ sequence }) => [sequence],

    weight({ id, sequence, oldLogprobs, oldValues, referenceLogprobs, score, advantages, returns }) {
      const tokens = sequence.readouts.length
      checkSequence(id, sequence, true)
      checkLength(id, 'log-probabilities of the sampling policy', oldLogprobs, tokens)
      checkLength(id, 'values', oldValues, tokens)
      if (referenceLogprobs) checkLength(id, 'log-probabilities of the reference model', referenceLogprobs, tokens)
      checkFinite(id, 'score', score)
      checkLength(id, 'advantages', advantages, tokens)
      checkLength(id, 'returns', returns, tokens)
      return tokens
    },

    evaluate({ oldLogprobs, oldValues, referenceLogprobs, score, advantages, returns }, values, gradients, total) {
      const [{ logprobs, entropies, scores }] = values as readonly [SequenceValues]
      const [slopes] = gradients as readonly [SequenceGradients]
      const tokens = logprobs.length
      const labels = scores.length / tokens
      let policyLoss = 0
      let valueLoss = 0
      let squaredChange = 0
      let clipped = 0
      let ratio = 0
      for (let t = 0; t < tokens; t++) {
        const logprob = logprobs[t] as number
        const old = oldLogprobs[t] as number
        const policy = clippedPolicy(logprob, old, advantages[t] as number, clip)
        policyLoss += policy.loss
        slopes.logprobs[t] = policy.slope / total
        squaredChange += (logprob - old) ** 2
        clipped += policy.clipped ? 1 : 0
        ratio += policy.ratio

        const value = clippedValue(
          scores[t * labels] as number,
          oldValues[t] as number,
          returns[t] as number,
          valueClip,
        )
        valueLoss += value.loss
        slopes.scores[t * labels] = (valueCoefficient * value.slope) / total
      }
      const entropy = sum(entropies)
      slopes.entropies.fill(-entropyCoefficient / total)
      return {
        loss: (policyLoss + valueCoefficient * valueLoss - entropyCoefficient * entropy) / total,
        observation: {
          tokens,
          score,
          divergence: referenceLogprobs ? sum(oldLogprobs) - sum(referenceLogprobs) : null,
          surprise: -sum(oldLogprobs),
          policyLoss,
          valueLoss,
          squaredChange,
          clipped,
          ratio,
        },
      }
    },

    metrics(observations) {
      const tokens = sumOf(observations, (seen) => seen.tokens)
      const perToken = (figure: (seen: PpoObservation) => number) => sumOf(observations, figure) / tokens
      const divergences = observations.map(({ divergence }) => divergence).filter((value) => value !== null)
      return {
        ...(divergences.length === 0 ? {} : { 'objective/kl': mean(divergences) }),
        'objective/entropy': mean(observations.map(({ surprise }) => surprise)),
        'objective/scores': mean(observations.map(({ score }) => score)),
        'policy/approxkl_avg': perToken(({ squaredChange }) => squaredChange / 2),
        'policy/clipfrac_avg': perToken(({ clipped }) => clipped),
        'loss/policy_avg': perToken(({ policyLoss }) => policyLoss),
        'loss/value_avg': perToken(({ valueLoss }) => valueLoss),
        'val/ratio': perToken(({ ratio }) => ratio),
      }
    },
  }
}

/** ½ of the larger square of one token, and its derivative by the value. */
function clippedValue(value: number, old: number, target: number, clip: number): { loss: number; slope: number } {
  const near = Math.min(old + clip, Math.max(old - clip, value))
  const free = value - target
  const bound = near - target
  // Where the bounded value is the farther one, it is a constant: the value may stay where it went.
  const bounded = bound ** 2 > free ** 2
  return { loss: (bounded ? bound : free) ** 2 / 2, slope: bounded ? 0 : free }
}
