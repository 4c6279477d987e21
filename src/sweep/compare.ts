import type { RatioPart } from '../core/bootstrap.ts'
import { bootstrapRatio } from '../core/bootstrap.ts'
import { signFlipTest } from '../core/paired-tests.ts'
import { groupedRate } from '../core/statistics.ts'
import type { CostedPoint, ScalingLine } from './lines.ts'
import type { Rate, SweepTable } from './table.ts'

/** Parts that two budgets are mixed in. */
const PARTS = 20

/** A point, or two neighbouring ones of a line, each with its share of `PARTS`: what a line reaches at a cost. */
export type Side = readonly { readonly id: string; readonly parts: number }[]

export interface Comparison {
  /** Mean over problems of right answers of the first less those of the second, from −1 to 1. */
  readonly difference: number
  /** 95 %, by bootstrap over the problems. */
  readonly interval: readonly [low: number, high: number]
  /** Two-sided, of the sign-flip test by problem: McNemar's exact test where there is one seed. Not corrected. */
  readonly p: number
  /** Problems that both sides were judged on. */
  readonly problems: number
}

export function sideOf({ id }: { readonly id: string }): Side {
  return [{ id, parts: PARTS }]
}

/**
 * What a line reaches with so many FLOPs a problem: between two budgets the mix of both that costs as much, to the nearest
 * twentieth. Null below its first point and beyond its last, where nothing was measured; a line without a budget, such as
 * greedy decoding, cannot use more and reaches the same.
 */
export function sideAt({ points }: Pick<ScalingLine, 'points'>, flops: number): Side | null {
  const after = points.findIndex(({ cost }) => cost.flops >= flops)
  const last = points.at(-1)
  if (after < 0) return last?.budget === null ? sideOf(last) : null
  const high = points[after] as CostedPoint
  if (high.cost.flops === flops) return sideOf(high)
  const low = points[after - 1]
  if (low === undefined) return null
  const parts = Math.round((PARTS * (flops - low.cost.flops)) / (high.cost.flops - low.cost.flops))
  if (parts === 0) return sideOf(low)
  if (parts === PARTS) return sideOf(high)
  return [
    { id: low.id, parts: PARTS - parts },
    { id: high.id, parts },
  ]
}

/** What a side gets right, on the problems that all of its points were judged on. Null where there are none. */
export function rateOf(table: SweepTable, side: Side): (Rate & { readonly problems: number }) | null {
  const groups = scores(table, [{ side, sign: 1 }]).map(({ sum, seeds }) => ({
    successes: sum / PARTS,
    trials: seeds,
  }))
  return groups.length === 0 ? null : { ...groupedRate(groups), problems: groups.length }
}

/** Two sides on the same problems and seeds. Null where there are none. */
export function compareSides(table: SweepTable, first: Side, second: Side): Comparison | null {
  const differences = differencesOf(table, first, second)
  if (differences.length === 0) return null
  const groups: RatioPart[] = differences.map(({ sum, seeds }) => ({ part: sum / PARTS / seeds, whole: 1 }))
  const { ratio, interval } = bootstrapRatio(groups)
  return { difference: ratio, interval, p: testOf(differences), problems: differences.length }
}

/** The p of `compareSides` alone, quick enough for every cell of a map. Null where no problem is judged on both sides. */
export function testSides(table: SweepTable, first: Side, second: Side): number | null {
  const differences = differencesOf(table, first, second)
  return differences.length === 0 ? null : testOf(differences)
}

/** A problem and seed that one side answered right and the other wrong. */
export interface DifferingProblem {
  readonly problem: number
  readonly seed: number
  readonly right: 'first' | 'second'
}

/** Where two points differ, by problem, then seed. */
export function differingProblems(table: SweepTable, first: string, second: string): DifferingProblem[] {
  const found: DifferingProblem[] = []
  const others = table.outcomes(second)
  for (const [problem, seeds] of table.outcomes(first)) {
    for (const [seed, right] of seeds) {
      const other = others.get(problem)?.get(seed)
      if (other !== undefined && other !== right) found.push({ problem, seed, right: right ? 'first' : 'second' })
    }
  }
  return found.toSorted((a, b) => a.problem - b.problem || a.seed - b.seed)
}

interface ProblemScore {
  /** Over its seeds, in parts. */
  readonly sum: number
  readonly seeds: number
}

function differencesOf(table: SweepTable, first: Side, second: Side): ProblemScore[] {
  return scores(table, [
    { side: first, sign: 1 },
    { side: second, sign: -1 },
  ])
}

/** By problem, on the seeds that every point was judged on. */
function scores(table: SweepTable, sides: readonly { readonly side: Side; readonly sign: 1 | -1 }[]): ProblemScore[] {
  const columns = sides.flatMap(({ side, sign }) =>
    side.map(({ id, parts }) => ({ outcomes: table.outcomes(id), parts: sign * parts })),
  )
  const found: ProblemScore[] = []
  for (const [problem, firstSeeds] of columns[0]?.outcomes ?? []) {
    const bySeed = columns.map(({ outcomes, parts }) => ({ seeds: outcomes.get(problem), parts }))
    let sum = 0
    let seeds = 0
    for (const seed of firstSeeds.keys()) {
      if (!bySeed.every((column) => column.seeds?.has(seed))) continue
      seeds += 1
      for (const column of bySeed) if (column.seeds?.get(seed)) sum += column.parts
    }
    if (seeds > 0) found.push({ sum, seeds })
  }
  return found
}

/** Means over seeds as whole numbers of the coarsest unit that they share. */
function testOf(differences: readonly ProblemScore[]): number {
  const seeds = differences.reduce((multiple, one) => (multiple / divisor(multiple, one.seeds)) * one.seeds, 1)
  const whole = differences.map((one) => (one.sum * seeds) / one.seeds)
  const unit = whole.reduce((shared, value) => divisor(shared, Math.abs(value)), 0)
  return signFlipTest(unit === 0 ? whole : whole.map((value) => value / unit))
}

/** Greatest common divisor; of 0 and x it is x. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}
