/** A scored trace beside what else is known of it. */
export interface WeighedTrace {
  readonly scores: readonly number[]
  /** Monte Carlo estimates by step; null where there are none. */
  readonly monteCarlo: readonly (number | null)[] | null
  /** First wrong step, −1 where none is; null where it is not known. */
  readonly firstError: number | null
  /** Whether the final answer is right; null where it is not known. */
  readonly correct: boolean | null
}

export const DISAGREEMENTS = [
  'high-but-fails',
  'low-but-succeeds',
  'right-by-wrong-steps',
  'wrong-with-high-scores',
] as const
export type Disagreement = (typeof DISAGREEMENTS)[number]

export interface DisagreementEntry {
  /** Place of the trace in the list that was given. */
  readonly trace: number
  /** The step that shows it most; null where it is the whole trace. */
  readonly step: number | null
  /** How strong, from 0 to 1. */
  readonly strength: number
}

/**
 * The traces on which a reward model's scores and what else is known disagree, the strongest first:
 * scores high where Monte Carlo runs fail; low where they succeed; a right answer by a wrong step; a wrong answer with scores
 * above the threshold throughout. A step that high and low are told of differs by a half or more.
 */
export function disagreements(
  traces: readonly WeighedTrace[],
  kind: Disagreement,
  threshold = 0.5,
): readonly DisagreementEntry[] {
  const found = traces.flatMap((trace, index) => {
    const entry = FIND[kind](trace, threshold)
    return entry === null ? [] : [{ trace: index, ...entry }]
  })
  return found.sort((a, b) => b.strength - a.strength || a.trace - b.trace)
}

/** Least distance of a score and an estimate that is worth a look. */
const APART = 0.5

const FIND: Readonly<
  Record<Disagreement, (trace: WeighedTrace, threshold: number) => Omit<DisagreementEntry, 'trace'> | null>
> = {
  'high-but-fails': (trace) => farthest(trace, (score, estimate) => score - estimate),
  'low-but-succeeds': (trace) => farthest(trace, (score, estimate) => estimate - score),
  'right-by-wrong-steps': ({ scores, firstError, correct }) => {
    if (correct !== true || firstError === null || firstError < 0) return null
    return { step: firstError, strength: scores[firstError] ?? 0 }
  },
  'wrong-with-high-scores': ({ scores, correct }, threshold) => {
    const least = scores.reduce((low, score) => Math.min(low, score), Number.POSITIVE_INFINITY)
    if (correct !== false || scores.length === 0 || least < threshold) return null
    return { step: null, strength: least }
  },
}

/** The step whose score and estimate lie farthest apart, where that is far. */
function farthest(
  { scores, monteCarlo }: WeighedTrace,
  distance: (score: number, estimate: number) => number,
): Omit<DisagreementEntry, 'trace'> | null {
  let best: { step: number; strength: number } | null = null
  for (const [step, estimate] of (monteCarlo ?? []).entries()) {
    const score = scores[step]
    if (estimate === null || score === undefined) continue
    const strength = distance(score, estimate)
    if (strength >= APART && (best === null || strength > best.strength)) best = { step, strength }
  }
  return best
}
