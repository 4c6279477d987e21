import type { CostedPoint } from './lines.ts'
import { isCosted } from './lines.ts'
import type { MeanCost, SweepPoint } from './table.ts'

/**
 * The Pareto front: points that no other is as cheap as and more accurate, or as accurate as and cheaper, by what was
 * measured; neighbours on it need not be distinguishable. From the cheapest on; of equal points the first.
 */
export function paretoFront(points: readonly SweepPoint[], cost: keyof MeanCost): CostedPoint[] {
  const byCost = points
    .filter(isCosted)
    .toSorted((a, b) => a.cost[cost] - b.cost[cost] || b.accuracy.rate - a.accuracy.rate)
  let best = Number.NEGATIVE_INFINITY
  return byCost.filter(({ accuracy }) => {
    if (accuracy.rate <= best) return false
    best = accuracy.rate
    return true
  })
}
