import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import {
  NO_SLOT,
  ROW_POSITION,
  ROW_SLOT,
  ROW_TABLE,
  ROW_TOKEN,
  rowStart,
  rowsLength,
  TARGET_ROW,
  TARGET_SLOT,
  TARGET_TABLE,
} from '../../compute/kernels/rows.ts'
import {
  RESULT_WORDS,
  SEQUENCE_DONE,
  SEQUENCE_MAX_TOKENS,
  SEQUENCE_NEXT_POSITION,
  SEQUENCE_NODE,
  SEQUENCE_SAMPLE,
  SEQUENCE_SAMPLED,
  SEQUENCE_SEED,
  SEQUENCE_TEMPERATURE,
  SEQUENCE_TOP_K,
  SEQUENCE_TOP_P,
  SEQUENCE_WORDS,
  STATE_WORDS,
} from '../../compute/kernels/sequences.ts'
import type { WeightFormat } from '../../compute/kernels/weight-format.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { FlopsModel } from '../../search/models.ts'
import type { AttentionPlan } from './attention-plan.ts'
import { countPageLoads, planAttention } from './attention-plan.ts'
import type {
  DecodeResult,
  Decoder,
  DecoderConfig,
  DecoderOptions,
  DecodeSequence,
  ExecuteBatch,
  ScoreHead,
  WeightSource,
} from './decoder.ts'
import { PAGE_SIZE } from './decoder.ts'
import { DecoderBuffers } from './decoder-buffers.ts'
import { DecoderCopies } from './decoder-copies.ts'
import type { DecoderKernels } from './decoder-kernels.ts'
import { bindKernels, recordLayers } from './decoder-kernels.ts'
import type { DecoderLayout } from './decoder-layout.ts'
import { decoderLayout } from './decoder-layout.ts'
import type { DecoderMemory } from './decoder-memory.ts'
import { planMemory } from './decoder-memory.ts'
import { tensorPlan } from './decoder-tensors.ts'
import type { DecoderWeights } from './decoder-weights.ts'
import { loadWeights } from './decoder-weights.ts'

/**
 * Loads a decoder: uploads its weights tensor by tensor, then makes every buffer and pipeline it will ever use. Nothing
 * stays on the device where this throws or is aborted.
 *
 * @throws StepscopeError `bad-checkpoint` where a tensor is missing or has another shape; `out-of-memory`
 */
export async function createDecoder(
  backend: Backend,
  config: DecoderConfig,
  source: WeightSource,
  options: DecoderOptions = {},
): Promise<Decoder> {
  const layout = decoderLayout(config, backend.tuning)
  const buffers = new DecoderBuffers(backend)
  try {
    const weights = await loadWeights(backend, buffers, config, tensorPlan(config, layout), source, {
      ...options,
      panels: true,
    })
    const memory = await planMemory(backend, buffers, config, layout, options)
    const kernels = await bindKernels(backend, buffers, config, layout, weights, memory)
    options.signal?.throwIfAborted()
    return new BackendDecoder({ backend, config, layout, buffers, weights, memory, kernels })
  } catch (error) {
    buffers.destroy()
    throw error
  }
}

/**
 * A decoder on weights that are on the device already and belong to somebody else, e.g. a model in training. What it has
 * executed is out of date once they change.
 */
export async function createResidentDecoder(
  backend: Backend,
  config: DecoderConfig,
  weights: DecoderWeights,
  options: DecoderOptions = {},
): Promise<Decoder> {
  const layout = decoderLayout(config, backend.tuning)
  const buffers = new DecoderBuffers(backend)
  try {
    const memory = await planMemory(backend, buffers, config, layout, options)
    const kernels = await bindKernels(backend, buffers, config, layout, weights, memory)
    return new BackendDecoder({ backend, config, layout, buffers, weights, memory, kernels })
  } catch (error) {
    buffers.destroy()
    throw error
  }
}

