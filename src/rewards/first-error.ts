/** A trace that was judged step by step, beside where it truly goes wrong. */
export interface JudgedTrace {
  /** Per step in [0, 1]. */
  readonly scores: readonly number[]
  /** Index of the first wrong step; −1 where all are right. */
  readonly firstError: number
}

export interface FirstErrorResult {
  /** Share of wrong traces whose first wrong step was found exactly; null where there are none. */
  readonly errorAccuracy: number | null
  /** Share of right traces in which no step was judged wrong; null where there are none. */
  readonly correctAccuracy: number | null
  /** Harmonic mean of both; null where one is missing. */
  readonly f1: number | null
}

/** First step with a score below the threshold; −1 where there is none. */
export function predictFirstError(scores: readonly number[], threshold: number): number {
  return scores.findIndex((score) => score < threshold)
}

/**
 * How well a process reward model finds the first wrong step, as in ProcessBench (Zheng et al., arXiv 2412.06559, §2.4): a
 * model that calls everything right, or everything wrong, has an F1 of 0.
 */
export function firstErrorF1(traces: readonly JudgedTrace[], threshold: number): FirstErrorResult {
  const share = (some: readonly JudgedTrace[]): number | null => {
    if (some.length === 0) return null
    const found = some.filter(({ scores, firstError }) => predictFirstError(scores, threshold) === firstError)
    return found.length / some.length
  }
  const errorAccuracy = share(traces.filter(({ firstError }) => firstError >= 0))
  const correctAccuracy = share(traces.filter(({ firstError }) => firstError < 0))
  return { errorAccuracy, correctAccuracy, f1: harmonicMean(errorAccuracy, correctAccuracy) }
}

function harmonicMean(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null
  return a + b === 0 ? 0 : (2 * a * b) / (a + b)
}
