import type { Views } from '../../backend.ts'
import type { MatmulTile } from '../../tuning.ts'
import { ROW_SLOT, rowStart } from '../rows.ts'
import { quadReader } from '../weight-format.reference.ts'
import type { WeightFormat } from '../weight-format.ts'
import { columnsTogether } from '../weight-format.ts'

/** What of a product is in its code. */
export interface MatmulVariant {
  /** `row`: input row = output row. `slot`: the input row is the row's hidden-state slot. */
  readonly from: 'row' | 'slot'
  /**
   * `store`: output = product. `add`: output += product (a residual stream).
   * `gate`: columns come as four gates, four values, four gates, …; output = silu(gate) · value, half as wide.
   */
  readonly epilogue: 'store' | 'add' | 'gate'
  readonly tile: MatmulTile
  /** How the weights lie; f32 where it is not said. */
  readonly format?: WeightFormat
}

export interface MatmulShape extends MatmulVariant {
  /** Length of the sums, a multiple of 4. */
  readonly inner: number
  /** Columns of the weights, a multiple of the tile's. */
  readonly columns: number
  /** Columns that lie together, see `WeightShape`; all of them where it is not said. WebGPU reads no panels. */
  readonly panelColumns?: number | undefined
  /** Floats from one row of the input to the next; a multiple of 4. */
  readonly inputStride: number
  /** Where the sums start in an input row, a multiple of 4; 0 where it is not said. */
  readonly inputOffset?: number
  /** Floats from one row of the output to the next; a multiple of 4. */
  readonly outputStride: number
  /** Where this product's columns start in an output row; a multiple of 4. */
  readonly outputOffset: number
}

export const MATMUL_BINDINGS = {
  rows: ['u32', 'read'],
  /** `matmulSizes` of the shape. */
  sizes: ['u32', 'read'],
  input: ['f32', 'read'],
  /** Words of the format, see `weightLayout`. */
  weights: ['f32', 'read'],
  bias: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

/**
 * What of a product its code reads from a buffer. The host may rewrite it between runs: a product with f32 weights whose
 * sums run over the rows of a batch gets their number as `inner`.
 */
export function matmulSizes(shape: MatmulShape): Uint32Array {
  const { inner, columns, inputStride, outputStride, outputOffset, inputOffset = 0 } = shape
  return Uint32Array.of(inner, columns, inputStride, outputStride, outputOffset, inputOffset)
}

const BLOCK = 4

/**
 * Sums in float64, four rows by four columns at a time so that they stay in registers. Rows left over go one by one;
 * each sum runs over `inner` in the same order either way.
 */
export function matmulReference(shape: MatmulShape, views: Views<typeof MATMUL_BINDINGS>): () => void {
  const { from, epilogue, format = 'f32' } = shape
  const { rows, sizes, input, bias, output } = views
  const readQuad = format === 'f32' ? null : quadReader(format, shape, views.weights)
  // Two quads at most are needed at a time: gates and values.
  const unpacked = readQuad === null ? [] : [0, 1].map(() => new Float32Array(BLOCK * shape.inner))
  const sums = new Float64Array(BLOCK * BLOCK)
  const gates = new Float64Array(BLOCK * BLOCK)

  const inputPlace = (row: number) =>
    (from === 'slot' ? (rows[rowStart(row) + ROW_SLOT] as number) : row) * (sizes[2] as number) + (sizes[5] as number)

  function block(into: Float64Array, row: number, height: number, column: number, quad: 0 | 1): void {
    const inner = sizes[0] as number
    const weights = unpacked[quad] ?? views.weights
    const together = shape.panelColumns === undefined ? (sizes[1] as number) : columnsTogether(shape)
    const panel = Math.floor(column / together)
    const at = readQuad === null ? panel * shape.inner * together + (column - panel * together) : 0
    const stride = readQuad === null ? together : BLOCK
    if (height === BLOCK) {
      const second = inputPlace(row + 1)
      const third = inputPlace(row + 2)
      const fourth = inputPlace(row + 3)
      blockOfFour(into, input, inputPlace(row), second, third, fourth, weights, at, stride, inner, bias, column)
    } else {
      for (let r = 0; r < height; r++) {
        blockOfOne(into, r * BLOCK, input, inputPlace(row + r), weights, at, stride, inner, bias, column)
      }
    }
  }

  return () => {
    const count = rows[0] as number
    const columns = sizes[1] as number
    const outputStride = sizes[3] as number
    const outputOffset = sizes[4] as number
    const width = epilogue === 'gate' ? 2 * BLOCK : BLOCK
    for (let column = 0; column < columns; column += width) {
      const outColumn = outputOffset + (epilogue === 'gate' ? column / 2 : column)
      if (readQuad !== null && count > 0) {
        for (let quad = 0; quad < width / BLOCK; quad++) {
          readQuad(column + quad * BLOCK, unpacked[quad] as Float32Array)
        }
      }
      for (let row = 0; row < count; row += BLOCK) {
        const height = Math.min(BLOCK, count - row)
        if (epilogue === 'gate') {
          block(gates, row, height, column, 0)
          block(sums, row, height, column + BLOCK, 1)
        } else {
          block(sums, row, height, column, 0)
        }
        for (let r = 0; r < height; r++) {
          const place = (row + r) * outputStride + outColumn
          for (let c = 0; c < BLOCK; c++) {
            const sum = sums[r * BLOCK + c] as number
            if (epilogue === 'store') output[place + c] = sum
            else if (epilogue === 'add') output[place + c] = (output[place + c] as number) + sum
            else output[place + c] = silu(gates[r * BLOCK + c] as number) * sum
          }
        }
      }
    }
  }
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x))
}

