import { exp, log, log1p } from './portable-maths.ts'

/** log Σ exp(xᵢ) without overflow; −∞ for an empty list. */
export function logSumExp(values: Iterable<number>): number {
  const list = [...values]
  let highest = Number.NEGATIVE_INFINITY
  for (const value of list) if (value > highest) highest = value
  if (!Number.isFinite(highest)) return highest
  let sum = 0
  for (const value of list) sum += exp(value - highest)
  return highest + log(sum)
}

/** 1 / (1 + exp(−x)), accurate on both sides. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x))
  const e = exp(x)
  return e / (1 + e)
}

/** log(1 / (1 + exp(−x))) without overflow: close to x where x is very negative. */
export function logSigmoid(x: number): number {
  return Math.min(x, 0) - log1p(exp(-Math.abs(x)))
}

/** log(p / (1 − p)) of a probability moved into [margin, 1 − margin], so that 0 and 1 stay finite. */
export function logOdds(probability: number, margin = 1e-6): number {
  const p = Math.min(1 - margin, Math.max(margin, probability))
  return log(p / (1 - p))
}
