import type { BackendBuffer } from '../../compute/backend.ts'
import { columnSumsKernel } from '../../compute/kernels/column-sums/column-sums.ts'
import type { Matrix } from '../../engine/decoder/decoder-weights.ts'
import type { GraphStep, GraphTools, RowSpan, Rows } from './graph-tools.ts'
import type { LowRank } from './low-rank.ts'

/** Which weights are trained, and how. */
export interface Trained {
  /** Where the gradient of a buffer of weights goes; null where it is not trained. */
  readonly gradientOf: (weights: BackendBuffer) => BackendBuffer | null
  /** The low-rank update of a matrix, if it has one. */
  readonly lowRankOf: (matrix: Matrix) => LowRank | null
}

/** A product of the model, with its low-rank update where there is one. */
export async function linearForward(
  tools: GraphTools,
  { lowRankOf }: Trained,
  matrix: Matrix,
  span: RowSpan,
  input: Rows,
  output: Rows,
  epilogue: 'store' | 'add',
): Promise<GraphStep[]> {
  const update = lowRankOf(matrix)
  return [
    ...(await tools.product(matrix, span, input, output, epilogue)),
    ...(update === null
      ? []
      : [
          ...(await tools.product(update.down, span, input, update.low, 'store')),
          ...(await tools.product(update.up, span, update.low, output, 'add')),
        ]),
  ]
}

/**
 * Adds to the gradients of a matrix (or of its low-rank update) and gives what reaches its input.
 * @param input as it was in the forward pass
 * @param gradient of the output; exactly as wide as the matrix where that is trained
 * @param output where the gradient of the input goes
 */
export async function linearBackward(
  tools: GraphTools,
  trained: Trained,
  matrix: Matrix,
  span: RowSpan,
  input: Rows,
  gradient: Rows,
  output: Rows,
  epilogue: 'store' | 'add',
): Promise<GraphStep[]> {
  const update = trained.lowRankOf(matrix)
  return [
    ...(await ownGradients(tools, trained, matrix, span, input, gradient)),
    ...(await tools.inputGradient(matrix, span, gradient, output, epilogue)),
    ...(update === null ? [] : await lowRankBackward(tools, update, span, input, gradient, output)),
  ]
}

async function ownGradients(
  tools: GraphTools,
  { gradientOf }: Trained,
  matrix: Matrix,
  span: RowSpan,
  input: Rows,
  gradient: Rows,
): Promise<GraphStep[]> {
  const steps: GraphStep[] = []
  for (const { columns, weights, bias } of matrix.parts) {
    const into = gradientOf(weights)
    if (into !== null) {
      steps.push(...(await tools.weightGradient(span, input, matrix.inner, gradient, columns, into)))
    }
    const biasInto = gradientOf(bias)
    if (biasInto !== null) steps.push(await columnSums(tools, span, gradient, columns, biasInto))
  }
  return steps
}

async function lowRankBackward(
  tools: GraphTools,
  { down, up, low, lowGradient, downGradient, upGradient }: LowRank,
  span: RowSpan,
  input: Rows,
  gradient: Rows,
  output: Rows,
): Promise<GraphStep[]> {
  const columns = up.parts.reduce((sum, part) => sum + part.columns, 0)
  return [
    ...(await tools.product(down, span, input, low, 'store')),
    ...(await tools.inputGradient(up, span, gradient, lowGradient, 'store')),
    ...(await tools.weightGradient(span, low, up.inner, gradient, columns, upGradient)),
    ...(await tools.weightGradient(span, input, down.inner, lowGradient, up.inner, downGradient)),
    ...(await tools.inputGradient(down, span, lowGradient, output, 'add')),
  ]
}

async function columnSums(
  tools: GraphTools,
  span: RowSpan,
  { data, stride, offset = 0 }: Rows,
  columns: number,
  output: BackendBuffer,
): Promise<GraphStep> {
  const { backend } = tools
  const kernel = await backend.bind(columnSumsKernel({ columns, stride, offset, lanes: backend.tuning.elementLanes }), {
    rows: span.rows,
    input: data,
    output,
  })
  return { kernel, rows: span.extent }
}
