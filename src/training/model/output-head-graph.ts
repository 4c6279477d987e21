import type { BackendBuffer } from '../../compute/backend.ts'
import { gainGradientKernel } from '../../compute/kernels/gain-gradient/gain-gradient.ts'
import { logitsGradientKernel } from '../../compute/kernels/logits-gradient/logits-gradient.ts'
import { rmsnormKernel } from '../../compute/kernels/rmsnorm/rmsnorm.ts'
import { rmsnormBackwardKernel } from '../../compute/kernels/rmsnorm-backward/rmsnorm-backward.ts'
import { rowsLength } from '../../compute/kernels/rows.ts'
import { tokenLogprobsKernel } from '../../compute/kernels/token-logprobs/token-logprobs.ts'
import { roundUp } from '../../engine/decoder/decoder-layout.ts'
import type { Matrix } from '../../engine/decoder/decoder-weights.ts'
import type { GraphStep, RowSpan } from './graph-tools.ts'
import type { LayerContext } from './layer-graph.ts'
import { bind, normShape } from './layer-graph.ts'
import { linearBackward, linearForward } from './linear-graph.ts'

/** Bytes of the logits that exist at a time: larger batches of readouts go in chunks, and their logits are computed twice. */
const LOGITS_BYTES = 2 ** 25
/** What the model has on top, its output heads: a language-model head, a score head, or both. */
export interface OutputHeads {
  readonly language: Matrix | null
  readonly score: Matrix | null
}

/** Up to `rows` readouts that share the logits' buffer: the first is number `first` of the batch. */
export interface ReadoutChunk {
  readonly first: number
  /** (count), then (target token, 0, 0, 0) per row. */
  readonly span: RowSpan
  /** (log-probability, log-sum-exp, entropy, hit) per row. */
  readonly stats: BackendBuffer
  /** dLoss / d(log-probability, entropy) per row. */
  readonly coefficients: BackendBuffer
  readonly logits: readonly GraphStep[]
  readonly read: readonly GraphStep[]
  readonly backward: readonly GraphStep[]
}

export interface OutputHeadGraph {
  readonly norm: readonly GraphStep[]
  readonly chunkRows: number
  readonly chunks: readonly ReadoutChunk[]
  readonly scores: { readonly data: BackendBuffer; readonly stride: number } | null
  readonly scoreForward: readonly GraphStep[]
  readonly scoreGradient: BackendBuffer | null
  readonly scoreBackward: readonly GraphStep[]
  /** From the readouts' states to the residual stream after the last layer. */
  readonly normBackward: readonly GraphStep[]
}

export async function bindOutputHeads(
  context: LayerContext,
  outputHeads: OutputHeads,
  finalNorm: BackendBuffer,
): Promise<OutputHeadGraph> {
  const { tools, activations, trained } = context
  const { limits, strides, readoutStates, readouts: span } = activations
  const { rows: tileRows } = tools.backend.tuning.matmul
  const states = { data: readoutStates, stride: strides.hidden }
  const stateGradients = activations.gradients === null ? null : activations.gradients.readoutStates
  const readoutRows = roundUp(limits.maxReadouts, tileRows)
  const chunks = outputHeads.language === null ? [] : await bindChunks(context, outputHeads.language, readoutRows)

  const columns = outputHeads.score?.parts[0]?.columns ?? 0
  const scores = outputHeads.score === null ? null : await tools.buffers.words(readoutRows * columns, 'activations')
  const scoreGradient =
    outputHeads.score === null || stateGradients === null
      ? null
      : await tools.buffers.words(readoutRows * columns, 'activations')
  return {
    norm: [
      await bind(
        context,
        rmsnormKernel({ ...normShape(context, context.config.normEpsilon), to: 'slot' }),
        { rows: activations.targets, input: lastInput(context), gain: finalNorm, output: readoutStates },
        'readouts',
      ),
    ],
    chunkRows: chunks[1]?.first ?? readoutRows,
    chunks,
    scores: scores === null ? null : { data: scores, stride: columns },
    scoreForward:
      outputHeads.score === null || scores === null
        ? []
        : await linearForward(
            tools,
            trained,
            outputHeads.score,
            span,
            states,
            { data: scores, stride: columns },
            'store',
          ),
    scoreGradient,
    scoreBackward:
      outputHeads.score === null || scoreGradient === null || stateGradients === null
        ? []
        : await linearBackward(
            tools,
            trained,
            outputHeads.score,
            span,
            states,
            { data: scoreGradient, stride: columns },
            { data: stateGradients, stride: strides.hidden },
            outputHeads.language === null ? 'store' : 'add',
          ),
    normBackward: await finalNormBackward(context, finalNorm),
  }
}

