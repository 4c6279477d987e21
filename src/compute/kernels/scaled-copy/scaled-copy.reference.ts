import type { Views } from '../../backend.ts'

export const SCALED_COPY_BINDINGS = {
  /** (count of quads, 0, 0, 0). */
  rows: ['u32', 'read'],
  /** One number. */
  factor: ['f32', 'read'],
  input: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

export function scaledCopyReference(views: Views<typeof SCALED_COPY_BINDINGS>): () => void {
  const { rows, factor, input, output } = views
  return () => {
    const end = 4 * (rows[0] as number)
    const scale = factor[0] as number
    for (let i = 0; i < end; i++) output[i] = scale * (input[i] as number)
  }
}
