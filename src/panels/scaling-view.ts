import type { MapCell } from '../sweep/best-map.ts'
import type { Ceiling } from '../sweep/difficulty.ts'
import type { LeverCell } from '../sweep/levers.ts'
import type { CostedPoint, ScalingLine } from '../sweep/lines.ts'
import { budgetWords } from '../sweep/lines.ts'
import type { MeanCost, Rate } from '../sweep/table.ts'
import { formatNumber } from '../viz/layout/format-number.ts'
import type { PictureAxis, PictureLine, PicturePoint } from '../viz/layout/scaling-layout.ts'
import type { MapCellView } from '../viz/marks/cell-map.tsx'

/** What accuracy is drawn against. */
export type CostAxis = 'flops' | 'tokens' | 'tokensAsked' | 'seconds' | 'budget'

interface AxisWords {
  readonly name: string
  readonly title: string
  readonly unit: string
}

/** For choices of an axis, in their order. */
export const COST_AXES: Readonly<Record<CostAxis, AxisWords>> = {
  flops: { name: 'FLOPs', title: 'FLOPs a problem, both models', unit: 'FLOP' },
  tokens: { name: 'Tokens', title: 'Tokens executed a problem, both models', unit: '' },
  tokensAsked: { name: 'Tokens asked', title: 'Tokens a problem without a tree, both models', unit: '' },
  seconds: { name: 'Time', title: 'Seconds a problem on this machine, with what ran beside it', unit: 's' },
  budget: { name: 'Budget', title: 'Budget: n, iterations or attempts', unit: '' },
}

/** The axis of a picture; budgets have their ticks where they were run. */
export function pictureAxis(axis: CostAxis, lines: readonly ScalingLine[]): PictureAxis {
  const { title, unit } = COST_AXES[axis]
  const format = (value: number) => formatNumber(value, unit)
  if (axis !== 'budget') return { title, scale: 'log', format }
  const budgets = lines.flatMap(({ points }) => points.map((point) => placeOf(point, 'budget')))
  return { title, scale: 'log', format, ticks: [...new Set(budgets)].toSorted((a, b) => a - b) }
}

/** Where a point is on an axis; what has no budget draws one response. */
function placeOf({ cost, budget }: { cost: MeanCost; budget: number | null }, axis: CostAxis): number {
  return axis === 'budget' ? (budget ?? 1) : cost[axis]
}

/**
 * Lines of a picture.
 * @param styleOf the same for a line in all pictures of a table, as its index among all lines
 */
export function pictureLines(
  lines: readonly ScalingLine[],
  axis: CostAxis,
  styleOf: (line: ScalingLine) => number = (line) => lines.indexOf(line),
): PictureLine[] {
  return lines.map((line) => ({
    id: line.id,
    title: line.title,
    style: styleOf(line),
    points: inOrder(
      line.points.map((point) => ({
        id: point.id,
        x: placeOf(point, axis),
        ...heights(point.accuracy),
        words: pointWords(point),
      })),
    ),
  }))
}

/** On a log axis nothing has a place at zero. */
function inOrder(points: readonly PicturePoint[]): PicturePoint[] {
  return points.filter(({ x }) => x > 0).toSorted((a, b) => a.x - b.x)
}

function heights({ rate, interval }: Rate): Pick<PicturePoint, 'y' | 'low' | 'high'> {
  return { y: rate, low: interval[0], high: interval[1] }
}

/** pass@k as a line of a picture; null where it has no place on the axis. */
export function ceilingLine(ceilings: readonly Ceiling[], axis: CostAxis, style: number): PictureLine | null {
  const points = ceilings.flatMap((ceiling): PicturePoint[] => {
    const { k, cost, problems } = ceiling
    const x = axis === 'budget' ? k : cost?.[axis]
    if (x === undefined) return []
    const words = `k = ${k}: ${rateWords(ceiling)}, ${problemWords(problems)}`
    return [{ id: `pass@${k}`, x, ...heights(ceiling), words }]
  })
  return points.length === 0 ? null : { id: 'pass@k', title: 'pass@k', style, points: inOrder(points), ceiling: true }
}

/** `n = 16: 63.4 % (58.9 to 67.7 %), 500 problems, 1.2 GFLOP, 340 tokens a problem`. */
export function pointWords(point: CostedPoint): string {
  const { accuracy, problems, judged, cost, errors } = point
  const budget = budgetWords(point)
  const said = [
    rateWords(accuracy),
    judged > problems ? `${problemWords(problems)}, ${judged} results` : problemWords(problems),
    formatNumber(cost.flops, 'FLOP'),
    `${formatNumber(Math.round(cost.tokens))} tokens a problem`,
    ...(errors > 0 ? [`${errors} failed`] : []),
  ]
  return `${budget === null ? '' : `${budget}: `}${said.join(', ')}`
}

/** `63.4 % (58.9 to 67.7 %)`: a share with its 95 % interval. */
export function rateWords({ rate, interval }: Rate): string {
  return `${percent(rate)} % (${percent(interval[0])} to ${percent(interval[1])} %)`
}

function percent(share: number): string {
  return (100 * share).toFixed(1).replace(/\.0$/, '')
}

function problemWords(problems: number): string {
  return `${problems} problem${problems === 1 ? '' : 's'}`
}

/** Cells of the map of the best strategy. */
export function bestMapCells(
  cells: readonly (readonly (MapCell | null)[])[],
  lines: readonly Pick<ScalingLine, 'id' | 'title'>[],
): (MapCellView | null)[][] {
  const styleOf = (id: string) => lines.findIndex((line) => line.id === id)
  const titleOf = (id: string) => lines[styleOf(id)]?.title ?? id
  return cells.map((row, rowIndex) =>
    row.map((cell, column): MapCellView | null => {
      if (cell === null) return null
      const { best, tied, compared, accuracy, problems } = cell
      const share = `${rateWords(accuracy)}, ${problemWords(problems)}`
      return {
        id: `${rowIndex}:${column}`,
        styles: [best, ...tied].map(styleOf),
        text: `${(100 * accuracy.rate).toFixed(0)} %`,
        undecided: tied.length > 0,
        words: verdictOf(titleOf(best), tied.map(titleOf), compared.length, share),
      }
    }),
  )
}

function verdictOf(best: string, tied: readonly string[], compared: number, share: string): string {
  if (compared === 1) return `${best}, ${share}; nothing else was measured at this cost`
  if (tied.length > 0) return `not distinguishable: ${[best, ...tied].join('; ')}. The first has ${share}`
  const others = compared - 1
  return `${best}, ${share}; ahead of ${others === 1 ? 'the other one' : `all ${others} others`} (paired test, Holm’s correction)`
}

/** Cells of the map of training by search: the darker, the more accurate. */
export function leverCells(
  rows: readonly { readonly cells: readonly (LeverCell | null)[] }[],
): (MapCellView | null)[][] {
  return rows.map(({ cells }) =>
    cells.map(
      (cell): MapCellView | null =>
        cell && {
          id: cell.point,
          styles: [],
          text: `${(100 * cell.rate).toFixed(0)} %`,
          shade: cell.rate,
          words: `${rateWords(cell)}, ${problemWords(cell.problems)}, ${formatNumber(cell.flops, 'FLOP')} a problem`,
        },
    ),
  )
}
