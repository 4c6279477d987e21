import type { Backend } from '../../compute/backend.ts'
import { embeddingKernel } from '../../compute/kernels/embedding/embedding.ts'
import { embeddingGradientKernel } from '../../compute/kernels/embedding-gradient/embedding-gradient.ts'
import { rowStart } from '../../compute/kernels/rows.ts'
import {
  STATS_ENTROPY,
  STATS_HIT,
  STATS_LOGPROB,
  STATS_WORDS,
} from '../../compute/kernels/token-logprobs/token-logprobs.reference.ts'
import type { DecoderConfig } from '../../engine/decoder/decoder.ts'
import type { DecoderBuffers } from '../../engine/decoder/decoder-buffers.ts'
import type { DecoderLayout } from '../../engine/decoder/decoder-layout.ts'
import { roundUp } from '../../engine/decoder/decoder-layout.ts'
import { flopsModel } from '../../engine/decoder/decoder-model.ts'
import type { DecoderWeights } from '../../engine/decoder/decoder-weights.ts'
import type { SequenceGradients, SequenceValues } from '../../objectives/sequence.ts'
import type { Activations } from './activations.ts'
import type { BatchExtent, GraphStep, Scratch } from './graph-tools.ts'
import { GraphTools, recordSteps } from './graph-tools.ts'
import type { LayerContext, LayerGraph } from './layer-graph.ts'
import { bindLayer } from './layer-graph.ts'
import type { Trained } from './linear-graph.ts'
import type { OutputHeadGraph, OutputHeads, ReadoutChunk } from './output-head-graph.ts'
import { bindOutputHeads } from './output-head-graph.ts'
import type { PackedBatch } from './packed-batch.ts'

/** FLOPs recorded in one submit, roughly: drivers give up on commands that take too long. */
const SUBMIT_FLOPS = 2e10

export interface PassGraphParts {
  readonly backend: Backend
  readonly buffers: DecoderBuffers
  readonly config: DecoderConfig
  readonly layout: DecoderLayout
  readonly weights: DecoderWeights
  readonly outputHeads: OutputHeads
  readonly activations: Activations
  readonly scratch: Scratch
  readonly trained: Trained
  /** Layers are run again on the way back: their activations were not kept. */
  readonly recompute: boolean
}

/**
 * Forward and backward pass over packed batches, every dispatch bound once. A backward pass belongs to the forward pass
 * just before it.
 */
export class PassGraph {
  readonly labels: number
  private readonly parts: PassGraphParts
  private readonly tools: GraphTools
  private readonly embedding: readonly GraphStep[]
  private readonly embeddingBackward: readonly GraphStep[]
  private readonly layers: readonly LayerGraph[]
  private readonly outputHeads: OutputHeadGraph
  private batch: PackedBatch | null = null

  static async create(parts: PassGraphParts): Promise<PassGraph> {
    const { backend, buffers, scratch, weights } = parts
    const tools = new GraphTools(backend, buffers, scratch)
    const context: LayerContext = { ...parts, tools }
    const layers = await Promise.all(weights.layers.map((layer, number) => bindLayer(context, layer, number)))
    const outputHeads = await bindOutputHeads(context, parts.outputHeads, weights.finalNorm)
    const [embedding, embeddingBackward] = [await bindEmbedding(context, weights), await bindScatter(context, weights)]
    return new PassGraph(parts, { tools, embedding, embeddingBackward, layers, outputHeads })
  }

  private constructor(
    parts: PassGraphParts,
    graph: {
      readonly tools: GraphTools
      readonly embedding: readonly GraphStep[]
      readonly embeddingBackward: readonly GraphStep[]
      readonly layers: readonly LayerGraph[]
      readonly outputHeads: OutputHeadGraph
    },
  ) {
    this.parts = parts
    this.tools = graph.tools
    this.embedding = graph.embedding
    this.embeddingBackward = graph.embeddingBackward
    this.layers = graph.layers
    this.outputHeads = graph.outputHeads
    this.labels =
      parts.config.outputHead.kind === 'score'
        ? parts.config.outputHead.labels
        : parts.outputHeads.score === null
          ? 0
          : 1
  }