/** Cost of a token: twice the parameters of the matrices it passes, and the attention over its context (all of it, also where a window is narrower). */
export function flopsModel(config: DecoderConfig): FlopsModel {
  const { hiddenSize, intermediateSize, layers, heads, keyValueHeads, headDim, vocabSize, outputHead } = config
  const attention = hiddenSize * headDim * (2 * heads + 2 * keyValueHeads)
  const mlp = 3 * hiddenSize * intermediateSize
  return {
    token: 2 * layers.length * (attention + mlp),
    head: 2 * hiddenSize * (outputHead.kind === 'score' ? scoreHeadWidth(outputHead, hiddenSize) : vocabSize),
    context: 4 * layers.length * heads * headDim,
  }
}

/** Outputs of all layers of a score head. */
function scoreHeadWidth({ labels, hiddenLayer }: ScoreHead, hiddenSize: number): number {
  return hiddenLayer ? hiddenSize + labels : labels
}

interface Parts {
  readonly backend: Backend
  readonly config: DecoderConfig
  readonly layout: DecoderLayout
  readonly buffers: DecoderBuffers
  readonly weights: DecoderWeights
  readonly memory: DecoderMemory
  readonly kernels: DecoderKernels
}

/** What the host knows of a sequence between two submits of one burst. */
interface SequenceProgress {
  readonly sequence: DecodeSequence
  readonly tokenIds: number[]
  readonly logprobs: number[]
  stopped: boolean
}

class BackendDecoder implements Decoder {
  readonly config: DecoderConfig
  readonly flops: FlopsModel
  readonly parameters: number
  readonly weightFormat: WeightFormat
  readonly pages: number
  readonly slots: number
  readonly pagesPerSequence: number
  readonly maxRows: number
  readonly maxSequences: number
  readonly counters = { passes: 0, readbackBytes: 0, attentionPageReads: 0, attentionPageVisits: 0 }
  private readonly backend: Backend
  private readonly layout: DecoderLayout
  private readonly buffers: DecoderBuffers
  private readonly memory: DecoderMemory
  private readonly kernels: DecoderKernels
  private readonly copies: DecoderCopies
  private readonly rows: Uint32Array
  private readonly targets: Uint32Array
  /** Those on the device: as long as the vocabulary, so they are not sent with every burst. */
  private flags: Uint32Array | null = null
  /** Whether the device has a plan that covers pages. */
  private covers = false
  private disposed = false

  constructor({ backend, config, layout, buffers, weights, memory, kernels }: Parts) {
    this.backend = backend
    this.config = config
    this.layout = layout
    this.buffers = buffers
    this.memory = memory
    this.kernels = kernels
    this.copies = new DecoderCopies(backend, layout, memory, kernels)
    this.flops = flopsModel(config)
    this.parameters = weights.parameters
    this.weightFormat = weights.format
    this.pages = memory.pageCount
    this.slots = memory.slotCount
    this.pagesPerSequence = memory.pagesPerSequence
    this.maxRows = memory.maxRows
    this.maxSequences = memory.maxSequences
    this.rows = new Uint32Array(rowsLength(memory.maxRows))
    this.targets = new Uint32Array(rowsLength(memory.maxTargets))
  }

  async execute(batch: ExecuteBatch): Promise<void> {
    this.assertOpen()
    const count = batch.tokenIds.length
    if (count === 0) return
    if (count > this.maxRows) throw new RangeError(`${count} rows where ${this.maxRows} fit`)
    for (let row = 0; row < count; row++) {
      const position = batch.positions[row] as number
      if (position >= this.pagesPerSequence * PAGE_SIZE) {
        throw new RangeError(`position ${position} where ${this.pagesPerSequence * PAGE_SIZE} fit`)
      }
      const token = batch.tokenIds[row] as number
      if (token >= this.config.vocabSize) throw new RangeError(`token ${token} of ${this.config.vocabSize}`)
      this.setRow(row, token, position, batch.sequences[row] as number, NO_SLOT)
    }
    const targets = this.setTargets(batch)
    const copy = this.copies.prepare()
    this.writeRows(count)
    this.writeTargets(targets)
    this.writePlan(null)
    this.backend.write(this.memory.pageTables, 0, batch.pageTables)
    await this.backend.submit((recorder) => {
      copy(recorder)
      recordLayers(recorder, this.kernels, Math.max(count, targets), 0)
    })
    this.counters.passes++
  }

