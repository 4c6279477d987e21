import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import { partialStride } from '../../compute/kernels/attention/attention-shape.ts'
import { pageStride } from '../../compute/kernels/page-pool.ts'
import { rowsLength } from '../../compute/kernels/rows.ts'
import { RESULT_WORDS, SEQUENCE_COMPACT_BYTES, SEQUENCE_WORDS, STATE_WORDS } from '../../compute/kernels/sequences.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { DecoderConfig, DecoderOptions } from './decoder.ts'
import { PAGE_SIZE } from './decoder.ts'
import type { DecoderBuffers } from './decoder-buffers.ts'
import type { DecoderLayout } from './decoder-layout.ts'
import { roundUp } from './decoder-layout.ts'
import { createAngles } from './rotary-tables.ts'

/** Bytes of keys and values where the caller names no capacity. */
const CACHE_BYTES = 2 ** 26
/** Longest sequence, whatever the model was trained for: bounds page tables and angles. */
const MOST_POSITIONS = 8192
const DEFAULT_ROWS = 512
const DEFAULT_SEQUENCES = 256
const DEFAULT_SLOTS = 1024
/** Bytes of one set of logits: bounds the sequences of models with large vocabularies. */
const LOGITS_BYTES = 2 ** 25
/** Bytes of the pages' partial results in a decode burst, at most. */
const PARTIALS_BYTES = 2 ** 23
/** Widest heads whose shared pages are read apart: wider ones compile too slowly, or overfill workgroup memory. */
const WIDEST_SHARED_HEAD = 64
/** Decode steps recorded at once. */
const STEPS_PER_SUBMIT = 64
/** Copies of pages or slots recorded at once. */
export const COPIES_PER_SUBMIT = 256

/** Layers whose keys and values lie in one buffer. */
export interface Pool {
  readonly pages: BackendBuffer
  readonly layers: number
  readonly spans: BackendBuffer
}

/** All that a decoder has on the device besides its weights. Nothing is added later. */
export interface DecoderMemory {
  readonly pageCount: number
  readonly pagesPerSequence: number
  readonly slotCount: number
  readonly maxRows: number
  readonly maxSequences: number
  /** Places that the results of one pass may go to. */
  readonly maxTargets: number
  readonly stepsPerSubmit: number
  readonly logitsStride: number
  /** Floats of a page in one layer. */
  readonly pageFloats: number
  readonly pools: readonly Pool[]
  /** For each layer its pool's pages, a word: the number of pages before the layer's own, and its rotary angles. */
  readonly layers: readonly {
    readonly pages: BackendBuffer
    readonly layer: BackendBuffer
    readonly angles: BackendBuffer
  }[]
  readonly rows: BackendBuffer
  readonly targets: BackendBuffer
  readonly pageTables: BackendBuffer
  readonly hidden: BackendBuffer
  readonly normed: BackendBuffer
  readonly projected: BackendBuffer
  readonly queries: BackendBuffer
  readonly attended: BackendBuffer
  readonly inner: BackendBuffer
  readonly logits: BackendBuffer
  readonly slots: BackendBuffer
  readonly slotSpans: BackendBuffer
  readonly sequences: BackendBuffer
  readonly flags: BackendBuffer
  readonly states: BackendBuffer
  readonly results: BackendBuffer
  readonly sequenceRows: BackendBuffer
  /** Partials that there is room for (place, every head); 0 where shared pages are not read apart. */
  readonly partialCapacity: number
  readonly partials: BackendBuffer
  readonly coverage: BackendBuffer
  readonly pageItems: BackendBuffer
  readonly pageList: BackendBuffer
}