  /** What the model says at the batch's readouts. */
  async forward(batch: PackedBatch): Promise<SequenceValues> {
    this.begin(batch)
    await this.trunkForward(batch)
    const { chunks, scores, scoreForward } = this.outputHeads
    const used = this.usedChunks(batch)
    await this.submit(batch, scoreForward)
    for (const chunk of used) await this.submitChunk(batch, chunk, [...chunk.logits, ...chunk.read])
    const reads = used.map((chunk) => ({
      buffer: chunk.stats,
      offset: 0,
      bytes: 4 * STATS_WORDS * this.chunkCount(batch, chunk),
    }))
    const scoreReads =
      scores === null || batch.readoutCount === 0
        ? []
        : [{ buffer: scores.data, offset: 0, bytes: 4 * scores.stride * batch.readoutCount }]
    const results = await this.parts.backend.submit(() => {}, [...reads, ...scoreReads])
    const stats = used.map((_, index) => new Float32Array(results[index] ?? new ArrayBuffer(0)))
    const raw = scoreReads.length === 0 ? null : new Float32Array(results[used.length] ?? new ArrayBuffer(0))
    return this.values(batch, chunks.length > 0, stats, raw)
  }

  /** Adds the batch's gradients to those of the weights. */
  async backward(batch: PackedBatch, gradients: SequenceGradients): Promise<void> {
    if (this.batch !== batch) throw new TypeError('a backward pass without the forward pass of its batch')
    this.batch = null
    const { chunks, scores, scoreGradient, scoreBackward, normBackward } = this.outputHeads
    const { backend, activations } = this.parts
    for (const chunk of this.usedChunks(batch)) {
      const coefficients = new Float32Array(2 * this.chunkCount(batch, chunk))
      for (let row = 0; 2 * row < coefficients.length; row++) {
        coefficients[2 * row] = gradients.logprobs[chunk.first + row] ?? 0
        coefficients[2 * row + 1] = gradients.entropies[chunk.first + row] ?? 0
      }
      backend.write(chunk.coefficients, 0, coefficients)
      // The logits of one chunk are still there from the forward pass; of several, the last one's only.
      const again = chunks.length > 1 ? chunk.logits : []
      await this.submitChunk(batch, chunk, [...again, ...chunk.backward])
    }
    if (scores !== null && scoreGradient !== null && batch.readoutCount > 0) {
      const padded = new Float32Array(batch.readoutCount * scores.stride)
      for (let readout = 0; readout < batch.readoutCount; readout++) {
        for (let label = 0; label < this.labels; label++) {
          padded[readout * scores.stride + label] = gradients.scores[readout * this.labels + label] ?? 0
        }
      }
      backend.write(scoreGradient, 0, padded)
      await this.submit(batch, scoreBackward)
    }
    await this.submit(batch, normBackward)
    const last = this.layers.length - 1
    for (let number = last; number >= 0; number--) {
      const layer = this.layers[number] as LayerGraph
      const again = this.parts.recompute && number !== last ? layer.forward : []
      await this.submit(batch, [...again, ...layer.backward])
    }
    backend.write(activations.order, 0, batch.order)
    backend.write(activations.segments, 0, batch.segments)
    await this.submit(batch, this.embeddingBackward)
  }

  private begin(batch: PackedBatch): void {
    const { backend, activations } = this.parts
    this.batch = batch
    backend.write(activations.tokens.rows, 0, batch.rows)
    backend.write(activations.targets, 0, batch.targets)
    backend.write(activations.hiddenQuads, 0, Uint32Array.of(this.extent(batch).hiddenQuads, 0, 0, 0))
    const counts = new Map([
      [activations.tokens.rows, batch.rowCount],
      [activations.readouts.rows, batch.readoutCount],
    ])
    for (const chunk of this.usedChunks(batch)) {
      const count = this.chunkCount(batch, chunk)
      counts.set(chunk.span.rows, count)
      const rows = new Uint32Array(rowStart(count))
      rows[0] = count
      for (let row = 0; row < count; row++) rows[rowStart(row)] = batch.readoutTokens[chunk.first + row] as number
      backend.write(chunk.span.rows, 0, rows)
    }
    for (const { span, sizes } of this.tools.dynamicSizes) {
      backend.write(sizes, 0, Uint32Array.of(roundUp(counts.get(span.rows) ?? 0, 4)))
    }
  }

  private async trunkForward(batch: PackedBatch): Promise<void> {
    await this.submit(batch, this.embedding)
    let waiting: GraphStep[] = []
    const most = this.layersPerSubmit(batch)
    for (const [number, { forward, finish }] of this.layers.entries()) {
      waiting.push(...forward, ...finish)
      if ((number + 1) % most !== 0) continue
      await this.submit(batch, waiting)
      waiting = []
    }
    await this.submit(batch, waiting)
    await this.submit(batch, this.outputHeads.norm)
  }

