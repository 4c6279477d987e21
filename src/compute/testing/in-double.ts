/**
 * Numbers for a reference to work on in float64: its arithmetic is float64 already, and what it stores then is, too.
 * Differences of float32 results would leave a gradient few digits.
 */
export function inDouble(values: ArrayLike<number>): Float32Array {
  return Float64Array.from(values) as unknown as Float32Array
}

/** Σ a · b: the loss that gives `a` the gradient `b`. */
export function innerProduct(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0)
}
