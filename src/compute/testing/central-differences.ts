/**
 * Gradient of a function by central differences, in float64: what a backward kernel has to agree with, whatever its
 * formula. The step is relative to the largest |x|; a step of 1e-5 leaves errors near 1e-10 for functions as bent as ours.
 */
export function centralDifferences(
  loss: (x: Float64Array) => number,
  x: ArrayLike<number>,
  relativeStep = 1e-5,
): Float64Array {
  const at = Float64Array.from(x)
  const step = relativeStep * at.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE)
  return at.map((value, i) => {
    at[i] = value + step
    const above = loss(at)
    at[i] = value - step
    const below = loss(at)
    at[i] = value
    return (above - below) / (2 * step)
  })
}