  private layersPerSubmit({ rowCount }: PackedBatch): number {
    const { config } = this.parts
    const layer = (flopsModel(config).token / config.layers.length) * rowCount
    return Math.max(1, Math.floor(SUBMIT_FLOPS / layer))
  }

  private submit(batch: PackedBatch, steps: readonly GraphStep[]): Promise<unknown> {
    if (steps.length === 0) return Promise.resolve()
    return this.parts.backend.submit((recorder) => recordSteps(recorder, steps, this.extent(batch)))
  }

  private submitChunk(batch: PackedBatch, chunk: ReadoutChunk, steps: readonly GraphStep[]): Promise<unknown> {
    const extent = { ...this.extent(batch), readouts: this.chunkCount(batch, chunk) }
    return this.parts.backend.submit((recorder) => recordSteps(recorder, steps, extent))
  }

  private extent(batch: PackedBatch): BatchExtent {
    return {
      tokens: batch.rowCount,
      readouts: batch.readoutCount,
      segments: batch.segments[0] as number,
      hiddenQuads: (batch.rowCount * this.parts.layout.hiddenStride) / 4,
    }
  }

  private usedChunks({ readoutCount }: PackedBatch): ReadoutChunk[] {
    return this.outputHeads.chunks.filter(({ first }) => first < readoutCount)
  }

  private chunkCount({ readoutCount }: PackedBatch, { first }: ReadoutChunk): number {
    return Math.min(this.outputHeads.chunkRows, readoutCount - first)
  }

  private values(
    { readoutCount }: PackedBatch,
    language: boolean,
    stats: readonly Float32Array[],
    raw: Float32Array | null,
  ): SequenceValues {
    const count = language ? readoutCount : 0
    const values = {
      logprobs: new Float32Array(count),
      entropies: new Float32Array(count),
      hits: new Float32Array(count),
      scores: new Float32Array(raw === null ? 0 : readoutCount * this.labels),
    }
    let readout = 0
    for (const chunk of stats) {
      for (let at = 0; at < chunk.length; at += STATS_WORDS, readout++) {
        values.logprobs[readout] = chunk[at + STATS_LOGPROB] as number
        values.entropies[readout] = chunk[at + STATS_ENTROPY] as number
        values.hits[readout] = chunk[at + STATS_HIT] as number
      }
    }
    const stride = this.outputHeads.scores?.stride ?? 0
    for (let index = 0; raw !== null && index < values.scores.length; index++) {
      const row = Math.floor(index / this.labels)
      values.scores[index] = raw[row * stride + (index % this.labels)] as number
    }
    return values
  }
}

async function bindEmbedding({ tools, config, layout, activations }: LayerContext, { embedding }: DecoderWeights) {
  const [output] = activations.inputs
  if (output === undefined) throw new RangeError('a decoder without layers')
  return Promise.all(
    embedding.parts.map(async ({ first, columns, weights: table }): Promise<GraphStep> => {
      const kernel = embeddingKernel({
        hidden: layout.hidden,
        outputStride: layout.hiddenStride,
        first,
        end: Math.min(first + columns, config.vocabSize),
        columns,
        format: embedding.format,
        lanes: tools.backend.tuning.elementLanes,
      })
      return {
        kernel: await tools.backend.bind(kernel, { rows: activations.tokens.rows, table, output }),
        rows: 'tokens',
      }
    }),
  )
}

/** The residual stream's gradient before the first layer goes to the tokens' embeddings. */
async function bindScatter(context: LayerContext, { embedding }: DecoderWeights): Promise<GraphStep[]> {
  const { tools, config, layout, activations, trained } = context
  const steps: GraphStep[] = []
  if (activations.gradients === null) return steps
  for (const { first, columns, weights } of embedding.parts) {
    const output = trained.gradientOf(weights)
    if (output === null) continue
    const kernel = embeddingGradientKernel({
      hidden: layout.hidden,
      stride: layout.hiddenStride,
      first,
      end: Math.min(first + columns, config.vocabSize),
      columns,
      lanes: tools.backend.tuning.elementLanes,
    })
    const bound = await tools.backend.bind(kernel, {
      rows: activations.segments,
      order: activations.order,
      gradient: activations.gradients.hidden,
      output,
    })
    steps.push({ kernel: bound, rows: 'segments' })
  }
  return steps
}
