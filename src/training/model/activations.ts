import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import { rowsLength } from '../../compute/kernels/rows.ts'
import type { DecoderConfig } from '../../engine/decoder/decoder.ts'
import type { DecoderBuffers } from '../../engine/decoder/decoder-buffers.ts'
import type { DecoderLayout } from '../../engine/decoder/decoder-layout.ts'
import { roundUp } from '../../engine/decoder/decoder-layout.ts'
import { createAngles } from '../../engine/decoder/rotary-tables.ts'
import type { RowSpan } from './graph-tools.ts'
import type { BatchLimits } from './packed-batch.ts'

/** What a layer's forward pass leaves for its backward pass. */
export interface LayerActivations {
  /** Query, key and value heads before they are normed and turned. */
  readonly projected: BackendBuffer
  readonly turned: BackendBuffer
  readonly attended: BackendBuffer
  readonly logSums: BackendBuffer
  /** The residual stream between attention and MLP. */
  readonly middle: BackendBuffer
  /** Gates and values before they are multiplied. */
  readonly gated: BackendBuffer
}

/** Floats from one row to the next of each activation. */
export interface ActivationStrides {
  readonly hidden: number
  readonly projected: number
  readonly attended: number
  readonly gated: number
  readonly inner: number
}

/** Everything of a training pass that is not weights, gradients or optimizer state. Nothing is added later. */
export interface Activations {
  readonly limits: BatchLimits
  readonly strides: ActivationStrides
  readonly tokens: RowSpan
  readonly readouts: RowSpan
  /** (row, 0, 0, readout) per readout, after the count. */
  readonly targets: BackendBuffer
  /** Says how many fours of floats the tokens' hidden states have. */
  readonly hiddenQuads: BackendBuffer
  readonly order: BackendBuffer
  readonly segments: BackendBuffer
  /** Of each layer's rotary positions. */
  readonly angles: readonly BackendBuffer[]
  /** Residual stream before each layer, and after the last one. */
  readonly inputs: readonly BackendBuffer[]
  /** For each layer; with recomputation all are the same. */
  readonly layers: readonly LayerActivations[]
  readonly normed: BackendBuffer
  readonly inner: BackendBuffer
  /** Final normed hidden states of readouts. */
  readonly readoutStates: BackendBuffer
  /** Null where nothing is trained. */
  readonly gradients: GradientActivations | null
}

/** Gradients of activations; each is needed only for a while. */
export interface GradientActivations {
  /** Of the residual stream. */
  readonly hidden: BackendBuffer
  readonly normed: BackendBuffer
  readonly inner: BackendBuffer
  readonly gated: BackendBuffer
  readonly attended: BackendBuffer
  readonly turned: BackendBuffer
  readonly projected: BackendBuffer
  readonly deltas: BackendBuffer
  readonly scales: BackendBuffer
  readonly readoutStates: BackendBuffer
}

export interface ActivationOptions {
  readonly limits: BatchLimits
  /** `all`: every layer keeps its own. `inputs`: layers keep their input and are run again. `none`: forward only. */
  readonly keep: 'all' | 'inputs' | 'none'
}

export async function createActivations(
  backend: Backend,
  buffers: DecoderBuffers,
  config: DecoderConfig,
  layout: DecoderLayout,
  { limits, keep }: ActivationOptions,
): Promise<Activations> {
  const { rows: tileRows, columns: tile } = backend.tuning.matmul
  const strides: ActivationStrides = {
    hidden: layout.hiddenStride,
    projected: layout.projectionStride,
    attended: roundUp(layout.queryWidth, tile),
    gated: layout.gateColumns,
    inner: layout.innerStride,
  }
  // Tiles of rows read past the last row; what they read is not used.
  const tokenRows = roundUp(limits.maxRows, tileRows)
  const readoutRows = roundUp(limits.maxReadouts, tileRows)
  const words = (length: number) => buffers.words(length, 'activations')
  const control = (length: number) => buffers.words(length, 'control')
  const perToken = (width: number) => words(tokenRows * width)

  async function layer(queryKeyNorm: boolean): Promise<LayerActivations> {
    const turned = await perToken(strides.projected)
    return {
      // Without norms of the heads, what was turned can be turned back: nothing else is kept.
      projected: queryKeyNorm ? await perToken(strides.projected) : shared.projected,
      turned,
      attended: await perToken(strides.attended),
      logSums: await words(tokenRows * config.heads),
      middle: await perToken(strides.hidden),
      gated: await perToken(strides.gated),
    }
  }
  const shared = { projected: await perToken(strides.projected) }
  const layers: LayerActivations[] = []
  const inputs: BackendBuffer[] = [await perToken(strides.hidden)]
  const anyNorm = config.layers.some(({ norms }) => norms.queryKey)
  for (const { norms } of config.layers) {
    layers.push(keep === 'all' ? await layer(norms.queryKey) : (layers[0] ?? (await layer(anyNorm))))
    inputs.push(keep === 'none' && inputs[0] !== undefined ? inputs[0] : await perToken(strides.hidden))
  }
  const targets = await control(rowsLength(limits.maxReadouts))
  return {
    limits,
    strides,
    tokens: { rows: await control(rowsLength(limits.maxRows)), extent: 'tokens', name: 'tokens' },
    readouts: { rows: targets, extent: 'readouts', name: 'readouts' },
    targets,
    hiddenQuads: await control(rowsLength(0)),
    order: await control(limits.maxRows),
    segments: await control(rowsLength(Math.min(limits.maxRows, config.vocabSize))),
    angles: await createAngles(backend, buffers, config, limits.maxPositions, 'control'),
    inputs,
    layers,
    normed: await perToken(strides.hidden),
    inner: await perToken(strides.inner),
    readoutStates: await words(readoutRows * strides.hidden),
    gradients:
      keep === 'none'
        ? null
        : {
            hidden: await perToken(strides.hidden),
            normed: await perToken(strides.hidden),
            inner: await perToken(strides.inner),
            gated: await perToken(strides.gated),
            attended: await perToken(strides.attended),
            turned: await perToken(strides.projected),
            projected: await perToken(strides.projected),
            deltas: await words(tokenRows * config.heads),
            scales: await words(tokenRows),
            readoutStates: await words(readoutRows * strides.hidden),
          },
  }
}
