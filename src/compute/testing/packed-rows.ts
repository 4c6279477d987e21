import { NO_SLOT } from '../kernels/rows.ts'
import { makeRows, someFloats } from './run-kernel.ts'

/** Rows of packed sequences of these lengths: each row's position, and its sequence's last row. */
export function packedRows(lengths: readonly number[]): Uint32Array {
  const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, length) => sum + length, 0))
  return makeRows(
    lengths.flatMap((length, i) =>
      Array.from({ length }, (_, position) => [0, position, (starts[i] ?? 0) + length - 1, NO_SLOT] as const),
    ),
  )
}

/** Repeatable numbers [rows, stride] in heads of `headWidth` floats; zero from `headDim` on in each, and after the last. */
export function someHeads(
  rows: number,
  shape: { readonly parts: number; readonly headDim: number; readonly headWidth: number; readonly stride: number },
  seed: number,
  size = 1,
): Float32Array {
  const { parts, headDim, headWidth, stride } = shape
  return someFloats(rows * stride, seed, size).map((value, i) => {
    const column = i % stride
    return column < parts * headWidth && column % headWidth < headDim ? value : 0
  })
}
