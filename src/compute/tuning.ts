/** Register tile of a matrix product: what one invocation computes, and how many invocations stand side by side. */
export interface MatmulTile {
  readonly rows: number
  /** Height of the tile where no more rows than this are left: one lane alone need not pay for a whole tile. */
  readonly fewRows: number
  /** Columns, a multiple of 8 (a gated product pairs four columns with four). */
  readonly columns: number
  readonly lanes: number
  /** Short code, for drivers that take seconds to compile long one: one term at a time, results stored in a loop. */
  readonly compact: boolean
}

/** Shapes of the kernels for one class of adapters. None of them depends on how many rows a pass has. */
export interface Tuning {
  readonly matmul: MatmulTile
  /** Invocations that share one row of a reduction (norm, sampler); 1 does without workgroup memory. */
  readonly reduceLanes: number
  /** Invocations that share one row and head of the attention; 1 does without workgroup memory. */
  readonly attentionLanes: number
  /** Invocations of a workgroup in kernels whose invocations have nothing to do with each other. */
  readonly elementLanes: number
  /** Rotated pairs of one head per invocation. */
  readonly rotaryPairs: number
}

export interface AdapterClass {
  readonly kind: 'webgpu' | 'cpu'
  readonly software: boolean
  /** Invocations that the adapter runs in step, where it tells. */
  readonly subgroupSize?: number | undefined
}

/** The references work in blocks of their own; only the padding of matrices follows the tile. */
const REFERENCE: Tuning = {
  matmul: { rows: 4, fewRows: 1, columns: 8, lanes: 1, compact: true },
  reduceLanes: 1,
  attentionLanes: 1,
  elementLanes: 1,
  rotaryPairs: Number.POSITIVE_INFINITY,
}

/**
 * Software adapters (SwiftShader, lavapipe): SIMD lanes of a processor with scattered loads, so large register tiles pay
 * and barriers, which they emulate, do not. One workgroup fills one register: 4 lanes on SwiftShader, 8 on lavapipe.
 * A decode step of the bundled policy on 2 cores (tile, lanes: SwiftShader / lavapipe, ms for 16 rows): 8×8, 4: 6.1 / 3.0;
 * 8×16, 4: 5.9 / 2.5; 8×16, 8: 6.6 / 2.0; 16×8, 4: 6.7 / 2.7; 16×16, 4: 6.9 / 2.3; 8×32, 4: 7.8 / 2.8.
 */
function software(lanes: number): Tuning {
  return {
    matmul: { rows: 8, fewRows: 2, columns: 16, lanes, compact: true },
    reduceLanes: 1,
    attentionLanes: 1,
    elementLanes: lanes,
    rotaryPairs: Number.POSITIVE_INFINITY,
  }
}

/** Graphics processors: many small invocations side by side, reductions through workgroup memory. Not measured yet. */
const HARDWARE: Tuning = {
  matmul: { rows: 4, fewRows: 1, columns: 8, lanes: 32, compact: false },
  reduceLanes: 64,
  attentionLanes: 64,
  elementLanes: 64,
  rotaryPairs: 8,
}

export function tuningFor(adapter: AdapterClass): Tuning {
  if (adapter.kind === 'cpu') return REFERENCE
  if (!adapter.software) return HARDWARE
  return software((adapter.subgroupSize ?? 4) >= 8 ? 8 : 4)
}
