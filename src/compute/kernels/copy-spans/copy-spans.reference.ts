import type { Views } from '../../backend.ts'

/** `spans`: (count, 0, 0, 0), then (from, to, length, 0) per span, all in quads of four floats. */
export const COPY_SPANS_BINDINGS = {
  spans: ['u32', 'read'],
  data: ['f32', 'read_write'],
} as const

export function copySpansReference({ spans, data }: Views<typeof COPY_SPANS_BINDINGS>): () => void {
  return () => {
    const count = spans[0] as number
    for (let span = 1; span <= count; span++) {
      const from = 4 * (spans[4 * span] as number)
      const to = 4 * (spans[4 * span + 1] as number)
      data.copyWithin(to, from, from + 4 * (spans[4 * span + 2] as number))
    }
  }
}
