import { logSumExp, sigmoid } from '../../core/numerics.ts'
import { exp } from '../../core/portable-maths.ts'
import type { Activation } from '../../search/reading.ts'

/** What of an output is kept, and the score that it means. */
export interface ScoreFunction {
  /** Few numbers of an output, which may be as long as the vocabulary. */
  keep(output: Float32Array): readonly number[]
  /** In [0, 1]; NaN where a number is not finite. */
  score(kept: readonly number[]): number
}

/** @param candidates ids of the tokens for right and wrong, where two logits are compared */
export function scoreFunction(activation: Activation, candidates: readonly [number, number] | null): ScoreFunction {
  if (activation === 'candidates') {
    if (candidates === null) throw new TypeError('two tokens are compared')
    const [right, wrong] = candidates
    return {
      keep: (output) => [output[right] as number, output[wrong] as number],
      score: ([one = Number.NaN, other = Number.NaN]) => finite([one, other], () => sigmoid(one - other)),
    }
  }
  return {
    keep: (output) => [...output],
    score: (kept) => finite(kept, () => (activation === 'sigmoid' ? sigmoid(kept[0] ?? 0) : softmax(kept, 1))),
  }
}

/** A sigmoid would make a score of an infinite output. */
function finite(outputs: readonly number[], score: () => number): number {
  return outputs.every(Number.isFinite) ? score() : Number.NaN
}

function softmax(outputs: readonly number[], label: number): number {
  return exp((outputs[label] ?? Number.NEGATIVE_INFINITY) - logSumExp(outputs))
}
