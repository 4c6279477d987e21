import { logSumExp } from '../../core/numerics.ts'
import type { Floats } from '../sequence.ts'

/**
 * The log-odds that a score head's outputs stand for, so that their sigmoid is the score the engine shows: a single
 * output itself; with several labels, label 1 against the others, as sigmoid(s₁ − log Σ exp(others)) is its softmax.
 * @param outputs [heads, labels]
 */
export function scoreLogit(outputs: Floats, head: number, labels: number): number {
  if (labels === 1) return outputs[head] as number
  return (outputs[head * labels + 1] as number) - logSumExp(others(outputs, head, labels))
}

/**
 * Spreads dLoss / dlogit over the outputs.
 * @param slopes dLoss / doutput, [heads, labels]
 */
export function spreadLogit(slopes: Floats, outputs: Floats, head: number, labels: number, slope: number): void {
  if (labels === 1) {
    slopes[head] = slope
    return
  }
  const sum = logSumExp(others(outputs, head, labels))
  for (let label = 0; label < labels; label++) {
    const at = head * labels + label
    slopes[at] = label === 1 ? slope : -slope * Math.exp((outputs[at] as number) - sum)
  }
}

function others(outputs: Floats, head: number, labels: number): number[] {
  return Array.from(outputs.subarray(head * labels, (head + 1) * labels)).filter((_, label) => label !== 1)
}
