import { logSumExp } from '../../core/numerics.ts'
import { exp } from '../../core/portable-maths.ts'
import type { Floats } from '../sequence.ts'

/**
 * The log-odds that a score head's outputs stand for, so that their sigmoid is the score the engine shows: a single
 * output itself; with several labels, label 1 against the others, as sigmoid(s₁ − log Σ exp(others)) is its softmax.
 * @param outputs [readouts, labels]
 */
export function scoreLogit(outputs: Floats, readout: number, labels: number): number {
  if (labels === 1) return outputs[readout] as number
  return (outputs[readout * labels + 1] as number) - logSumExp(others(outputs, readout, labels))
}

/**
 * Spreads dLoss / dlogit over the outputs.
 * @param slopes dLoss / doutput, [readouts, labels]
 */
export function spreadLogit(slopes: Floats, outputs: Floats, readout: number, labels: number, slope: number): void {
  if (labels === 1) {
    slopes[readout] = slope
    return
  }
  const sum = logSumExp(others(outputs, readout, labels))
  for (let label = 0; label < labels; label++) {
    const at = readout * labels + label
    slopes[at] = label === 1 ? slope : -slope * exp((outputs[at] as number) - sum)
  }
}

function others(outputs: Floats, readout: number, labels: number): number[] {
  return Array.from(outputs.subarray(readout * labels, (readout + 1) * labels)).filter((_, label) => label !== 1)
}
