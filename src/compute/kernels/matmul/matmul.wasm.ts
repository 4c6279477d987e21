import { i32 } from '../../wasm/assembler/scalars.ts'
import type { Local } from '../../wasm/assembler/values.ts'
import type { WasmContext, WasmKernel } from '../../wasm/wasm-kernel.ts'
import { ROW_SLOT, rowStart } from '../rows.ts'
import { GROUP_ROWS } from '../weight-format.ts'
import { eachWeightRow, PANEL } from '../weight-format.wasm.ts'
import type { MATMUL_BINDINGS, MatmulShape } from './matmul.reference.ts'
import type { Ahead, Block, TileTools } from './matmul-tile.wasm.ts'
import { BLOCK_ROWS, blockColumns, emitTile, MOST_TERMS, packedPanelBytes } from './matmul-tile.wasm.ts'

/** From how many rows on weights are packed: with fewer, it costs more than it saves. Panels of floats lie as if they were packed. */
function packedRows(shape: MatmulShape): number {
  return streams(shape) ? Number.POSITIVE_INFINITY : 4
}

/**
 * A unit is a block of at most 64 rows by 64 or 32 columns. Its weights become floats in panels of 8 columns, up to 512 terms at a time, so that a
 * register tile of 4 × 8 reads one panel from the first cache. Where they are that already, and for a few rows, they are read where they lie.
 */
export function matmulWasm(shape: MatmulShape): WasmKernel<typeof MATMUL_BINDINGS> {
  const {
    from,
    epilogue,
    format = 'f32',
    inner,
    columns,
    panelColumns,
    inputStride,
    inputOffset = 0,
    outputStride,
    outputOffset,
  } = shape
  if (panelColumns !== undefined && panelColumns !== PANEL) throw new RangeError(`panels of ${panelColumns} columns`)
  const width = blockColumns(shape)
  const columnBlocks = Math.ceil(columns / width)
  const blockPanels = width / PANEL
  const least = packedRows(shape)
  const packedBytes = least === Number.POSITIVE_INFINITY ? 0 : blockPanels * packedPanelBytes(shape)
  const sumsBytes = 4 * BLOCK_ROWS * width
  return {
    key: JSON.stringify([
      ...[from, epilogue, format, panelColumns === undefined ? Math.min(inner, MOST_TERMS) : inner, columns],
      panelColumns,
      ...[inputStride, inputOffset, outputStride, outputOffset],
    ]),
    cost: ({ f, at }) => {
      const rows = f.local('i32', i32.load(at.rows))
      return i32.mul(i32.mul(i32.minU(rows, f.local('i32', i32.const(BLOCK_ROWS))), i32.load(at.sizes)), width)
    },
    scratchBytes: packedBytes + sumsBytes + (from === 'slot' ? 4 * BLOCK_ROWS * MOST_TERMS : 0),
    units: ({ at }) => i32.mul(i32.divU(i32.add(i32.load(at.rows), BLOCK_ROWS - 1), BLOCK_ROWS), columnBlocks),
    emit(context) {
      const { f, at, first, end, scratch, madd } = context
      const inner = f.local('i32', i32.load(at.sizes))
      const count = f.local('i32', i32.load(at.rows))
      const rowBlocks = i32.divU(i32.add(count, BLOCK_ROWS - 1), BLOCK_ROWS)
      // Blocks of about equal height, in fours.
      const height = f.local('i32', i32.and(i32.add(i32.divU(i32.sub(i32.add(count, rowBlocks), 1), rowBlocks), 3), -4))
      // Parts of about equal length, in whole groups of weights.
      const termBlocks = i32.divU(i32.add(inner, MOST_TERMS - 1), MOST_TERMS)
      const terms = f.local('i32', i32.divU(i32.sub(i32.add(inner, termBlocks), 1), termBlocks))
      f.set(terms, i32.and(i32.add(terms, GROUP_ROWS - 1), -GROUP_ROWS))
      f.for(first, end, (unit) => {
        const row = f.local('i32', i32.mul(i32.divU(unit, columnBlocks), height))
        const rows = f.local('i32', i32.sub(count, row))
        f.set(rows, i32.minU(rows, height))
        const panel = f.local('i32', i32.mul(i32.remU(unit, columnBlocks), blockPanels))
        const panels = f.local('i32', i32.sub(columns / PANEL, panel))
        f.if(i32.gtU(panels, blockPanels), () => f.set(panels, blockPanels))
        const tools = { f, shape, madd }
        const eachPart = (visit: (block: Block) => void) => {
          const start = f.local('i32', 0)
          f.loop((again) => {
            const stop = f.local('i32', i32.add(start, terms))
            f.set(stop, i32.minU(stop, inner))
            const block: Block = {
              ...{ weights: at.weights, bias: at.bias, output: at.output, row, panel, first: start, end: stop },
              input: f.local('i32'),
              inputStride: from === 'slot' ? 4 * MOST_TERMS : 4 * inputStride,
              packed: scratch,
              sums: f.local('i32', i32.add(scratch, packedBytes)),
              last: f.local('i32', i32.eq(stop, inner)),
            }
            if (from === 'slot') gatherRows(context, shape, block, rows, packedBytes + sumsBytes)
            else {
              const offset = i32.add(i32.mul(row, 4 * inputStride), i32.shl(start, 2))
              f.set(block.input, i32.add(i32.add(at.input, offset), 4 * inputOffset))
            }
            visit(block)
            f.set(start, stop)
            f.branch(again, i32.ltU(start, inner))
          })
        }
        if (streams(shape) && from === 'row') {
          const four = f.local('i32', i32.and(rows, -4))
          f.if(four, () =>
            f.for(0, panels, (each) => eachPart((block) => fourRows(tools, block, rows, each, 'weights'))),
          )
          f.if(i32.ltU(four, rows), () =>
            eachPart((block) => leftRows(tools, block, f.local('i32', four), rows, panels, 'weights')),
          )
        } else {
          eachPart((block) => {
            const whereTheyLie = () => eachTile(tools, block, rows, panels, 'weights')
            if (least === Number.POSITIVE_INFINITY) whereTheyLie()
            else
              f.if(i32.ltU(rows, least), whereTheyLie, () => {
                pack(tools, block, panels)
                eachTile(tools, block, rows, panels, 'packed')
              })
          })
        }
      })
    },
  }
}

