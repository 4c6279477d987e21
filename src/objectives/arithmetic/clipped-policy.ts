import { probabilityRatio } from './probability-ratio.ts'

export interface ClippedPolicy {
  readonly loss: number
  /** dLoss / dlogprob. */
  readonly slope: number
  readonly ratio: number
  /** Whether the bound decided: the advantage asks for a step that the ratio has already taken. */
  readonly clipped: boolean
}

/**
 * The clipped surrogate of one token (Schulman et al., arXiv 1707.06347, eq. 7):
 *
 *   loss = −min(ρ A, clip(ρ, 1 − ε, 1 + ε) A),   ρ = π(token) / π_old(token)
 */
export function clippedPolicy(logprob: number, old: number, advantage: number, clip: number): ClippedPolicy {
  const { value: ratio, slope } = probabilityRatio(logprob - old)
  const free = -advantage * ratio
  const bound = -advantage * Math.min(1 + clip, Math.max(1 - clip, ratio))
  const clipped = bound > free
  return { loss: clipped ? bound : free, slope: clipped ? 0 : -advantage * slope, ratio, clipped }
}