function blockOfFour(
  into: Float64Array,
  x: Float32Array,
  row0: number,
  row1: number,
  row2: number,
  row3: number,
  w: Float32Array,
  start: number,
  stride: number,
  inner: number,
  bias: Float32Array,
  column: number,
): void {
  let a0 = bias[column] as number
  let a1 = bias[column + 1] as number
  let a2 = bias[column + 2] as number
  let a3 = bias[column + 3] as number
  let b0 = a0
  let b1 = a1
  let b2 = a2
  let b3 = a3
  let c0 = a0
  let c1 = a1
  let c2 = a2
  let c3 = a3
  let d0 = a0
  let d1 = a1
  let d2 = a2
  let d3 = a3
  let at = start
  for (let k = 0; k < inner; k++) {
    const w0 = w[at] as number
    const w1 = w[at + 1] as number
    const w2 = w[at + 2] as number
    const w3 = w[at + 3] as number
    at += stride
    const a = x[row0 + k] as number
    a0 += a * w0
    a1 += a * w1
    a2 += a * w2
    a3 += a * w3
    const b = x[row1 + k] as number
    b0 += b * w0
    b1 += b * w1
    b2 += b * w2
    b3 += b * w3
    const c = x[row2 + k] as number
    c0 += c * w0
    c1 += c * w1
    c2 += c * w2
    c3 += c * w3
    const d = x[row3 + k] as number
    d0 += d * w0
    d1 += d * w1
    d2 += d * w2
    d3 += d * w3
  }
  into[0] = a0
  into[1] = a1
  into[2] = a2
  into[3] = a3
  into[4] = b0
  into[5] = b1
  into[6] = b2
  into[7] = b3
  into[8] = c0
  into[9] = c1
  into[10] = c2
  into[11] = c3
  into[12] = d0
  into[13] = d1
  into[14] = d2
  into[15] = d3
}

function blockOfOne(
  into: Float64Array,
  place: number,
  x: Float32Array,
  row: number,
  w: Float32Array,
  start: number,
  stride: number,
  inner: number,
  bias: Float32Array,
  column: number,
): void {
  let a0 = bias[column] as number
  let a1 = bias[column + 1] as number
  let a2 = bias[column + 2] as number
  let a3 = bias[column + 3] as number
  let at = start
  for (let k = 0; k < inner; k++) {
    const a = x[row + k] as number
    a0 += a * (w[at] as number)
    a1 += a * (w[at + 1] as number)
    a2 += a * (w[at + 2] as number)
    a3 += a * (w[at + 3] as number)
    at += stride
  }
  into[place] = a0
  into[place + 1] = a1
  into[place + 2] = a2
  into[place + 3] = a3
}
