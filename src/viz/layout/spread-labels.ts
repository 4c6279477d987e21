/**
 * Places of labels moved apart so that none covers another, in the order of the places, within bounds as far as they fit.
 * @param places wanted middles
 * @param heights of the labels, the gaps between them included
 * @returns middles, in the order given
 */
export function spreadLabels(
  places: readonly number[],
  heights: readonly number[],
  [top, bottom]: readonly [number, number],
): number[] {
  const order = places.map((_, index) => index).toSorted((a, b) => (places[a] as number) - (places[b] as number))
  const moved = [...places]
  let free = top
  for (const index of order) {
    const half = (heights[index] as number) / 2
    moved[index] = Math.max(moved[index] as number, free + half)
    free = (moved[index] as number) + half
  }
  let limit = Math.max(bottom, top + heights.reduce((sum, height) => sum + height, 0))
  for (const index of order.toReversed()) {
    const half = (heights[index] as number) / 2
    moved[index] = Math.min(moved[index] as number, limit - half)
    limit = (moved[index] as number) - half
  }
  return moved
}
