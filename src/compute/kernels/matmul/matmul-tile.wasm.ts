import type { FunctionBuilder } from '../../wasm/assembler/function-builder.ts'
import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local, Value } from '../../wasm/assembler/values.ts'
import { f32x4, v128 } from '../../wasm/assembler/vectors.ts'
import { silu } from '../../wasm/math.ts'
import type { PanelOfRow } from '../weight-format.wasm.ts'
import { eachWeightRow, PANEL } from '../weight-format.wasm.ts'
import type { MatmulShape } from './matmul.reference.ts'

/** Terms whose weights are packed at a time. A multiple of the rows of a group. */
export const MOST_TERMS = 640
/** Rows of a block at most. */
export const BLOCK_ROWS = 64
/** Terms that a small tile takes before it looks whether there are more; all sums have a multiple of them. */
const STEPS = 4

/** Where a block's parts lie: addresses in bytes, terms first … end − 1 of the sums. */
export interface Block {
  readonly weights: Local<'i32'>
  readonly bias: Local<'i32'>
  readonly output: Local<'i32'>
  /** The block's rows of the output start at this one, its columns at this panel. */
  readonly row: Local<'i32'>
  readonly panel: Local<'i32'>
  readonly first: Local<'i32'>
  readonly end: Local<'i32'>
  /** Input of the block's first row at term `first`; bytes to the next row. */
  readonly input: Local<'i32'>
  readonly inputStride: number
  readonly packed: Local<'i32'>
  /** Sums so far, [BLOCK_ROWS, blockColumns], of blocks with more terms. */
  readonly sums: Local<'i32'>
  /** Whether these are the last terms. */
  readonly last: Local<'i32'>
}

/** Weights that will be needed next: each term moves `place` by `step` and reads what is there, so that it comes from memory meanwhile. */
export interface Ahead {
  readonly place: Local<'i32'>
  readonly step: Local<'i32'>
}

export interface TileTools {
  readonly f: FunctionBuilder
  readonly shape: MatmulShape
  readonly madd: (a: Value<'v128'>, b: Value<'v128'>, c: Value<'v128'>) => Value<'v128'>
}

/**
 * Columns of a block. Where the weights lie in panels, nothing is packed for other rows' sake, so blocks may be narrow, and threads
 * share narrow matrices evenly.
 */
export function blockColumns({ panelColumns }: MatmulShape): number {
  return panelColumns === undefined ? 64 : 32
}

/** Bytes from one packed panel to the next; not a power of two, so that they do not fall on each other in the cache. */
export function packedPanelBytes({ inner }: MatmulShape): number {
  return 4 * PANEL * Math.min(MOST_TERMS, inner) + 64
}

/**
 * The register tile: `rows` × 8 · `panels` sums from `row` (within the block) and panel `panel` (within the block) on. Whatever its
 * size, a sum starts from its bias and takes its terms in order, so that all tiles give the same bits.
 */
export function emitTile(
  tools: TileTools,
  block: Block,
  at: { readonly row: Local<'i32'>; readonly panel: Local<'i32'> },
  { rows, panels, from }: { readonly rows: number; readonly panels: number; readonly from: 'packed' | 'weights' },
  ahead?: Ahead,
): void {
  const { f, shape, madd } = tools
  // A large tile keeps the registers full: written out more than once, it spills.
  const steps = rows < 4 ? STEPS : 1
  const quads = 2 * panels
  const heldBytes = 4 * blockColumns(shape)
  const sums = Array.from({ length: rows }, () => Array.from({ length: quads }, () => f.local('v128')))
  const eachSum = (visit: (sum: Local<'v128'>, row: number, quad: number) => void) => {
    sums.forEach((row, r) => {
      row.forEach((sum, quad) => {
        visit(sum, r, quad)
      })
    })
  }
  const panel = f.local('i32', i32.add(block.panel, at.panel))
  const held = f.local('i32', i32.add(block.sums, i32.add(i32.mul(at.row, heldBytes), i32.mul(at.panel, 4 * PANEL))))
  f.if(
    block.first,
    () => eachSum((sum, r, quad) => f.set(sum, v128.load(held, heldBytes * r + 16 * quad))),
    () => {
      const bias = f.local('i32', i32.add(block.bias, i32.mul(panel, 4 * PANEL)))
      eachSum((sum, _, quad) => f.set(sum, v128.load(bias, 16 * quad)))
    },
  )

  const input = f.local('i32', i32.add(block.input, i32.mul(at.row, block.inputStride)))
  const x = f.local('v128')
  const loaded = Array.from({ length: quads }, () => f.local('v128'))
  const accumulate = (weightRow: (panel: number) => PanelOfRow, step: number) => {
    for (let index = 0; index < panels; index++) {
      weightRow(index).forEach((quad, half) => {
        f.set(loaded[2 * index + half] as Local<'v128'>, quad)
      })
    }
    for (let r = 0; r < rows; r++) {
      f.set(x, v128.load32Splat(input, r * block.inputStride + 4 * step))
      loaded.forEach((weight, quad) => {
        const sum = sums[r]?.[quad] as Local<'v128'>
        f.set(sum, madd(x, weight, sum))
      })
    }
    if (step < steps - 1) return
    f.increase(input, 4 * steps)
    if (ahead === undefined) return
    f.drop(i32.load(ahead.place))
    f.increase(ahead.place, ahead.step)
  }
  if (from === 'weights') {
    const { format = 'f32' } = shape
    eachWeightRow(f, { format, shape, madd, rowsTogether: steps }, { ...block, panel, panels }, accumulate)
  } else {
    const panelBytes = packedPanelBytes(shape)
    const packed = f.local('i32', i32.add(block.packed, i32.mul(at.panel, panelBytes)))
    const half = (index: number, step: number, quad: number) =>
      v128.load(packed, index * panelBytes + 4 * PANEL * step + 16 * quad)
    f.for(
      block.first,
      block.end,
      () => {
        for (let step = 0; step < steps; step++) {
          accumulate((index) => [half(index, step, 0), half(index, step, 1)], step)
        }
        f.increase(packed, 4 * PANEL * steps)
      },
      steps,
    )
  }

  f.if(
    block.last,
    () => emitEpilogue(tools, block, { row: at.row, panel }, sums),
    () => eachSum((sum, r, quad) => f.store('v128', held, sum, heldBytes * r + 16 * quad)),
  )
}

function emitEpilogue(
  { f, shape }: TileTools,
  block: Block,
  at: { readonly row: Local<'i32'>; readonly panel: Local<'i32'> },
  sums: readonly (readonly Local<'v128'>[])[],
): void {
  const { epilogue, outputStride, outputOffset } = shape
  const panelBytes = epilogue === 'gate' ? 2 * PANEL : 4 * PANEL
  const rowBytes = i32.mul(i32.add(block.row, at.row), 4 * outputStride)
  const place = f.local('i32', i32.add(i32.add(block.output, rowBytes), i32.mul(at.panel, panelBytes)))
  sums.forEach((row, r) => {
    const offset = 4 * (outputOffset + r * outputStride)
    if (epilogue === 'gate') {
      for (let quad = 0; quad < row.length; quad += 2) {
        const [gate, value] = row.slice(quad) as [Local<'v128'>, Local<'v128'>]
        f.store('v128', place, f32x4.mul(f.call(silu, gate), value), offset + 8 * quad)
      }
    } else {
      row.forEach((sum, quad) => {
        const to = offset + 16 * quad
        f.store('v128', place, epilogue === 'add' ? f32x4.add(v128.load(place, to), sum) : sum, to)
      })
    }
  })
}
