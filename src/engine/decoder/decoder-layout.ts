import type { BackendLimits } from '../../compute/backend.ts'
import type { WeightFormat } from '../../compute/kernels/weight-format.ts'
import { weightLayout } from '../../compute/kernels/weight-format.ts'
import type { MatmulTile, Tuning } from '../../compute/tuning.ts'
import type { DecoderConfig } from './decoder.ts'

/** Columns first … first + columns − 1 of a matrix: the part of it that one binding holds. */
export interface ColumnPart {
  readonly first: number
  readonly columns: number
}

/**
 * How a decoder's tensors lie on the device: all widths rounded up so that kernels need no checks at the edges.
 * What is added is zero in the weights, so it is zero in the activations too.
 */
export interface DecoderLayout {
  /** Hidden size as the length of sums, and from one row of hidden states to the next. */
  readonly hidden: number
  readonly hiddenStride: number
  /** One head, and all query heads. */
  readonly headWidth: number
  readonly queryWidth: number
  /** Query, key and value heads of one row. */
  readonly projectionStride: number
  /** Gate and up columns, four and four in turn; half of them from one row to the next after the gate. */
  readonly gateColumns: number
  readonly innerStride: number
  /** Output columns of the embedding and the language-model head, and of the score head. */
  readonly vocabularyColumns: number
  readonly scoreColumns: number
}

export function decoderLayout(
  config: DecoderConfig,
  { matmul }: { readonly matmul: Pick<MatmulTile, 'columns'> },
): DecoderLayout {
  const tile = matmul.columns
  const headWidth = roundUp(config.headDim, 4)
  // Half of it is whole tiles too: the gradient of what lies between gate and down is a product's output.
  const gateColumns = roundUp(2 * roundUp(config.intermediateSize, 4), 2 * tile)
  return {
    hidden: roundUp(config.hiddenSize, 4),
    hiddenStride: roundUp(config.hiddenSize, tile),
    headWidth,
    queryWidth: config.heads * headWidth,
    projectionStride: roundUp((config.heads + 2 * config.keyValueHeads) * headWidth, tile),
    gateColumns,
    innerStride: gateColumns / 2,
    vocabularyColumns: roundUp(config.vocabSize, tile),
    scoreColumns: config.outputHead.kind === 'score' ? roundUp(config.outputHead.labels, tile) : 0,
  }
}

/** Bytes of one part at most, whatever could be bound: a part is packed in the host's memory before it is uploaded. */
const PART_BYTES = 2 ** 27

/** Splits a matrix [inner, columns] by columns, so that each part fits one binding. */
export function columnParts(
  { inner, columns }: { readonly inner: number; readonly columns: number },
  format: WeightFormat,
  tuning: Tuning,
  limits: BackendLimits,
): ColumnPart[] {
  const tile = tuning.matmul.columns
  const tileBytes = 4 * weightLayout(format, inner, tile).words
  const most = Math.max(1, Math.floor(Math.min(limits.maxBindingBytes, PART_BYTES) / tileBytes)) * tile
  return Array.from({ length: Math.ceil(columns / most) }, (_, part) => ({
    first: part * most,
    columns: Math.min(most, columns - part * most),
  }))
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple
}
