import type { BackendBuffer, Bindings, Kernel } from '../../compute/backend.ts'
import { causalAttentionKernel } from '../../compute/kernels/causal-attention/causal-attention.ts'
import { causalAttentionBackwardKeysKernel } from '../../compute/kernels/causal-attention/causal-attention-backward-keys.ts'
import { causalAttentionBackwardQueriesKernel } from '../../compute/kernels/causal-attention/causal-attention-backward-queries.ts'
import { gainGradientKernel } from '../../compute/kernels/gain-gradient/gain-gradient.ts'
import { rmsnormKernel } from '../../compute/kernels/rmsnorm/rmsnorm.ts'
import { rmsnormBackwardKernel } from '../../compute/kernels/rmsnorm-backward/rmsnorm-backward.ts'
import { headGainGradientKernel } from '../../compute/kernels/rotary-dense/head-gain-gradient.ts'
import { rotaryDenseKernel } from '../../compute/kernels/rotary-dense/rotary-dense.ts'
import { rotaryDenseBackwardKernel } from '../../compute/kernels/rotary-dense/rotary-dense-backward.ts'
import { scaledCopyKernel } from '../../compute/kernels/scaled-copy/scaled-copy.ts'
import { swigluKernel } from '../../compute/kernels/swiglu/swiglu.ts'
import { swigluBackwardKernel } from '../../compute/kernels/swiglu/swiglu-backward.ts'
import type { DecoderConfig, LayerConfig } from '../../engine/decoder/decoder.ts'
import { windowWithin } from '../../engine/decoder/decoder.ts'
import type { DecoderLayout } from '../../engine/decoder/decoder-layout.ts'
import type { LayerWeights, Matrix } from '../../engine/decoder/decoder-weights.ts'
import type { Activations, LayerActivations } from './activations.ts'
import type { Extent, GraphStep, GraphTools, Rows } from './graph-tools.ts'
import type { Trained } from './linear-graph.ts'
import { linearBackward, linearForward } from './linear-graph.ts'

export interface LayerContext {
  readonly tools: GraphTools
  readonly config: DecoderConfig
  readonly layout: DecoderLayout
  readonly activations: Activations
  readonly trained: Trained
}

/** One layer, bound to its buffers: `inputs[number]` → `inputs[number + 1]`. */
export interface LayerGraph {
  /** All that the backward pass needs, the MLP's product of gates and values included. */
  readonly forward: readonly GraphStep[]
  /** The last product and sum of the forward pass, which running a layer again leaves out. */
  readonly finish: readonly GraphStep[]
  /** Turns the gradient of the layer's output (`gradients.hidden`) into that of its input; none where nothing is trained. */
  readonly backward: readonly GraphStep[]
}

export async function bindLayer(context: LayerContext, weights: LayerWeights, number: number): Promise<LayerGraph> {
  const { activations } = context
  const [input, output, kept] = [activations.inputs[number], activations.inputs[number + 1], activations.layers[number]]
  const [layer, angles] = [context.config.layers[number], activations.angles[number]]
  if (
    input === undefined ||
    output === undefined ||
    kept === undefined ||
    layer === undefined ||
    angles === undefined
  ) {
    throw new RangeError(`no layer ${number}`)
  }
  const place = { layer, angles, input, output, kept }
  return {
    forward: [...(await attentionForward(context, weights, place)), ...(await mlpForward(context, weights, place))],
    finish: await mlpFinish(context, weights, place),
    backward:
      activations.gradients === null
        ? []
        : [...(await mlpBackward(context, weights, place)), ...(await attentionBackward(context, weights, place))],
  }
}

interface Place {
  readonly layer: LayerConfig
  readonly angles: BackendBuffer
  readonly input: BackendBuffer
  readonly output: BackendBuffer
  readonly kept: LayerActivations
}

async function attentionForward(context: LayerContext, weights: LayerWeights, place: Place): Promise<GraphStep[]> {
  const { activations } = context
  const { tokens, normed } = activations
  const rows = rowsOf(activations)
  const { input, kept, layer, angles } = place
  return [
    await norm(context, layer, input, weights.attentionNorm),
    ...(await product(context, weights.projection, rows.hidden(normed), rows.projected(kept.projected), 'store')),
    await bind(context, rotaryDenseKernel(rotaryShape(context, layer)), {
      rows: tokens.rows,
      input: kept.projected,
      angles,
      gains: weights.headNorms,
      output: kept.turned,
    }),
    await bind(context, causalAttentionKernel(attentionShape(context, layer)), {
      rows: tokens.rows,
      turned: kept.turned,
      attended: kept.attended,
      logSums: kept.logSums,
    }),
    await copy(context, input, kept.middle),
    ...(await product(context, weights.output, rows.attended(kept.attended), rows.hidden(kept.middle), 'add')),
  ]
}