  async decode(sequences: readonly DecodeSequence[], steps: number, tokenFlags: Uint32Array): Promise<DecodeResult[]> {
    const { sample } = this.kernels
    if (sample === null) throw new TypeError('a score head draws no tokens')
    if (sequences.length > this.maxSequences)
      throw new RangeError(`${sequences.length} sequences where ${this.maxSequences} fit`)
    const progress = sequences.map(
      (sequence): SequenceProgress => ({ sequence, tokenIds: [], logprobs: [], stopped: false }),
    )
    let going = progress.filter(({ sequence }) => sequence.maxTokens > 0)
    for (let done = 0; done < steps && going.length > 0; done += this.memory.stepsPerSubmit) {
      await this.decodeBurst(going, Math.min(steps - done, this.memory.stepsPerSubmit), tokenFlags)
      going = going.filter(({ stopped }) => !stopped)
    }
    return progress.map(({ tokenIds, logprobs, stopped }) => ({ tokenIds, logprobs, stopped }))
  }

  async logits(slots: readonly number[]): Promise<Float32Array> {
    if (this.config.outputHead.kind !== 'language-model') throw new TypeError('a score head has no logits')
    return this.evaluateOutputHead(slots, this.config.vocabSize)
  }

  async scores(slots: readonly number[]): Promise<Float32Array> {
    if (this.config.outputHead.kind !== 'score') throw new TypeError('a language-model head has no scores')
    return this.evaluateOutputHead(slots, this.config.outputHead.labels)
  }

  copyPages(copies: readonly { readonly from: number; readonly to: number; readonly positions: number }[]): void {
    this.assertOpen()
    for (const { from, to, positions } of copies) this.copies.copyPage(from, to, positions)
  }

  copySlots(copies: readonly { readonly from: number; readonly to: number }[]): void {
    this.assertOpen()
    for (const { from, to } of copies) {
      this.checkSlot(from)
      this.checkSlot(to)
      this.copies.copySlot(from, to)
    }
  }

  async hidden(slots: readonly number[]): Promise<Float32Array> {
    this.assertOpen()
    const { hiddenStride } = this.layout
    const { hiddenSize } = this.config
    for (const slot of slots) this.checkSlot(slot)
    const copy = this.copies.prepare()
    const reads = slots.map((slot) => ({
      buffer: this.memory.slots,
      offset: 4 * slot * hiddenStride,
      bytes: 4 * hiddenSize,
    }))
    const rows = await this.read(copy, reads)
    const states = new Float32Array(slots.length * hiddenSize)
    rows.forEach((row, index) => {
      states.set(new Float32Array(row), index * hiddenSize)
    })
    return states
  }

  bytes(): Readonly<Record<string, number>> {
    return this.buffers.memory.liveByPurpose()
  }

  dispose(): void {
    this.disposed = true
    this.buffers.destroy()
  }

