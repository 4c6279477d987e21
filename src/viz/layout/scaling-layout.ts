import { scaleLinear, scaleLog } from 'd3'
import { spreadLabels } from './spread-labels.ts'

/** A measured share at a cost. */
export interface PicturePoint {
  readonly id: string
  /** Cost, or whatever the axis is of. */
  readonly x: number
  /** From 0 to 1, with its 95 % interval. */
  readonly y: number
  readonly low: number
  readonly high: number
  /** What a person reads of it, without the line's title: budget, share with interval, problems, cost. */
  readonly words: string
}

export interface PictureLine {
  readonly id: string
  readonly title: string
  /** Which dash, marker and colour it has, from 0: the same in all pictures of a table. */
  readonly style: number
  /** Ascending in x. */
  readonly points: readonly PicturePoint[]
  /** What a perfect choice would reach: drawn thin, without a band. */
  readonly ceiling?: boolean
}

export interface PictureAxis {
  readonly title: string
  readonly scale: 'log' | 'linear'
  /** Places of ticks; by default round ones. */
  readonly ticks?: readonly number[]
  readonly format: (value: number) => string
}

export interface PictureDomain {
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
}

export interface PlacedPoint extends PicturePoint {
  readonly left: number
  readonly top: number
  readonly bandTop: number
  readonly bandBottom: number
}

export interface PlacedLine extends Omit<PictureLine, 'points'> {
  readonly points: readonly PlacedPoint[]
  /** In pictures without room for titles, what stands for the title: the same in all pictures of a table. */
  readonly letter: string
}

/** A title beside the end of its line. */
export interface PlacedLabel {
  readonly line: PlacedLine
  readonly rows: readonly string[]
  readonly left: number
  /** Middle of its rows. */
  readonly top: number
  /** Where its line ends. */
  readonly from: readonly [left: number, top: number]
}

export interface Tick {
  readonly at: number
  readonly text: string
}

export interface ScalingLayout {
  readonly lines: readonly PlacedLine[]
  readonly labels: readonly PlacedLabel[]
  /** Whether labels are letters, which a legend explains. */
  readonly letters: boolean
  readonly columns: readonly Tick[]
  readonly rows: readonly Tick[]
  /** The field of the points. */
  readonly field: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }
}

export const LABEL_ROW = 13
/** Mean advance of the labels' letters, in pixels. */
const LETTER = 5.9
const MARGIN = { left: 44, top: 10, bottom: 36 }
/** Below this the titles beside the lines would take half of the picture. */
const ROOM_FOR_TITLES = 560
const MOST_TITLE = 26

/** Where everything lies in a picture of lines. Null where no line has a point. */
export function scalingLayout(
  lines: readonly PictureLine[],
  axis: PictureAxis,
  { width, height, small = false }: { readonly width: number; readonly height: number; readonly small?: boolean },
  domain: PictureDomain | null = domainOf(lines, axis),
): ScalingLayout | null {
  if (domain === null) return null
  const drawn = lines.filter(({ points }) => points.length > 0)
  const titles = drawn.map(({ title }) => titleRows(title))
  const heights = titles.map((rows) => rows.length * LABEL_ROW + 2)
  const room = height - MARGIN.top - MARGIN.bottom
  const letters = small || width < ROOM_FOR_TITLES || heights.reduce((sum, one) => sum + one, 0) > room
  const widest = Math.max(0, ...titles.flat().map((row) => row.length))
  const right = width - (letters ? 30 : 30 + widest * LETTER)
  const field = { left: MARGIN.left, right, top: MARGIN.top, bottom: height - MARGIN.bottom }
  const x = (axis.scale === 'log' ? scaleLog : scaleLinear)(domain.x, [field.left + 8, field.right - 8])
  const y = scaleLinear(domain.y, [field.bottom, field.top])
  const placed = drawn.map(
    ({ points, ...line }): PlacedLine => ({
      ...line,
      letter: letterOf(line.style),
      points: points.map((point) => ({
        ...point,
        left: x(point.x),
        top: y(point.y),
        bandTop: y(point.high),
        bandBottom: y(point.low),
      })),
    }),
  )
  const ends = placed.map(({ points }) => points.at(-1) as PlacedPoint)
  const places = spreadLabels(
    ends.map(({ top }) => top),
    letters ? ends.map(() => LABEL_ROW) : heights,
    [field.top - 6, field.bottom + 6],
  )
  return {
    lines: placed,
    letters,
    labels: placed.map((line, index) => ({
      line,
      rows: letters ? [line.letter] : (titles[index] as string[]),
      left: right + 14,
      top: places[index] as number,
      from: [(ends[index] as PlacedPoint).left, (ends[index] as PlacedPoint).top],
    })),
    columns: ticksOf(axis, domain.x, field.right - field.left).map((value) => ({
      at: x(value),
      text: axis.format(value),
    })),
    rows: y.ticks(5).map((value) => ({ at: y(value), text: `${Math.round(100 * value)}` })),
    field,
  }
}

