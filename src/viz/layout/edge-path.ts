/** A cubic Bézier from the parent's far edge to the child's near edge, in the units it was given. */
export interface EdgeCurve {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  readonly x2: number
  readonly y2: number
  readonly x3: number
  readonly y3: number
}

/** Leaves and arrives along the depth (d3's bump curve): the control points stand half-way between the columns. */
export function edgeCurve(x0: number, y0: number, x3: number, y3: number): EdgeCurve {
  const middle = (x0 + x3) / 2
  return { x0, y0, x1: middle, y1: y0, x2: middle, y2: y3, x3, y3 }
}

const THINNEST = 0.75
const THICKEST = 5

/**
 * Stroke width in pixels of a step the policy gave this log-probability (nats): 0.75 for probability 0 to 5 for 1,
 * growing with the square root, since a step of many tokens is rarely likely.
 */
export function edgeWidth(logprob: number): number {
  const probability = Math.min(1, Math.exp(logprob))
  return THINNEST + (THICKEST - THINNEST) * Math.sqrt(Number.isNaN(probability) ? 0 : probability)
}
