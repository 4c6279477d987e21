export interface SeriesPoint {
  readonly x: number
  readonly y: number
}

/**
 * Exponential moving average of a series, corrected for its start: the first point is itself. As TensorBoard smooths.
 * @param weight from 0 (as it is) to below 1; how much of a point is what came before
 */
export function smoothed(points: readonly SeriesPoint[], weight: number): SeriesPoint[] {
  let mean = 0
  let total = 0
  return points.map(({ x, y }) => {
    mean = weight * mean + (1 - weight) * y
    total = weight * total + (1 - weight)
    return { x, y: mean / total }
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

/** Lowest and highest y of all series; a flat one gets room on both sides. Null where there are no points. */
export function extentOf(series: readonly (readonly SeriesPoint[])[]): readonly [number, number] | null {
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
