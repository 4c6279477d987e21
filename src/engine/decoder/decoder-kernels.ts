import type { Backend, BackendBuffer, BoundKernel, Recorder } from '../../compute/backend.ts'
import { advanceSequencesKernel } from '../../compute/kernels/advance-sequences/advance-sequences.ts'
import { attentionKernel } from '../../compute/kernels/attention/attention.ts'
import { pageAttentionKernel } from '../../compute/kernels/attention/page-attention.ts'
import { copySpansKernel } from '../../compute/kernels/copy-spans/copy-spans.ts'
import { embeddingKernel } from '../../compute/kernels/embedding/embedding.ts'
import type { MatmulShape } from '../../compute/kernels/matmul/matmul.reference.ts'
import { matmulSizes } from '../../compute/kernels/matmul/matmul.reference.ts'
import { matmulKernel } from '../../compute/kernels/matmul/matmul.ts'
import { reluKernel } from '../../compute/kernels/relu/relu.ts'
import { rmsnormKernel } from '../../compute/kernels/rmsnorm/rmsnorm.ts'
import { rotaryKernel } from '../../compute/kernels/rotary/rotary.ts'
import { samplerKernel } from '../../compute/kernels/sampler/sampler.ts'
import type { DecoderConfig, LayerConfig } from './decoder.ts'
import { PAGE_SIZE, windowWithin } from './decoder.ts'
import type { DecoderBuffers } from './decoder-buffers.ts'
import type { DecoderLayout } from './decoder-layout.ts'
import type { DecoderMemory } from './decoder-memory.ts'
import type { DecoderWeights, LayerWeights, Matrix } from './decoder-weights.ts'

/** From this vocabulary on, sharing a row of logits pays for its barriers even on software adapters. */
const WIDE_VOCABULARY = 4096
const WIDE_LANES = 64

/** Every dispatch of the decoder, bound to its buffers once. */
export interface DecoderKernels {
  /** Rows' tokens through all layers, then their normed hidden states to their slots. */
  readonly layers: readonly BoundKernel[]
  /** For each attention of `layers`, what reads the shared pages of its layer before it. */
  readonly sharedPages: ReadonlyMap<BoundKernel, BoundKernel>
  /** Rows' slots to logits, or to raw scores. */
  readonly outputHead: readonly BoundKernel[]
  /** Logits to tokens, then rows of sequences to rows of tokens; null without a language-model head. */
  readonly sample: readonly BoundKernel[] | null
  /** For each pool: copies of page entries. */
  readonly copyPages: readonly BoundKernel[]
  readonly copySlots: BoundKernel
}

/** Records a pass of `rows` rows through the layers; `items` shared pages are read apart. */
export function recordLayers(recorder: Recorder, kernels: DecoderKernels, rows: number, items: number): void {
  for (const kernel of kernels.layers) {
    const pages = items > 0 ? kernels.sharedPages.get(kernel) : undefined
    if (pages !== undefined) recorder.dispatch(pages, items)
    recorder.dispatch(kernel, rows)
  }
}