async function bindChunks(context: LayerContext, head: Matrix, readoutRows: number): Promise<ReadoutChunk[]> {
  const { tools, config, activations, trained } = context
  const { strides, readoutStates, gradients } = activations
  const { tuning } = tools.backend
  const stride = head.parts.reduce((sum, part) => sum + part.columns, 0)
  const bytes = Math.min(LOGITS_BYTES, tools.backend.limits.maxBindingBytes)
  const fitting = Math.max(1, Math.floor(bytes / (4 * stride * tuning.matmul.rows))) * tuning.matmul.rows
  const chunkRows = Math.min(readoutRows, fitting)
  const logits = { data: await tools.buffers.words(chunkRows * stride, 'activations'), stride }
  const { reduceLanes: lanes, elementLanes: serialLanes } = tuning
  const shape = { vocabulary: config.vocabSize, stride, lanes, serialLanes }
  const chunks: ReadoutChunk[] = []
  for (let first = 0; first < readoutRows; first += chunkRows) {
    const rows = await tools.buffers.words(rowsLength(chunkRows), 'control')
    const span: RowSpan = { rows, extent: 'readouts', name: `readouts from ${first}` }
    const stats = await tools.buffers.words(4 * chunkRows, 'activations')
    const coefficients = await tools.buffers.words(2 * chunkRows, 'activations')
    const states = { data: readoutStates, stride: strides.hidden, offset: first * strides.hidden }
    chunks.push({
      first,
      span,
      stats,
      coefficients,
      logits: await linearForward(tools, trained, head, span, states, logits, 'store'),
      read: [await bind(context, tokenLogprobsKernel(shape), { rows, logits: logits.data, stats }, 'readouts')],
      backward:
        gradients === null
          ? []
          : [
              await bind(
                context,
                logitsGradientKernel(shape),
                { rows, stats, coefficients, logits: logits.data },
                'readouts',
              ),
              ...(await linearBackward(
                tools,
                trained,
                head,
                span,
                states,
                logits,
                { data: gradients.readoutStates, stride: strides.hidden, offset: first * strides.hidden },
                'store',
              )),
            ],
    })
  }
  return chunks
}

async function finalNormBackward(context: LayerContext, finalNorm: BackendBuffer): Promise<GraphStep[]> {
  const { tools, activations, trained } = context
  const { tokens, gradients } = activations
  if (gradients === null) return []
  const shape = normShape(context, context.config.normEpsilon)
  const input = lastInput(context)
  const gainInto = trained.gradientOf(finalNorm)
  const { readoutStates, hidden, scales } = gradients
  return [
    await bind(context, rmsnormBackwardKernel({ ...shape, from: 'slot', epilogue: 'store' }), {
      rows: tokens.rows,
      input,
      gain: finalNorm,
      gradient: readoutStates,
      output: hidden,
      scales,
    }),
    ...(gainInto === null
      ? []
      : [
          await bind(
            context,
            gainGradientKernel({
              hidden: shape.hidden,
              stride: shape.stride,
              from: 'slot',
              lanes: tools.backend.tuning.elementLanes,
            }),
            { rows: tokens.rows, input, gradient: readoutStates, scales, output: gainInto },
          ),
        ]),
  ]
}

/** The residual stream after the last layer. */
function lastInput({ activations }: LayerContext): BackendBuffer {
  const last = activations.inputs[activations.inputs.length - 1]
  if (last === undefined) throw new RangeError('a decoder without layers')
  return last
}