  /** Steps of all sequences in one submit; the results of each sequence are appended to its progress. */
  private async decodeBurst(going: readonly SequenceProgress[], steps: number, tokenFlags: Uint32Array): Promise<void> {
    this.assertOpen()
    const { memory, kernels, pagesPerSequence } = this
    const count = going.length
    const sequences = new Uint32Array(count * SEQUENCE_WORDS)
    const sequenceFloats = new Float32Array(sequences.buffer)
    const states = new Uint32Array(count * STATE_WORDS)
    const tables = new Uint32Array(count * pagesPerSequence)
    going.forEach(({ sequence, tokenIds }, number) => {
      this.checkSlot(sequence.slot)
      const at = number * SEQUENCE_WORDS
      sequenceFloats[at + SEQUENCE_TEMPERATURE] = sequence.temperature
      sequenceFloats[at + SEQUENCE_TOP_P] = sequence.topP
      sequences[at + SEQUENCE_TOP_K] = sequence.topK
      sequences[at + SEQUENCE_MAX_TOKENS] = sequence.maxTokens - tokenIds.length
      sequences[at + SEQUENCE_SEED] = sequence.seed
      sequences[at + SEQUENCE_NODE] = sequence.node
      sequences[at + SEQUENCE_SAMPLE] = sequence.sample
      states[number * STATE_WORDS + SEQUENCE_NEXT_POSITION] = sequence.position + tokenIds.length
      tables.set(sequence.pageTable.subarray(0, pagesPerSequence), number * pagesPerSequence)
    })
    const rowCount = this.setSequenceRows(going)
    const planned = going.map(({ sequence, tokenIds }) => ({
      pageTable: sequence.pageTable,
      position: sequence.position + tokenIds.length,
    }))
    const plan = planAttention(planned, {
      capacity: memory.partialCapacity,
      sharedBy: this.backend.tuning.attentionSharedBy,
      pages: memory.pageCount,
    })
    const copy = this.copies.prepare()
    this.writeRows(rowCount)
    this.writeTargets(count)
    this.writePlan(plan)
    this.backend.write(memory.sequences, 0, sequences)
    this.backend.write(memory.states, 0, states)
    this.backend.write(memory.pageTables, 0, tables)
    if (this.flags !== tokenFlags) {
      this.backend.write(memory.flags, 0, tokenFlags)
      this.flags = tokenFlags
    }
    const beforeLayers = [...kernels.outputHead, ...(kernels.sample ?? [])]
    const [stateBytes, resultBytes] = await this.read(
      (recorder) => {
        copy(recorder)
        for (let step = 0; step < steps; step++) {
          for (const kernel of beforeLayers) recorder.dispatch(kernel, count)
          recordLayers(recorder, kernels, count, plan.items.length / 4)
        }
      },
      [
        { buffer: memory.states, offset: 0, bytes: states.byteLength },
        { buffer: memory.results, offset: 0, bytes: 4 * count * memory.stepsPerSubmit * RESULT_WORDS },
      ],
    )
    const ends = new Uint32Array(stateBytes as ArrayBuffer)
    const results = new Uint32Array(resultBytes as ArrayBuffer)
    const resultFloats = new Float32Array(results.buffer)
    const executed = going.map((progress, number) => {
      const sampled = ends[number * STATE_WORDS + SEQUENCE_SAMPLED] as number
      progress.stopped = ends[number * STATE_WORDS + SEQUENCE_DONE] !== 0
      for (let step = 0; step < sampled; step++) {
        const at = (number * memory.stepsPerSubmit + step) * RESULT_WORDS
        progress.tokenIds.push(results[at] as number)
        progress.logprobs.push(resultFloats[at + 1] as number)
      }
      return sampled - (progress.stopped ? 1 : 0)
    })
    this.counters.passes += executed.reduce((most, steps) => Math.max(most, steps), 0)
    const { reads, visits } = countPageLoads(plan, planned, executed, this.config)
    this.counters.attentionPageReads += reads
    this.counters.attentionPageVisits += visits
  }

  private async evaluateOutputHead(slots: readonly number[], width: number): Promise<Float32Array> {
    const { logits, logitsStride } = this.memory
    const output = new Float32Array(slots.length * width)
    for (let first = 0; first < slots.length; first += this.maxSequences) {
      this.assertOpen()
      const some = slots.slice(first, first + this.maxSequences)
      some.forEach((slot, row) => {
        this.checkSlot(slot)
        this.setRow(row, 0, 0, 0, slot)
      })
      const copy = this.copies.prepare()
      this.writeRows(some.length)
      const [bytes] = await this.read(
        (recorder) => {
          copy(recorder)
          for (const kernel of this.kernels.outputHead) recorder.dispatch(kernel, some.length)
        },
        [{ buffer: logits, offset: 0, bytes: 4 * some.length * logitsStride }],
      )
      const values = new Float32Array(bytes as ArrayBuffer)
      some.forEach((_, row) => {
        const from = row * logitsStride
        output.set(values.subarray(from, from + width), (first + row) * width)
      })
    }
    return output
  }