async function mlpForward(context: LayerContext, weights: LayerWeights, { kept, layer }: Place): Promise<GraphStep[]> {
  const rows = rowsOf(context.activations)
  const { normed } = context.activations
  return [
    await norm(context, layer, kept.middle, weights.mlpNorm),
    ...(await product(context, weights.gate, rows.hidden(normed), rows.gated(kept.gated), 'store')),
  ]
}

async function mlpFinish(context: LayerContext, weights: LayerWeights, place: Place): Promise<GraphStep[]> {
  const rows = rowsOf(context.activations)
  const { inner } = context.activations
  const { kept, output } = place
  return [
    await swiglu(context, kept),
    await copy(context, kept.middle, output),
    ...(await product(context, weights.down, rows.inner(inner), rows.hidden(output), 'add')),
  ]
}

async function mlpBackward(context: LayerContext, weights: LayerWeights, { kept, layer }: Place): Promise<GraphStep[]> {
  const { activations } = context
  const { tokens, normed, inner } = activations
  const rows = rowsOf(activations)
  const gradients = gradientsOf(activations)
  return [
    await swiglu(context, kept),
    ...(await productBackward(
      context,
      weights.down,
      rows.inner(inner),
      rows.hidden(gradients.hidden),
      rows.inner(gradients.inner),
    )),
    await bind(context, swigluBackwardKernel(swigluShape(context)), {
      rows: tokens.rows,
      input: kept.gated,
      gradient: gradients.inner,
      output: gradients.gated,
    }),
    await norm(context, layer, kept.middle, weights.mlpNorm),
    ...(await productBackward(
      context,
      weights.gate,
      rows.hidden(normed),
      rows.gated(gradients.gated),
      rows.hidden(gradients.normed),
    )),
    ...(await normBackward(context, layer, kept.middle, weights.mlpNorm)),
  ]
}

async function attentionBackward(context: LayerContext, weights: LayerWeights, place: Place): Promise<GraphStep[]> {
  const { activations, trained } = context
  const { tokens, normed } = activations
  const rows = rowsOf(activations)
  const { input, kept, layer, angles } = place
  const gradients = gradientsOf(activations)
  const headGains = layer.norms.queryKey ? trained.gradientOf(weights.headNorms) : null
  return [
    ...(await productBackward(
      context,
      weights.output,
      rows.attended(kept.attended),
      rows.hidden(gradients.hidden),
      rows.attended(gradients.attended),
    )),
    await bind(context, causalAttentionBackwardQueriesKernel(attentionShape(context, layer)), {
      rows: tokens.rows,
      turned: kept.turned,
      attended: kept.attended,
      gradient: gradients.attended,
      logSums: kept.logSums,
      output: gradients.turned,
      deltas: gradients.deltas,
    }),
    await bind(context, causalAttentionBackwardKeysKernel(attentionShape(context, layer)), {
      rows: tokens.rows,
      turned: kept.turned,
      gradient: gradients.attended,
      logSums: kept.logSums,
      deltas: gradients.deltas,
      output: gradients.turned,
    }),
    await bind(context, rotaryDenseBackwardKernel(rotaryShape(context, layer)), {
      rows: tokens.rows,
      input: kept.projected,
      angles,
      gains: weights.headNorms,
      gradient: gradients.turned,
      output: gradients.projected,
    }),
    ...(headGains === null
      ? []
      : [
          await bind(context, headGainGradientKernel(rotaryShape(context, layer)), {
            rows: tokens.rows,
            contributions: gradients.turned,
            output: headGains,
          }),
        ]),
    await norm(context, layer, input, weights.attentionNorm),
    ...(await productBackward(
      context,
      weights.projection,
      rows.hidden(normed),
      rows.projected(gradients.projected),
      rows.hidden(gradients.normed),
    )),
    ...(await normBackward(context, layer, input, weights.attentionNorm)),
  ]
}

function product(context: LayerContext, matrix: Matrix, input: Rows, output: Rows, epilogue: 'store' | 'add') {
  const { tools, trained, activations } = context
  return linearForward(tools, trained, matrix, activations.tokens, input, output, epilogue)
}

