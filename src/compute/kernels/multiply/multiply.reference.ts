import type { Views } from '../../backend.ts'

export const MULTIPLY_BINDINGS = {
  /** (count of quads, 0, 0, 0). */
  rows: ['u32', 'read'],
  input: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function multiplyReference({ rows, input, output }: Views<typeof MULTIPLY_BINDINGS>): () => void {
  return () => {
    const end = 4 * (rows[0] as number)
    for (let i = 0; i < end; i++) output[i] = (output[i] as number) * (input[i] as number)
  }
}