  private read(
    record: Parameters<Backend['submit']>[0],
    reads: readonly { buffer: BackendBuffer; offset: number; bytes: number }[],
  ): Promise<ArrayBuffer[]> {
    this.counters.readbackBytes += reads.reduce((sum, { bytes }) => sum + bytes, 0)
    return this.backend.submit(record, reads)
  }

  private setRow(row: number, token: number, position: number, table: number, slot: number): void {
    const at = rowStart(row)
    this.rows[at + ROW_TOKEN] = token
    this.rows[at + ROW_POSITION] = position
    this.rows[at + ROW_TABLE] = table
    this.rows[at + ROW_SLOT] = slot
  }

  private setTarget(target: number, row: number, table: number, slot: number): void {
    const at = rowStart(target)
    this.targets[at + TARGET_ROW] = row
    this.targets[at + TARGET_TABLE] = table
    this.targets[at + TARGET_SLOT] = slot
  }

  /** A target for each row's own sequence, for each that shares it, and for each slot that keeps it. @returns how many */
  private setTargets({ tokenIds, sequences, shared = [], keep }: ExecuteBatch): number {
    let count = 0
    const add = (row: number, table: number, slot: number) => {
      if (count >= this.memory.maxTargets) throw new RangeError(`more than ${this.memory.maxTargets} targets`)
      this.setTarget(count++, row, table, slot)
    }
    const kept = new Set<number>()
    for (const { row, slot } of keep) {
      this.checkSlot(slot)
      kept.add(row)
      add(row, sequences[row] as number, slot)
    }
    for (let row = 0; row < tokenIds.length; row++) if (!kept.has(row)) add(row, sequences[row] as number, NO_SLOT)
    for (const { row, sequence } of shared) add(row, sequence, NO_SLOT)
    return count
  }

  /** A row for each history among the sequences, and a target for each sequence. @returns the number of rows */
  private setSequenceRows(going: readonly SequenceProgress[]): number {
    const rows = new Map<string, number>()
    going.forEach(({ sequence, tokenIds }, number) => {
      const history = sequence.group === undefined ? `sequence ${number}` : `${sequence.group}:${tokenIds.join()}`
      const row = rows.get(history) ?? rows.size
      if (row === rows.size) {
        rows.set(history, row)
        this.setRow(row, 0, 0, number, sequence.slot)
      }
      this.setTarget(number, row, number, sequence.slot)
    })
    return rows.size
  }

  private writeTargets(count: number): void {
    this.targets[0] = count
    this.backend.write(this.memory.targets, 0, this.targets.subarray(0, rowsLength(count)))
  }

  private writeRows(count: number): void {
    this.rows[0] = count
    this.backend.write(this.memory.rows, 0, this.rows.subarray(0, rowsLength(count)))
  }

  /** The shared pages of a burst, or none: then no page table on the device may be covered. */
  private writePlan(plan: AttentionPlan | null): void {
    const { coverage, pageItems, pageList } = this.memory
    if (plan !== null && plan.items.length > 0) {
      this.backend.write(pageItems, 0, Uint32Array.from([plan.items.length / 4, 0, 0, 0, ...plan.items]))
      this.backend.write(pageList, 0, plan.list)
      this.backend.write(coverage, 0, plan.coverage)
      this.covers = true
    } else if (this.covers) {
      this.backend.write(coverage, 0, new Uint32Array(2 * this.maxSequences))
      this.covers = false
    }
  }

  /** Work on freed buffers would be an error of the whole device. */
  private assertOpen(): void {
    if (this.disposed) throw new StepscopeError({ code: 'cancelled', message: 'This model was unloaded.' })
  }

  private checkSlot(slot: number): void {
    if (slot < 0 || slot >= this.slots) throw new RangeError(`slot ${slot} of ${this.slots}`)
  }
}