/** What all lines need, so that several pictures may share it. Null where no line has a point. */
export function domainOf(lines: readonly PictureLine[], axis: Pick<PictureAxis, 'scale'>): PictureDomain | null {
  const points = lines.flatMap((line) => line.points)
  if (points.length === 0) return null
  let [left, right, low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, 0]
  for (const line of lines) {
    for (const point of line.points) {
      left = Math.min(left, point.x)
      right = Math.max(right, point.x)
      low = Math.min(low, line.ceiling ? point.y : point.low)
      high = Math.max(high, line.ceiling ? point.y : point.high)
    }
  }
  if (left === right) {
    ;[left, right] = axis.scale === 'log' ? [left / 2, right * 2] : [left - 1, right + 1]
  }
  return { x: [left, right], y: [Math.floor(low * 10) / 10, Math.ceil(high * 10 - 1e-9) / 10] }
}

/** Whole decades, or in less than two of them 1, 2 and 5 times; never closer than their texts are wide. */
function ticksOf(axis: PictureAxis, [low, high]: readonly [number, number], width: number): readonly number[] {
  const most = Math.max(2, Math.floor(width / 56))
  const inside = (values: readonly number[]) => values.filter((value) => value >= low && value <= high)
  if (axis.ticks) return thinned(inside(axis.ticks), most)
  if (axis.scale === 'linear') return scaleLinear([low, high], [0, 1]).ticks(Math.min(6, most))
  const decades = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, index) => 10 ** (Math.floor(Math.log10(low)) + index),
  )
  const fine = inside(decades.flatMap((decade) => [decade, 2 * decade, 5 * decade]))
  if (fine.length <= most) return fine
  return thinned(inside(decades), most)
}

function thinned(values: readonly number[], most: number): readonly number[] {
  const step = Math.ceil(values.length / most)
  return values.filter((_, index) => index % step === 0)
}

/** A title in rows of at most `MOST_TITLE` letters, broken between words; at most three rows. */
function titleRows(title: string): string[] {
  const rows: string[] = []
  for (const word of title.split(' ')) {
    const row = rows.at(-1)
    if (row !== undefined && row.length + 1 + word.length <= MOST_TITLE) rows[rows.length - 1] = `${row} ${word}`
    else rows.push(word)
  }
  const shown = rows.slice(0, 3)
  if (rows.length > shown.length) shown[2] = `${shown[2]}…`
  return shown
}

/** The letter of a line by its style: `A` to `Z`, then `A2`. */
export function letterOf(index: number): string {
  const round = Math.floor(index / 26)
  return `${String.fromCharCode(65 + (index % 26))}${round === 0 ? '' : round + 1}`
}

/** A point by the index of its line and its own on it: one that several lines share has several places. */
export type PointPlace = readonly [line: number, point: number]

/** Where a key goes from a point: along its line, or to the nearest point of the line before or after. Null: nowhere. */
export function neighbourPoint(
  lines: readonly PlacedLine[],
  [line, point]: PointPlace,
  key: string,
): PointPlace | null {
  const there = (otherLine: number, otherPoint: number): PointPlace | null =>
    lines[otherLine]?.points[otherPoint] === undefined ? null : [otherLine, otherPoint]
  switch (key) {
    case 'ArrowLeft':
      return there(line, point - 1)
    case 'ArrowRight':
      return there(line, point + 1)
    case 'Home':
      return there(line, 0)
    case 'End':
      return there(line, (lines[line]?.points.length ?? 0) - 1)
    case 'ArrowUp':
    case 'ArrowDown': {
      const other = line + (key === 'ArrowUp' ? -1 : 1)
      return there(other, nearest(lines[other]?.points ?? [], lines[line]?.points[point]?.left ?? 0))
    }
    default:
      return null
  }
}

/** Index of the point nearest to a place from left to right. */
function nearest(points: readonly PlacedPoint[], left: number): number {
  return points.reduce(
    (best, point, index) => (Math.abs(point.left - left) < Math.abs((points[best]?.left ?? 0) - left) ? index : best),
    0,
  )
}
