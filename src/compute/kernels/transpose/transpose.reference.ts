import type { Views } from '../../backend.ts'
import { quadReader } from '../weight-format.reference.ts'
import type { WeightFormat } from '../weight-format.ts'

export interface TransposeShape {
  /** How the input lies; activations are f32. */
  readonly format: WeightFormat
  /** Rows that the input can have; where it is compressed, exactly so many. */
  readonly maxRows: number
  /** Floats (columns, where it is compressed) from one row of the input to the next; a multiple of 4. */
  readonly inputStride: number
  /** First column that is transposed, and how many are; multiples of 4. */
  readonly inputOffset: number
  readonly width: number
  /** Floats from one row of the output to the next; a multiple of 4. */
  readonly outputStride: number
  /** Rows of the output are filled up with zeros to a multiple of this, itself a multiple of 4. */
  readonly padTo: number
  readonly lanes: number
}

export const TRANSPOSE_BINDINGS = {
  rows: ['u32', 'read'],
  /** Words of the format, see `weightLayout`. */
  input: ['f32', 'read'],
  output: ['f32', 'read_write'],
} as const

/** Rows side by side, so that reads and writes both stay in the cache. */
const BLOCK = 16

export function transposeReference(shape: TransposeShape, views: Views<typeof TRANSPOSE_BINDINGS>): () => void {
  const { format, maxRows, inputStride, inputOffset, width, outputStride, padTo } = shape
  const { rows, input, output } = views
  const readQuad = format === 'f32' ? null : quadReader(format, { inner: maxRows, columns: inputStride }, input)
  const unpacked = new Float32Array(readQuad === null ? 0 : 4 * maxRows)
  return () => {
    const count = rows[0] as number
    const end = Math.ceil(count / padTo) * padTo
    if (readQuad === null) {
      for (let first = 0; first < count; first += BLOCK) {
        const last = Math.min(first + BLOCK, count)
        for (let c = 0; c < width; c++) {
          for (let r = first; r < last; r++) {
            output[c * outputStride + r] = input[r * inputStride + inputOffset + c] as number
          }
        }
      }
    } else {
      for (let c = 0; c < width; c++) {
        if (c % 4 === 0) readQuad(inputOffset + c, unpacked)
        for (let r = 0; r < count; r++) output[c * outputStride + r] = unpacked[4 * r + (c % 4)] as number
      }
    }
    for (let c = 0; c < width; c++) output.fill(0, c * outputStride + count, c * outputStride + end)
  }
}
