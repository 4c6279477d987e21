import { bootstrapRatio } from '../core/bootstrap.ts'
import type { OrderedPairs } from './area-under-curve.ts'
import { orderedPairs } from './area-under-curve.ts'

/** A trace's scores beside its labels, by step. */
export interface LabelledScores {
  readonly scores: readonly number[]
  /** In [0, 1]; right from ½ on; null where a step has none, which then does not count. */
  readonly labels: readonly (number | null)[]
}

/** How well scores tell the steps apart between which a search chooses. */
export interface AreaWithin {
  /** Share of the pairs in which the right step has the higher score, ties half. */
  readonly auc: number
  /** Percentile interval of 95 % of a bootstrap over problems. */
  readonly interval: readonly [low: number, high: number]
  readonly pairs: number
  /** Sets of steps of one problem at one depth that have both labels. */
  readonly groups: number
  /** Problems that have such a set. */
  readonly problems: number
}

/**
 * Area under the curve within problem and depth: of all pairs of a right and a wrong step of the same problem at the same
 * depth, the share in which the right one has the higher score. Unlike the area over all steps, a model earns nothing here by
 * telling easy problems from hard ones, or early steps from late ones. Every pair counts alike, so that problems with many
 * mixed steps weigh more. A step that several traces share counts in each of them.
 *
 * The interval takes whole problems, since pairs of one problem are not independent.
 * @param problems the traces of each problem; scores and labels of a trace have the same length
 * @returns null where no problem has both labels at one depth
 * @throws RangeError where a score is no number
 */
export function areaWithin(problems: readonly (readonly LabelledScores[])[]): AreaWithin | null {
  let groups = 0
  const counts: OrderedPairs[] = []
  for (const traces of problems) {
    let wins = 0
    let pairs = 0
    for (const { scores, labels } of byDepth(traces)) {
      const ordered = orderedPairs(scores, labels)
      if (ordered.pairs === 0) continue
      groups++
      wins += ordered.wins
      pairs += ordered.pairs
    }
    if (pairs > 0) counts.push({ wins, pairs })
  }
  if (groups === 0) return null
  const { ratio, interval } = bootstrapRatio(counts.map(({ wins, pairs }) => ({ part: wins, whole: pairs })))
  const pairs = counts.reduce((sum, own) => sum + own.pairs, 0)
  return { auc: ratio, interval, pairs, groups, problems: counts.length }
}

/** All traces' scores and labels at depth 0, 1, and so on. */
function byDepth(traces: readonly LabelledScores[]): { scores: number[]; labels: number[] }[] {
  const depths: { scores: number[]; labels: number[] }[] = []
  for (const { scores, labels } of traces) {
    for (const [depth, score] of scores.entries()) {
      const label = labels[depth] ?? null
      depths[depth] ??= { scores: [], labels: [] }
      if (label === null) continue
      depths[depth].scores.push(score)
      depths[depth].labels.push(label)
    }
  }
  return depths
}