/** The static memory plan: pages, slots and activations for the largest pass there can be. */
export async function planMemory(
  backend: Backend,
  buffers: DecoderBuffers,
  config: DecoderConfig,
  layout: DecoderLayout,
  options: DecoderOptions,
): Promise<DecoderMemory> {
  const { limits, tuning } = backend
  const layerCount = config.layers.length
  const pageFloats = pageStride({ keyValueHeads: config.keyValueHeads, headWidth: layout.headWidth })
  const pagesPerBinding = Math.floor(limits.maxBindingBytes / (4 * pageFloats))
  const wanted = options.cacheTokens ?? CACHE_BYTES / ((4 * pageFloats * layerCount) / PAGE_SIZE)
  const pageCount = Math.min(pagesPerBinding, Math.max(1, Math.ceil(wanted / PAGE_SIZE)))
  const pagesPerSequence = Math.min(pageCount, Math.ceil(Math.min(config.maxPositions, MOST_POSITIONS) / PAGE_SIZE))
  const logitsStride = config.outputHead.kind === 'score' ? layout.scoreColumns : layout.vocabularyColumns
  const maxRows = options.maxRows ?? DEFAULT_ROWS
  const mostSequences = Math.max(1, Math.floor(Math.min(LOGITS_BYTES, limits.maxBindingBytes) / (4 * logitsStride)))
  // Where sequences are compacted in workgroup memory, all of them have to fit.
  const compacted =
    tuning.reduceLanes === 1 ? mostSequences : Math.floor(limits.maxWorkgroupBytes / SEQUENCE_COMPACT_BYTES) - 1
  const maxSequences = Math.min(options.maxSequences ?? DEFAULT_SEQUENCES, maxRows, mostSequences, compacted)
  const maxTargets = 2 * maxRows + 3
  const slotCount = options.slots ?? DEFAULT_SLOTS
  if (Math.min(maxRows, maxSequences, slotCount, pageCount) < 1) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'A decoder needs at least one row, sequence, slot and page',
      found: `${maxRows} rows, ${maxSequences} sequences, ${slotCount} slots, ${pageCount} pages`,
    })
  }

  const partialFloats = config.heads * partialStride(layout)
  const shares = Number.isFinite(tuning.attentionSharedBy) && layout.headWidth <= WIDEST_SHARED_HEAD
  const partialBytes = Math.min(PARTIALS_BYTES, limits.maxBindingBytes)
  const partialCapacity =
    shares && config.outputHead.kind === 'language-model'
      ? Math.min(Math.floor(partialBytes / (4 * partialFloats)), maxSequences * pagesPerSequence, limits.maxWorkgroups)
      : 0

  // Tiles of rows read past the last row; what they read is not used.
  const tileRows = roundUp(maxRows, tuning.matmul.rows)
  const activations = (width: number) => buffers.words(tileRows * width, 'activations')
  const control = (length: number) => buffers.words(length, 'control')

  const layersPerPool = Math.min(layerCount, Math.floor(pagesPerBinding / pageCount))
  const angles = await createAngles(backend, buffers, config, pagesPerSequence * PAGE_SIZE, 'weights')
  const pools: Pool[] = []
  const layers: DecoderMemory['layers'][number][] = []
  for (let first = 0; first < layerCount; first += layersPerPool) {
    const count = Math.min(layersPerPool, layerCount - first)
    const pages = await buffers.words(count * pageCount * pageFloats, 'cache')
    pools.push({ pages, layers: count, spans: await control(4 * (1 + COPIES_PER_SUBMIT * count)) })
    for (let number = 0; number < count; number++) {
      const layer = await control(4)
      backend.write(layer, 0, Uint32Array.of(number * pageCount))
      layers.push({ pages, layer, angles: angles[first + number] as BackendBuffer })
    }
  }
  return {
    pageCount,
    pagesPerSequence,
    slotCount,
    maxRows,
    maxSequences,
    stepsPerSubmit: STEPS_PER_SUBMIT,
    logitsStride,
    pageFloats,
    pools,
    layers,
    rows: await control(rowsLength(maxRows)),
    targets: await control(rowsLength(maxTargets)),
    maxTargets,
    pageTables: await control(maxRows * pagesPerSequence),
    hidden: await activations(layout.hiddenStride),
    normed: await activations(layout.hiddenStride),
    projected: await activations(layout.projectionStride),
    queries: await activations(layout.queryWidth),
    attended: await activations(layout.queryWidth),
    inner: await activations(layout.innerStride),
    logits: await buffers.words(maxSequences * logitsStride, 'activations'),
    slots: await buffers.words(slotCount * layout.hiddenStride, 'slots'),
    slotSpans: await control(4 * (1 + COPIES_PER_SUBMIT)),
    sequences: await control(maxSequences * SEQUENCE_WORDS),
    flags: await control(config.vocabSize),
    states: await control(maxSequences * STATE_WORDS),
    results: await control(maxSequences * STEPS_PER_SUBMIT * RESULT_WORDS),
    sequenceRows: await control(maxSequences),
    partialCapacity,
    partials: await buffers.words(partialCapacity * partialFloats, 'activations'),
    coverage: await control(2 * maxRows),
    pageItems: await control(4 * (1 + Math.min(partialCapacity, pageCount))),
    pageList: await control(2 * partialCapacity),
  }
}