/** Binds all kernels; pipelines compile side by side. */
export async function bindKernels(
  backend: Backend,
  buffers: DecoderBuffers,
  config: DecoderConfig,
  layout: DecoderLayout,
  weights: DecoderWeights,
  memory: DecoderMemory,
): Promise<DecoderKernels> {
  const { tuning } = backend
  const { rows, targets, hidden, normed, projected, queries, attended, inner, logits, slots } = memory
  const pool = {
    keyValueHeads: config.keyValueHeads,
    headWidth: layout.headWidth,
    pagesPerSequence: memory.pagesPerSequence,
  }

  const product = (
    matrix: Matrix,
    input: BackendBuffer,
    output: BackendBuffer,
    given: Pick<MatmulShape, 'inputStride' | 'outputStride' | 'epilogue'> & Partial<Pick<MatmulShape, 'from'>>,
  ) =>
    matrix.parts.map(async ({ first, columns, weights, bias }) => {
      const shape: MatmulShape = {
        inner: matrix.inner,
        columns,
        outputOffset: given.epilogue === 'gate' ? first / 2 : first,
        tile: tuning.matmul,
        format: matrix.format,
        panelColumns: matrix.panelColumns,
        from: 'row',
        ...given,
      }
      const sizes = await buffers.words(8, 'control')
      backend.write(sizes, 0, matmulSizes(shape))
      return backend.bind(matmulKernel(shape), { rows, sizes, input, weights, bias, output })
    })

  const norm = (epsilon: number, gain: BackendBuffer, output: BackendBuffer, to: 'row' | 'slot') =>
    backend.bind(
      rmsnormKernel({
        hidden: config.hiddenSize,
        stride: layout.hiddenStride,
        epsilon,
        to,
        lanes: tuning.reduceLanes,
        serialLanes: tuning.elementLanes,
      }),
      { rows: to === 'slot' ? targets : rows, input: hidden, gain, output },
    )

  const embedding = weights.embedding.parts.map(({ first, columns, weights: table }) =>
    backend.bind(
      embeddingKernel({
        hidden: layout.hidden,
        outputStride: layout.hiddenStride,
        first,
        end: Math.min(first + columns, config.vocabSize),
        columns,
        format: weights.embedding.format,
        panelColumns: weights.embedding.panelColumns,
        lanes: tuning.elementLanes,
      }),
      { rows, table, output: hidden },
    ),
  )

  const sharedPages = new Map<BoundKernel, BoundKernel>()
  const attention = async (window: number | null, pages: BackendBuffer, layer: BackendBuffer) => {
    const { pageTables, coverage, sequenceRows, pageItems, pageList, partials, partialCapacity } = memory
    const shape = {
      ...pool,
      heads: config.heads,
      headDim: config.headDim,
      window: windowWithin(window, memory.pagesPerSequence * PAGE_SIZE),
      lanes: tuning.attentionLanes,
      serialLanes: tuning.elementLanes,
    }
    const [byRow, byPage] = await Promise.all([
      backend.bind(attentionKernel(shape), {
        rows,
        pageTables,
        coverage,
        layer,
        queries,
        pool: pages,
        partials,
        output: attended,
      }),
      partialCapacity === 0
        ? null
        : backend.bind(pageAttentionKernel(shape), {
            rows,
            sequenceRows,
            items: pageItems,
            list: pageList,
            layer,
            queries,
            pool: pages,
            partials,
          }),
    ])
    if (byPage !== null) sharedPages.set(byRow, byPage)
    return byRow
  }

  const layer = (layerWeights: LayerWeights, number: number) => {
    const { pages, layer, angles } = memory.layers[number] as DecoderMemory['layers'][number]
    const { norms, window } = config.layers[number] as LayerConfig
    const { pageTables } = memory
    return [
      norm(norms.epsilon, layerWeights.attentionNorm, normed, 'row'),
      ...product(layerWeights.projection, normed, projected, {
        inputStride: layout.hiddenStride,
        outputStride: layout.projectionStride,
        epilogue: 'store',
      }),
      backend.bind(
        rotaryKernel({
          ...pool,
          heads: config.heads,
          headDim: config.headDim,
          inputStride: layout.projectionStride,
          norm: norms.queryKey ? { epsilon: norms.epsilon } : null,
          lanes: tuning.elementLanes,
          pairs: tuning.rotaryPairs,
        }),
        {
          rows,
          targets,
          pageTables,
          layer,
          input: projected,
          angles,
          gains: layerWeights.headNorms,
          queries,
          pool: pages,
        },
      ),
      attention(window, pages, layer),
      ...product(layerWeights.output, attended, hidden, {
        inputStride: layout.queryWidth,
        outputStride: layout.hiddenStride,
        epilogue: 'add',
      }),
      norm(norms.epsilon, layerWeights.mlpNorm, normed, 'row'),
      ...product(layerWeights.gate, normed, inner, {
        inputStride: layout.hiddenStride,
        outputStride: layout.innerStride,
        epilogue: 'gate',
      }),
      ...product(layerWeights.down, inner, hidden, {
        inputStride: layout.innerStride,
        outputStride: layout.hiddenStride,
        epilogue: 'add',
      }),
    ]
  }

  const stored = { inputStride: layout.hiddenStride, epilogue: 'store' } as const
  const hiddenLayer = weights.scoreHidden
  const outputHead =
    hiddenLayer === null
      ? product(weights.outputHead, slots, logits, { ...stored, outputStride: memory.logitsStride, from: 'slot' })
      : [
          ...product(hiddenLayer, slots, normed, { ...stored, outputStride: layout.hiddenStride, from: 'slot' }),
          backend.bind(reluKernel({ stride: layout.hiddenStride, lanes: tuning.elementLanes }), {
            rows,
            values: normed,
          }),
          ...product(weights.outputHead, normed, logits, { ...stored, outputStride: memory.logitsStride }),
        ]

  const { sequences, flags, states, results } = memory
  const sample =
    config.outputHead.kind === 'language-model'
      ? [
          backend.bind(
            samplerKernel({
              vocabulary: config.vocabSize,
              logitsStride: memory.logitsStride,
              steps: memory.stepsPerSubmit,
              lanes: config.vocabSize > WIDE_VOCABULARY ? WIDE_LANES : tuning.reduceLanes,
            }),
            { rows: targets, sequences, flags, logits, states, results },
          ),
          backend.bind(advanceSequencesKernel({ lanes: tuning.reduceLanes, capacity: memory.maxSequences }), {
            rows,
            targets,
            states,
            sequenceRows: memory.sequenceRows,
          }),
        ]
      : null

  const copy = copySpansKernel(tuning.elementLanes)
  const [layers, boundHead, boundSample, copyPages, copySlots] = await Promise.all([
    Promise.all([
      ...embedding,
      ...weights.layers.flatMap(layer),
      norm(config.normEpsilon, weights.finalNorm, slots, 'slot'),
    ]),
    Promise.all(outputHead),
    sample === null ? null : Promise.all(sample),
    Promise.all(memory.pools.map(({ pages, spans }) => backend.bind(copy, { spans, data: pages }))),
    backend.bind(copy, { spans: memory.slotSpans, data: slots }),
  ])
  return { layers, sharedPages, outputHead: boundHead, sample: boundSample, copyPages, copySlots }
}
