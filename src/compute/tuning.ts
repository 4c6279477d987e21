import type { BackendKind } from '../core/backends.ts'

/** Register tile of a matrix product: what one invocation computes, and how many invocations stand side by side. */
export interface MatmulTile {
  readonly rows: number
  /** Height of the tile where no more rows than this are left: one sequence alone need not pay for a whole tile. */
  readonly fewRows: number
  /** Columns, a multiple of 8 (a gated product pairs four columns with four). */
  readonly columns: number
  readonly lanes: number
  /** Short code, for drivers that take seconds to compile long one: one term at a time, results stored in a loop. */
  readonly compact: boolean
  /**
   * Set where invocations of one subgroup share the inputs: each loads the input of one row, and the others get it from
   * there. Its value is the adapter's subgroup size, which `lanes` equals. Needs the feature `subgroups`; only compact.
   */
  readonly subgroup?: 4 | 8
  /** Heights besides these two, where the driver compiles quickly enough. */
  readonly furtherHeights?: readonly number[]
}

/** Tiles by name, for a run that asks for one. Their results are the same bits: each sum has its terms in one order. */
export const MATMUL_TILES = {
  '8x16-l4': { rows: 8, fewRows: 2, columns: 16, lanes: 4, compact: true },
  '8x16-l8': { rows: 8, fewRows: 2, columns: 16, lanes: 8, compact: true },
  '16x8-s4': { rows: 16, fewRows: 4, columns: 8, lanes: 4, compact: true, subgroup: 4, furtherHeights: [8, 1] },
  '16x8-s8': { rows: 16, fewRows: 4, columns: 8, lanes: 8, compact: true, subgroup: 8 },
  '4x8-l32': { rows: 4, fewRows: 1, columns: 8, lanes: 32, compact: false },
  '4x16-l32': { rows: 4, fewRows: 1, columns: 16, lanes: 32, compact: false },
  '8x8-l32': { rows: 8, fewRows: 1, columns: 8, lanes: 32, compact: false },
  '4x8-l64': { rows: 4, fewRows: 1, columns: 8, lanes: 64, compact: false },
} as const satisfies Readonly<Record<string, MatmulTile>>

export type MatmulTileName = keyof typeof MATMUL_TILES
export const MATMUL_TILE_NAMES = Object.keys(MATMUL_TILES) as readonly MatmulTileName[]

/** Shapes of the kernels for one class of adapters. None of them depends on how many rows a pass has. */
export interface Tuning {
  readonly matmul: MatmulTile
  /** Columns of a decoder's weights that lie together, see `WeightShape`; null where whole rows do. */
  readonly panelColumns: number | null
  /** Invocations that share one row of a reduction (norm, sampler); 1 does without workgroup memory. */
  readonly reduceLanes: number
  /** Invocations that share one row and head of the attention; 1 does without workgroup memory. */
  readonly attentionLanes: number
  /** Sequences of a burst that must share a page for it to be read once for all of them; never where it is infinite. */
  readonly attentionSharedBy: number
  /** Invocations of a workgroup in kernels whose invocations have nothing to do with each other. */
  readonly elementLanes: number
  /** Rotated pairs of one head per invocation. */
  readonly rotaryPairs: number
}

export interface AdapterClass {
  readonly kind: BackendKind
  readonly software: boolean
  /** Invocations that the adapter runs in step, where it tells. */
  readonly subgroupSize?: number | undefined
  /** Kernels may use subgroups, and all of them have `subgroupSize` invocations. */
  readonly subgroups?: boolean
}

/** The references and WebAssembly work in blocks of their own; only the padding of matrices follows the tile. */
const REFERENCE: Tuning = {
  matmul: { rows: 4, fewRows: 1, columns: 8, lanes: 1, compact: true },
  panelColumns: null,
  reduceLanes: 1,
  attentionLanes: 1,
  attentionSharedBy: Number.POSITIVE_INFINITY,
  elementLanes: 1,
  rotaryPairs: Number.POSITIVE_INFINITY,
}

/** Panels as wide as the register tile: products read them from front to back, where rows of a wide matrix are pages apart. */
const WASM: Tuning = { ...REFERENCE, panelColumns: 8 }

const SOFTWARE_TILES = {
  4: { plain: MATMUL_TILES['8x16-l4'], shared: MATMUL_TILES['16x8-s4'] },
  8: { plain: MATMUL_TILES['8x16-l8'], shared: MATMUL_TILES['16x8-s8'] },
} as const

/**
 * Software adapters (SwiftShader, lavapipe): SIMD lanes of a processor with scattered loads, so large register tiles pay
 * and barriers, which they emulate, do not. One workgroup fills one register: 4 lanes on SwiftShader, 8 on lavapipe.
 * With subgroups, which both have, inputs are loaded once for all lanes, so that a tile may have more rows and fewer
 * columns: 1.3 to 1.8 times as fast (docs/decisions/0008-kernel-choice.md).
 */
function software(lanes: 4 | 8, subgroups: boolean): Tuning {
  return {
    matmul: SOFTWARE_TILES[lanes][subgroups ? 'shared' : 'plain'],
    panelColumns: null,
    reduceLanes: 1,
    attentionLanes: 1,
    attentionSharedBy: 2,
    elementLanes: lanes,
    rotaryPairs: Number.POSITIVE_INFINITY,
  }
}

/** Graphics processors: many small invocations side by side, reductions through workgroup memory. Not measured yet. */
const HARDWARE: Tuning = {
  matmul: MATMUL_TILES['4x8-l32'],
  panelColumns: null,
  reduceLanes: 64,
  attentionLanes: 64,
  attentionSharedBy: 2,
  elementLanes: 64,
  rotaryPairs: 8,
}

export function tuningFor(adapter: AdapterClass): Tuning {
  if (adapter.kind === 'wasm') return WASM
  if (adapter.kind === 'cpu') return REFERENCE
  if (!adapter.software) return HARDWARE
  const lanes = (adapter.subgroupSize ?? 4) >= 8 ? 8 : 4
  return software(lanes, canRun(SOFTWARE_TILES[lanes].shared, adapter))
}

/** Tiles that an adapter can run and that may be its fastest: what an autotune compares. The table's own comes first. */
export function tileCandidates(adapter: AdapterClass): readonly MatmulTileName[] {
  const own = tileName(tuningFor(adapter).matmul)
  const others: MatmulTileName[] = adapter.software
    ? ['8x16-l4', '8x16-l8', '16x8-s4', '16x8-s8']
    : ['4x8-l32', '4x16-l32', '8x8-l32', '4x8-l64']
  const possible = others.filter((name) => canRun(MATMUL_TILES[name], adapter))
  return own === null ? [] : [own, ...possible.filter((name) => name !== own)]
}

/** Whether a tile's code means the same on this adapter: one that shares inputs is written for one subgroup size. */
export function canRun({ subgroup }: MatmulTile, { subgroups, subgroupSize }: AdapterClass): boolean {
  return subgroup === undefined || (subgroups === true && subgroupSize === subgroup)
}

/** The name of a tile of the table; null for one that has none, such as the references'. */
export function tileName(tile: MatmulTile): MatmulTileName | null {
  return MATMUL_TILE_NAMES.find((name) => MATMUL_TILES[name] === tile) ?? null
}
