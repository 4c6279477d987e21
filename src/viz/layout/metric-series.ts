export interface SeriesPoint {
  readonly x: number
  readonly y: number
}

/** A measured value with the bounds of its interval. */
export interface IntervalPoint {
  readonly x: number
  readonly low: number
  readonly high: number
}

/**
 * Exponential moving average of a series. It starts from the mean of the first 1 / (1 − weight) points, as many as it
 * remembers, so that it does not start at one noisy value.
 * @param weight from 0 (as it is) to below 1; how much of a point is what came before
 */
export function smoothed(points: readonly SeriesPoint[], weight: number): SeriesPoint[] {
  const remembered = points.slice(0, Math.max(1, Math.round(1 / (1 - weight))))
  let mean = remembered.reduce((sum, { y }) => sum + y, 0) / remembered.length
  return points.map(({ x, y }) => {
    mean = weight * mean + (1 - weight) * y
    return { x, y: mean }
  })
}

/**
 * Few enough points to draw, in their order: of each of `buckets` stretches of the series its lowest and highest, so that no
 * spike is lost. Series with no more points stay as they are.
 */
export function decimated(points: readonly SeriesPoint[], buckets: number): readonly SeriesPoint[] {
  if (points.length <= 2 * buckets) return points
  const kept: SeriesPoint[] = []
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * points.length) / buckets)
    const end = Math.floor(((bucket + 1) * points.length) / buckets)
    let low = start
    let high = start
    for (let at = start; at < end; at++) {
      const y = (points[at] as SeriesPoint).y
      if (y < (points[low] as SeriesPoint).y) low = at
      if (y > (points[high] as SeriesPoint).y) high = at
    }
    for (const at of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      kept.push(points[at] as SeriesPoint)
    }
  }
  return kept
}

/** The point nearest to a place; points ascend. Null where there are none. */
export function nearestPoint(points: readonly SeriesPoint[], x: number): SeriesPoint | null {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((points[middle] as SeriesPoint).x < x) low = middle + 1
    else high = middle
  }
  const after = points[low] ?? null
  const before = points[low - 1] ?? null
  if (!after || !before) return after ?? before
  return x - before.x <= after.x - x ? before : after
}

/** What a series is of: shares lie from 0 to 1; what is set, as a learning rate, has no noise. */
export type SeriesKind = 'share' | 'measured' | 'set'

/** The least of a share's scale that is shown: a difference of 0.01 stays small. */
const SHARE_SPAN = 0.2
/** The least of any other measured scale, as a share of its largest value. */
const MEASURED_SPAN = 0.05
/** Where 32-bit floats that sum to zero end: no value of its own. */
const ROUNDING = 1e-6

/** Whether no value of a series is further from zero than rounding takes it. */
export function isRounding(points: readonly SeriesPoint[]): boolean {
  return points.length > 0 && points.every(({ y }) => Math.abs(y) < ROUNDING) && points.some(({ y }) => y !== 0)
}

/** The part of the y axis that is shown: all values, and never so little that noise fills it. Null without points. */
export function axisOf(
  series: readonly (readonly SeriesPoint[])[],
  kind: SeriesKind,
): readonly [number, number] | null {
  const extent = extentOf(series)
  if (extent === null || kind === 'set') return extent
  const [low, high] = extent
  const size = Math.max(Math.abs(low), Math.abs(high))
  if (kind === 'share' && low >= 0 && high <= 1) {
    const missing = Math.max(0, SHARE_SPAN - (high - low)) / 2
    const start = Math.min(Math.max(0, low - missing), Math.min(low, 1 - SHARE_SPAN))
    return [start, Math.max(high, Math.min(1, start + Math.max(SHARE_SPAN, high - start)))]
  }
  if (size < ROUNDING) return [-0.001, 0.001]
  const missing = Math.max(0, MEASURED_SPAN * size - (high - low)) / 2
  return [low - missing, high + missing]
}

/** Lowest and highest y of all series; a flat one gets room on both sides. Null where there are no points. */
function extentOf(series: readonly (readonly SeriesPoint[])[]): readonly [number, number] | null {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const points of series) {
    for (const { y } of points) {
      if (y < low) low = y
      if (y > high) high = y
    }
  }
  if (low > high) return null
  const room = low === high ? Math.abs(low) * 0.1 || 1 : 0
  return [low - room, high + room]
}
