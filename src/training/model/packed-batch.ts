import {
  NO_SLOT,
  ROW_POSITION,
  ROW_SLOT,
  ROW_TABLE,
  ROW_TOKEN,
  rowStart,
  TARGET_ROW,
  TARGET_SLOT,
} from '../../compute/kernels/rows.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../../objectives/sequence.ts'

/** Limits of one pass, fixed when a model is prepared for training. */
export interface BatchLimits {
  readonly maxRows: number
  readonly maxReadouts: number
  readonly maxPositions: number
}

/** Sequences one after another, a row for each token and no padding, as kernels read them. */
export interface PackedBatch {
  readonly sequences: readonly TrainingSequence[]
  readonly rowCount: number
  readonly readoutCount: number
  /** (token, position, last row of its sequence, readout or NO_SLOT) per row, after the count. */
  readonly rows: Uint32Array
  /** (row, 0, 0, readout) per readout, after the count. */
  readonly targets: Uint32Array
  /** Target token per readout; 0 where none is wanted. */
  readonly readoutTokens: Uint32Array
  /** Rows sorted by token, and for each token (token, first, end, 0) in that order, after their count. */
  readonly order: Uint32Array
  readonly segments: Uint32Array
}

/**
 * @throws StepscopeError `bad-setting` where the sequences do not fit the limits, `internal` where a readout lies outside
 */
export function packBatch(sequences: readonly TrainingSequence[], limits: BatchLimits): PackedBatch {
  const rowCount = sequences.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0)
  const readoutCount = sequences.reduce((sum, { readouts }) => sum + readouts.length, 0)
  checkFits('tokens in one pass', rowCount, limits.maxRows)
  checkFits('evaluated tokens in one pass', readoutCount, limits.maxReadouts)
  const rows = new Uint32Array(rowStart(rowCount))
  const targets = new Uint32Array(rowStart(readoutCount))
  const readoutTokens = new Uint32Array(readoutCount)
  rows[0] = rowCount
  targets[0] = readoutCount
  let first = 0
  let readout = 0
  for (const { tokenIds, readouts, targets: wanted } of sequences) {
    checkFits('tokens of one sequence', tokenIds.length, limits.maxPositions)
    tokenIds.forEach((token, position) => {
      const at = rowStart(first + position)
      rows[at + ROW_TOKEN] = token
      rows[at + ROW_POSITION] = position
      rows[at + ROW_TABLE] = first + tokenIds.length - 1
      rows[at + ROW_SLOT] = NO_SLOT
    })
    readouts.forEach((position, index) => {
      if (position >= tokenIds.length) throw new RangeError(`a readout at ${position} of ${tokenIds.length} tokens`)
      rows[rowStart(first + position) + ROW_SLOT] = readout
      targets[rowStart(readout) + TARGET_ROW] = first + position
      targets[rowStart(readout) + TARGET_SLOT] = readout
      readoutTokens[readout++] = wanted[index] ?? 0
    })
    first += tokenIds.length
  }
  return { sequences, rowCount, readoutCount, rows, targets, readoutTokens, ...sortByToken(rows, rowCount) }
}

function checkFits(what: string, found: number, most: number): void {
  if (found <= most) return
  throw new StepscopeError({
    code: 'bad-setting',
    message: `The batch does not fit: too many ${what}`,
    expected: `at most ${most}`,
    found: String(found),
    nextStep: 'Lower the batch size or the longest sequence, or raise the tokens of a pass.',
  })
}

/** Rows of one token lie together, in their order in the batch, so that its gradient is one sum in one order. */
function sortByToken(rows: Uint32Array, count: number): Pick<PackedBatch, 'order' | 'segments'> {
  const tokenOf = (row: number) => rows[rowStart(row) + ROW_TOKEN] as number
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort((a, b) => tokenOf(a) - tokenOf(b) || a - b)
  const segments: number[] = []
  for (let start = 0; start < count; ) {
    const token = tokenOf(order[start] as number)
    let end = start + 1
    while (end < count && tokenOf(order[end] as number) === token) end++
    segments.push(token, start, end, 0)
    start = end
  }
  return { order, segments: Uint32Array.from([segments.length / 4, 0, 0, 0, ...segments]) }
}

/** Arrays over all readouts of a batch, cut into one view per sequence. */
export function perSequence(batch: PackedBatch, whole: SequenceValues, labels: number): SequenceValues[] {
  return cut(batch, (from, to) => ({
    logprobs: whole.logprobs.subarray(from, to),
    entropies: whole.entropies.subarray(from, to),
    hits: whole.hits.subarray(from, to),
    scores: whole.scores.subarray(from * labels, to * labels),
  }))
}

/** As `perSequence`, for gradients. */
export function gradientsPerSequence(
  batch: PackedBatch,
  whole: SequenceGradients,
  labels: number,
): SequenceGradients[] {
  return cut(batch, (from, to) => ({
    logprobs: whole.logprobs.subarray(from, to),
    entropies: whole.entropies.subarray(from, to),
    scores: whole.scores.subarray(from * labels, to * labels),
  }))
}

function cut<T>({ sequences }: PackedBatch, view: (from: number, to: number) => T): T[] {
  let from = 0
  return sequences.map(({ readouts }) => {
    const found = view(from, from + readouts.length)
    from += readouts.length
    return found
  })
}
