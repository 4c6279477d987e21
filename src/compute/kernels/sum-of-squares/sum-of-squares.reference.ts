import type { Views } from '../../backend.ts'

export interface SumOfSquaresShape {
  /** Partial sums of one buffer. */
  readonly partials: number
  /** Invocations per partial sum. */
  readonly lanes: number
  /** Invocations of a workgroup, each with a partial sum of its own, where there is one for each. */
  readonly serialLanes: number
}

export const SUM_OF_SQUARES_BINDINGS = {
  /** (count of quads, 0, 0, 0). */
  rows: ['u32', 'read'],
  /** Number of the first partial sum in the output. */
  place: ['u32', 'read'],
  input: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function sumOfSquaresReference(
  { partials }: SumOfSquaresShape,
  { rows, place, input, output }: Views<typeof SUM_OF_SQUARES_BINDINGS>,
): () => void {
  return () => {
    const quads = rows[0] as number
    const span = Math.ceil(quads / partials)
    for (let partial = 0; partial < partials; partial++) {
      const end = 4 * Math.min((partial + 1) * span, quads)
      let sum = 0
      for (let i = 4 * partial * span; i < end; i++) {
        const x = input[i] as number
        sum += x * x
      }
      output[(place[0] as number) + partial] = sum
    }
  }
}
