/** Register tile of a matrix product: what one invocation computes, and how many invocations stand side by side. */
export interface MatmulTile {
  readonly rows: number
  /** Height of the tile where no more rows than this are left: one lane alone need not pay for a whole tile. */
  readonly fewRows: number
  /** Columns, a multiple of 8 (a gated product pairs four columns with four). */
  readonly columns: number
  readonly lanes: number
}

/** Shapes of the kernels for one class of adapters. None of them depends on how many rows a pass has. */
export interface Tuning {
  readonly matmul: MatmulTile
  /** Invocations that share one row of a reduction (norm, sampler); 1 does without workgroup memory. */
  readonly reduceLanes: number
  /** Invocations that share one row and head of the attention; 1 does without workgroup memory. */
  readonly attentionLanes: number
  /** Invocations of a workgroup in kernels that work element by element. */
  readonly elementLanes: number
  /** Rotated pairs of one head per invocation. */
  readonly rotaryPairs: number
}

/**
 * Software adapters (SwiftShader, lavapipe): SIMD lanes of a CPU with scattered loads, so large register tiles pay and
 * barriers, which they emulate, do not. Measured on 16 rows, K 128, N 704, GFLOP/s on SwiftShader / lavapipe:
 * tile 4×4 3.7 / 9.4, 4×8 4.8 / 10.7, 8×8 5.5 / 12.2, 16×8 6.6 / 6.7, 8×16 6.0 / 6.3.
 */
const SOFTWARE: Tuning = {
  matmul: { rows: 8, fewRows: 2, columns: 8, lanes: 4 },
  reduceLanes: 1,
  attentionLanes: 1,
  elementLanes: 4,
  rotaryPairs: Number.POSITIVE_INFINITY,
}

/** Graphics processors: many small invocations side by side, reductions through workgroup memory. */
const HARDWARE: Tuning = {
  matmul: { rows: 4, fewRows: 1, columns: 8, lanes: 32 },
  reduceLanes: 64,
  attentionLanes: 64,
  elementLanes: 64,
  rotaryPairs: 8,
}

export function tuningFor(adapter: { readonly software: boolean }): Tuning {
  return adapter.software ? SOFTWARE : HARDWARE
}
