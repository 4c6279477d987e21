/** Sum in float64. */
export function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i] as number
  return total
}

/** Sum of one figure of each item. */
export function sumOf<T>(items: readonly T[], figure: (item: T) => number): number {
  let total = 0
  for (const item of items) total += figure(item)
  return total
}