function productBackward(context: LayerContext, matrix: Matrix, input: Rows, gradient: Rows, output: Rows) {
  const { tools, trained, activations } = context
  return linearBackward(tools, trained, matrix, activations.tokens, input, gradient, output, 'store')
}

/** Buffers as rows of the activations' widths. */
function rowsOf({ strides }: Activations) {
  const apart =
    (stride: number) =>
    (data: BackendBuffer): Rows => ({ data, stride })
  return {
    hidden: apart(strides.hidden),
    projected: apart(strides.projected),
    attended: apart(strides.attended),
    gated: apart(strides.gated),
    inner: apart(strides.inner),
  }
}

/** normed = norm of the residual stream. */
function norm(
  context: LayerContext,
  { norms }: LayerConfig,
  input: BackendBuffer,
  gain: BackendBuffer,
): Promise<GraphStep> {
  const { tokens, normed } = context.activations
  return bind(context, rmsnormKernel({ ...normShape(context, norms.epsilon), to: 'row' }), {
    rows: tokens.rows,
    input,
    gain,
    output: normed,
  })
}

/** Adds what comes through a norm to the gradient of the residual stream, and to that of the gain. */
async function normBackward(
  context: LayerContext,
  { norms }: LayerConfig,
  input: BackendBuffer,
  gain: BackendBuffer,
): Promise<GraphStep[]> {
  const { tools, activations, trained } = context
  const { tokens } = activations
  const { normed, hidden, scales } = gradientsOf(activations)
  const gainInto = trained.gradientOf(gain)
  const shape = normShape(context, norms.epsilon)
  return [
    await bind(context, rmsnormBackwardKernel({ ...shape, from: 'row', epilogue: 'add' }), {
      rows: tokens.rows,
      input,
      gain,
      gradient: normed,
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
              from: 'row',
              lanes: tools.backend.tuning.elementLanes,
            }),
            { rows: tokens.rows, input, gradient: normed, scales, output: gainInto },
          ),
        ]),
  ]
}

function swiglu(context: LayerContext, kept: LayerActivations): Promise<GraphStep> {
  const { tokens, inner } = context.activations
  return bind(context, swigluKernel(swigluShape(context)), { rows: tokens.rows, input: kept.gated, output: inner })
}

/** Copies the residual stream's rows. */
async function copy(context: LayerContext, input: BackendBuffer, output: BackendBuffer): Promise<GraphStep> {
  const { tools, activations } = context
  const kernel = scaledCopyKernel(tools.backend.tuning.elementLanes)
  const factor = await tools.number(1)
  return bind(context, kernel, { rows: activations.hiddenQuads, factor, input, output }, 'hiddenQuads')
}

export async function bind<B extends Bindings>(
  { tools }: Pick<LayerContext, 'tools'>,
  kernel: Kernel<B>,
  buffers: { readonly [K in keyof B]: BackendBuffer },
  rows: Extent = 'tokens',
): Promise<GraphStep> {
  return { kernel: await tools.backend.bind(kernel, buffers), rows }
}

export function normShape(
  { tools, config, layout }: Pick<LayerContext, 'tools' | 'config' | 'layout'>,
  epsilon: number,
) {
  const { tuning } = tools.backend
  return {
    hidden: config.hiddenSize,
    stride: layout.hiddenStride,
    epsilon,
    lanes: tuning.reduceLanes,
    serialLanes: tuning.elementLanes,
  }
}

function rotaryShape({ tools, config, layout, activations }: LayerContext, { norms }: LayerConfig) {
  return {
    heads: config.heads,
    keyValueHeads: config.keyValueHeads,
    headDim: config.headDim,
    headWidth: layout.headWidth,
    stride: activations.strides.projected,
    norm: norms.queryKey ? { epsilon: norms.epsilon } : null,
    lanes: tools.backend.tuning.elementLanes,
  }
}

function attentionShape({ tools, config, layout, activations }: LayerContext, { window }: LayerConfig) {
  return {
    heads: config.heads,
    keyValueHeads: config.keyValueHeads,
    headDim: config.headDim,
    window: windowWithin(window, activations.limits.maxPositions),
    headWidth: layout.headWidth,
    stride: activations.strides.projected,
    attendedStride: activations.strides.attended,
    lanes: tools.backend.tuning.elementLanes,
  }
}

function swigluShape({ tools, activations }: LayerContext) {
  return {
    columns: activations.strides.gated,
    lanes: tools.backend.tuning.elementLanes,
  }
}

function gradientsOf({ gradients }: Activations) {
  if (gradients === null) throw new TypeError('these activations are for forward passes only')
  return gradients
}
