import { exp } from '../../core/portable-maths.ts'

/** A ratio of probabilities and its derivative by the logarithm of the upper one. */
export interface Ratio {
  readonly value: number
  readonly slope: number
}

/** e²⁰ is 5 · 10⁸: an honest ratio never comes near it. */
const LIMIT = 20

/**
 * exp(difference) of two log-probabilities. A token that the sampling policy gave almost no chance would make it infinite;
 * beyond e²⁰ it goes on as the tangent, so that loss and gradient stay finite and agree with each other.
 */
export function probabilityRatio(difference: number): Ratio {
  const slope = exp(Math.min(difference, LIMIT))
  return { value: slope * (1 + Math.max(0, difference - LIMIT)), slope }
}
