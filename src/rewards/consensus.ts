/** What two sources say of a trace's first wrong step: its index, −1 for none, null where one does not know. */
export interface FirstErrorPair {
  readonly monteCarlo: number | null
  readonly other: number | null
}

/** How traces fare under the filter. */
export interface Consensus {
  /** Places of the traces on which both agree, in their order. */
  readonly kept: readonly number[]
  /** Both know, and say different things. */
  readonly apart: number
  /** One of the two does not know. */
  readonly unknown: number
}

/**
 * Consensus filter: keeps the traces on which Monte Carlo estimates and human or exact labels put the first wrong step at the
 * same place (after Zhang et al., “The Lessons of Developing Process Reward Models”, arXiv 2501.07301, §3).
 */
export function consensus(traces: readonly FirstErrorPair[]): Consensus {
  const kept: number[] = []
  let [apart, unknown] = [0, 0]
  for (const [index, { monteCarlo, other }] of traces.entries()) {
    if (monteCarlo === null || other === null) unknown++
    else if (monteCarlo === other) kept.push(index)
    else apart++
  }
  return { kept, apart, unknown }
}

/**
 * First wrong step by Monte Carlo estimates: the first prefix from which no completion is right. Null where an estimate that
 * would decide it is missing.
 */
export function firstErrorByEstimates(estimates: readonly (number | null)[] | null): number | null {
  if (estimates === null || estimates.length === 0) return null
  const first = estimates.indexOf(0)
  const asked = first < 0 ? estimates : estimates.slice(0, first)
  return asked.some((estimate) => estimate === null) ? null : first
}
