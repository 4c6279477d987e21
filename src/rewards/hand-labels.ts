/** What a person said of a step: right, neutral, wrong, or nothing. */
export type HandLabel = 1 | 'neutral' | 0 | null

/** `first-error`: what lies before the first wrong step is right, what lies behind it is not asked; `every-step`: each by itself. */
export type LabelingMode = 'first-error' | 'every-step'

/**
 * Labels after a person said something of one step. For the first error, “wrong” also says that the steps before it that
 * have no word of their own are right, and takes back what was said behind it; anything else leaves the others alone.
 */
export function labelStep(
  labels: readonly HandLabel[],
  step: number,
  label: HandLabel,
  mode: LabelingMode,
): readonly HandLabel[] {
  return labels.map((own, index) => {
    if (index === step) return label
    if (mode === 'every-step' || label !== 0) return own
    return index > step ? null : own === null || own === 0 ? 1 : own
  })
}

/** First wrong step by these labels; −1 where all steps are labelled and none is wrong; null where that is open. */
export function firstErrorByHand(labels: readonly HandLabel[]): number | null {
  const first = labels.indexOf(0)
  const before = first < 0 ? labels : labels.slice(0, first)
  return labels.length === 0 || before.includes(null) ? null : first
}

/** Steps that a person should look at first: those whose scores lie nearest to the threshold, the most doubtful first. */
export function mostDoubtful(
  traces: readonly (readonly number[])[],
  threshold: number,
): readonly { readonly trace: number; readonly step: number; readonly distance: number }[] {
  return traces
    .flatMap((scores, trace) => scores.map((score, step) => ({ trace, step, distance: Math.abs(score - threshold) })))
    .sort((a, b) => a.distance - b.distance || a.trace - b.trace || a.step - b.step)
}
