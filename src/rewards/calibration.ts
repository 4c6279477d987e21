/** Predictions whose score lies in one interval of the reliability diagram. */
export interface ReliabilityBin {
  /** The interval [low, high); the last one includes 1. */
  readonly low: number
  readonly high: number
  readonly count: number
  /** Mean score and mean label of its predictions; NaN where it has none. */
  readonly score: number
  readonly label: number
}

/** Mean of (score − label)² (Brier, Monthly Weather Review 78, 1950); soft labels as they are. NaN where there are none. */
export function brierScore(scores: readonly number[], labels: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < scores.length; i++) sum += ((scores[i] as number) - (labels[i] as number)) ** 2
  return sum / scores.length
}

/**
 * The reliability diagram: scores in [0, 1] sorted into intervals of equal width; in a calibrated one the mean label of
 * each interval is its mean score. Soft labels enter the mean as they are.
 */
export function reliabilityBins(scores: readonly number[], labels: readonly number[], bins = 10): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ count: 0, score: 0, label: 0 }))
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number
    const bin = sums[Math.max(0, Math.min(bins - 1, Math.floor(score * bins)))]
    if (bin === undefined) throw new RangeError(`score ${i} is ${score}, which lies in no interval`)
    bin.count++
    bin.score += score
    bin.label += labels[i] as number
  }
  return sums.map(({ count, score, label }, index) => ({
    low: index / bins,
    high: (index + 1) / bins,
    count,
    score: score / count,
    label: label / count,
  }))
}

/**
 * Expected calibration error: the mean distance between score and label of the intervals, each with its share of the
 * predictions (Naeini et al., AAAI 2015; Guo et al., arXiv 1706.04599, eq. 3). NaN where there are no predictions.
 */
export function expectedCalibrationError(scores: readonly number[], labels: readonly number[], bins = 10): number {
  let sum = 0
  for (const { count, score, label } of reliabilityBins(scores, labels, bins)) {
    if (count > 0) sum += count * Math.abs(score - label)
  }
  return sum / scores.length
}