/** Copies the terms of the block's rows from their slots. */
function gatherRows(
  { f, at, scratch }: WasmContext<typeof MATMUL_BINDINGS>,
  { inputStride, inputOffset = 0 }: MatmulShape,
  { row, first, end, input, inputStride: bytes }: Block,
  rows: Local<'i32'>,
  place: number,
): void {
  f.set(input, i32.add(scratch, place))
  f.for(0, rows, (r) => {
    const slot = i32.load(i32.add(at.rows, i32.shl(i32.add(row, r), 4)), 4 * (rowStart(0) + ROW_SLOT))
    const from = i32.add(i32.mul(slot, 4 * inputStride), i32.shl(first, 2))
    f.copy(
      i32.add(input, i32.mul(r, bytes)),
      i32.add(i32.add(at.input, from), 4 * inputOffset),
      i32.shl(i32.sub(end, first), 2),
    )
  })
}

/** Whether panels are read from memory once, one after another, while the one before is multiplied. */
function streams({ panelColumns, format = 'f32' }: MatmulShape): boolean {
  return panelColumns !== undefined && format === 'f32'
}

/** Fours of rows panel by panel, then what is left. */
function eachTile(
  tools: TileTools,
  block: Block,
  rows: Local<'i32'>,
  panels: Local<'i32'>,
  from: 'packed' | 'weights',
): void {
  const { f, shape } = tools
  const row = f.local('i32', 0)
  if (from === 'packed' || streams(shape)) {
    f.for(0, panels, (panel) => fourRows(tools, block, rows, panel, from))
    f.set(row, i32.and(rows, -4))
  }
  f.if(i32.ltU(row, rows), () => leftRows(tools, block, row, rows, panels, from))
}

