import { holm } from '../core/paired-tests.ts'
import type { Side } from './compare.ts'
import { rateOf, sideAt, sideOf, testSides } from './compare.ts'
import type { ScalingLine } from './lines.ts'
import { linesOf } from './lines.ts'
import type { Rate, SweepTable } from './table.ts'

/** Below this, corrected, a difference is shown. */
export const SHOWN_BELOW = 0.05

/** Where strategies are compared: at equal FLOPs a problem, or at an equal budget, whatever it costs. */
export type Level = { readonly flops: number } | { readonly budget: number }

export interface MapCell {
  /** Of the line with the highest accuracy; where several have it, the first. */
  readonly best: string
  readonly accuracy: Rate
  readonly problems: number
  /** Lines that the paired test does not tell from the best one (Holm's correction over the cell's comparisons). */
  readonly tied: readonly string[]
  /** Lines that reach this level. */
  readonly compared: readonly string[]
}

/** Where a line stands at a level; null where it was not measured there. */
export function sideAtLevel(line: ScalingLine, level: Level): Side | null {
  if ('flops' in level) return sideAt(line, level.flops)
  const point = line.points.find(({ budget }) => budget === level.budget)
  return point ? sideOf(point) : null
}

/** The best line of a table at a level. Null where no line reaches it. */
export function bestAt(table: SweepTable, lines: readonly ScalingLine[], level: Level): MapCell | null {
  const reached = lines.flatMap((line) => {
    const side = sideAtLevel(line, level)
    const accuracy = side && rateOf(table, side)
    return side && accuracy ? [{ id: line.id, side, accuracy }] : []
  })
  const best = reached.reduce<(typeof reached)[number] | null>(
    (leader, one) => (leader === null || one.accuracy.rate > leader.accuracy.rate ? one : leader),
    null,
  )
  if (best === null) return null
  const others = reached.filter((one) => one !== best)
  const corrected = holm(others.map(({ side }) => testSides(table, best.side, side) ?? 1))
  const { problems, rate, interval } = best.accuracy
  return {
    best: best.id,
    accuracy: { rate, interval },
    problems,
    tied: others.filter((_, index) => (corrected[index] as number) >= SHOWN_BELOW).map(({ id }) => id),
    compared: reached.map(({ id }) => id),
  }
}

/**
 * FLOPs a problem, powers of two, at most eight, from the first that two lines reach to the last that two do.
 * Empty where there are none.
 */
export function flopLevels(lines: readonly ScalingLine[]): number[] {
  const reach = lines.flatMap(({ points }) => {
    const [first, last] = [points[0], points.at(-1)]
    if (first === undefined || last === undefined) return []
    return [{ low: first.cost.flops, high: last.budget === null ? Number.POSITIVE_INFINITY : last.cost.flops }]
  })
  const low = reach.map((one) => one.low).toSorted((a, b) => a - b)[1]
  const high = reach
    .map((one) => one.high)
    .filter(Number.isFinite)
    .toSorted((a, b) => b - a)[reach.some((one) => one.high === Number.POSITIVE_INFINITY) ? 0 : 1]
  if (low === undefined || high === undefined || low <= 0) return []
  const [first, last] = [Math.ceil(Math.log2(low)), Math.floor(Math.log2(high))]
  const step = Math.max(1, Math.ceil((last - first + 1) / 8))
  const levels: number[] = []
  for (let power = last; power >= first; power -= step) levels.unshift(2 ** power)
  return levels
}

/** The best line of every row and level; rows are tables of the same lines, such as those of the difficulties. */
export function bestMap(tables: readonly SweepTable[], levels: readonly Level[]): (MapCell | null)[][] {
  return tables.map((table) => {
    const lines = linesOf(table.points)
    return levels.map((level) => bestAt(table, lines, level))
  })
}
