import { flopWords } from '../core/flop-words.ts'
import { holm } from '../core/paired-tests.ts'
import type { Level } from './best-map.ts'
import { bestAt, SHOWN_BELOW, sideAtLevel } from './best-map.ts'
import type { Comparison } from './compare.ts'
import { compareSides } from './compare.ts'
import type { ScalingLine } from './lines.ts'
import type { SweepTable } from './table.ts'

/** Two things that were compared, and how. */
export interface ComparedPair {
  readonly first: string
  readonly second: string
  readonly comparison: Comparison
  /** `at 2 GFLOP`, `at n = 16`; null where the names say it. */
  readonly at: string | null
  /** Holm's p among all pairs that are compared together, and how many they are; the pair alone where it is left out. */
  readonly among?: { readonly p: number; readonly pairs: number }
}

/** Whether the paired test and the interval both say that there is a difference. */
export function isShown({ comparison, among }: Pick<ComparedPair, 'comparison' | 'among'>): boolean {
  const { p, interval } = comparison
  return (among?.p ?? p) < SHOWN_BELOW && (interval[0] > 0 || interval[1] < 0)
}

/**
 * What a comparison says: “Beam search beats Best of N, PRM at 2 GFLOP by 4 to 11 points (paired, 500 problems)”; or plainly
 * that nothing is shown.
 */
export function comparisonSentence(pair: ComparedPair): string {
  const { first, second, comparison, at, among } = pair
  const [low, high] = comparison.interval
  const problems = `${comparison.problems} problem${comparison.problems === 1 ? '' : 's'}`
  const corrected = among && among.pairs > 1 ? `, Holm’s correction over ${among.pairs} pairs` : ''
  const how = `(95 % interval, paired, ${problems}${corrected})`
  const where = at === null ? '' : ` ${at}`
  if (!isShown(pair)) {
    const range = `between ${points(low)} and ${points(high)} points ${how}`
    return `No difference is shown between ${first} and ${second}${where}: ${range}.`
  }
  const [winner, loser, least, most] = low > 0 ? [first, second, low, high] : [second, first, -high, -low]
  return `${winner} beats ${loser}${where} by ${points(least)} to ${points(most)} points ${how}.`
}

/** Percentage points, whole from 1 up. */
function points(share: number): string {
  const value = 100 * share
  const text = Math.abs(value) >= 0.95 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '')
  return text.replace(/^-0$/, '0').replace('-', '−')
}

/** The best line at a level against each of the others, corrected together; the clearest first. */
export function leaderComparisons(table: SweepTable, lines: readonly ScalingLine[], level: Level): ComparedPair[] {
  const cell = bestAt(table, lines, level)
  const leader = lines.find(({ id }) => id === cell?.best)
  const side = leader && sideAtLevel(leader, level)
  if (!cell || !leader || !side) return []
  const compared = lines.flatMap((line) => {
    const other = line === leader ? null : sideAtLevel(line, level)
    const comparison = other && compareSides(table, side, other)
    return comparison ? [{ first: leader.title, second: line.title, comparison }] : []
  })
  const corrected = holm(compared.map(({ comparison }) => comparison.p))
  return compared
    .map((pair, index) => ({
      ...pair,
      at: levelWords(level),
      among: { p: corrected[index] as number, pairs: compared.length },
    }))
    .toSorted((a, b) => a.among.p - b.among.p || b.comparison.difference - a.comparison.difference)
}

export function levelWords(level: Level): string {
  return 'flops' in level ? `at ${flopWords(level.flops)} a problem` : `at a budget of ${level.budget}`
}