/** A panel for the rows four by four; meanwhile what lies behind it in memory is read ahead, the same panel's next terms or the next panel. */
function fourRows(
  tools: TileTools,
  block: Block,
  rows: Local<'i32'>,
  panel: Local<'i32'>,
  from: 'packed' | 'weights',
): void {
  const { f, shape } = tools
  const row = f.local('i32', 0)
  let ahead: Ahead | undefined
  if (streams(shape)) {
    const tileCount = f.local('i32', i32.shrU(rows, 2))
    ahead = { place: f.local('i32'), step: f.local('i32', 0) }
    f.if(tileCount, () => f.set((ahead as Ahead).step, i32.divU(i32.const(4 * PANEL), tileCount)))
    const index = f.local('i32', i32.add(block.panel, panel))
    const next = f.local('i32', i32.add(i32.mul(index, shape.inner), block.end))
    // Behind the matrix lies something else, or nothing.
    const beyond = i32.add(next, i32.sub(block.end, block.first))
    f.if(i32.gtU(beyond, shape.inner * (shape.columns / PANEL)), () => f.set(next, 0))
    f.set(ahead.place, i32.add(block.weights, i32.mul(next, 4 * PANEL)))
  }
  f.while(i32.leU(i32.add(row, 4), rows), () => {
    emitTile(tools, block, { row, panel }, { rows: 4, panels: 1, from }, ahead)
    f.increase(row, 4)
  })
}

/** Fewer than four rows: two and two, then one, over as many panels as keep the processor busy. */
function leftRows(
  tools: TileTools,
  block: Block,
  row: Local<'i32'>,
  rows: Local<'i32'>,
  panels: Local<'i32'>,
  from: 'packed' | 'weights',
): void {
  const { f } = tools
  for (const [height, width] of [
    [2, 2],
    [1, 4],
  ] as const) {
    f.if(i32.leU(i32.add(row, height), rows), () => {
      const panel = f.local('i32', 0)
      f.while(i32.leU(i32.add(panel, width), panels), () => {
        emitTile(tools, block, { row, panel }, { rows: height, panels: width, from })
        f.increase(panel, width)
      })
      f.while(i32.ltU(panel, panels), () => {
        emitTile(tools, block, { row, panel }, { rows: height, panels: 1, from })
        f.increase(panel, 1)
      })
      f.increase(row, height)
    })
  }
}

/** Weights of the block as floats, panel after panel. */
function pack({ f, shape, madd }: TileTools, block: Block, panels: Local<'i32'>): void {
  const { format = 'f32', panelColumns } = shape
  const panelBytes = packedPanelBytes(shape)
  const packPanels = (panel: Local<'i32'>, width: number) => {
    const to = f.local('i32', i32.add(block.packed, i32.mul(panel, panelBytes)))
    const place = f.local('i32', i32.add(block.panel, panel))
    eachWeightRow(f, { format, shape, madd }, { ...block, panel: place, panels: width }, (row) => {
      for (let index = 0; index < width; index++) {
        row(index).forEach((quad, half) => {
          f.store('v128', to, quad, index * panelBytes + 16 * half)
        })
      }
      f.increase(to, 4 * PANEL)
    })
  }
  const panel = f.local('i32', 0)
  // Whole rows are read a cache line at a time.
  const width = format === 'int4' ? 2 : 4
  if (panelColumns === undefined) {
    f.while(i32.leU(i32.add(panel, width), panels), () => {
      packPanels(panel, width)
      f.increase(panel, width)
    })
  }
  f.while(i32.ltU(panel, panels), () => {
    packPanels(panel, 1)
    f.increase(panel, 1)
  })
}
