import type { NoiseKey } from '../../core/random.ts'
import { gumbelNoise, pcg4d, toUnit } from '../../core/random.ts'
import type { DecodeResult, Decoder, DecoderConfig, DecodeSequence, ExecuteBatch } from '../decoder/decoder.ts'
import { PAGE_SIZE, TOKEN_ENDS_SEQUENCE, TOKEN_ENDS_STEP, TOKEN_NEVER_SAMPLED } from '../decoder/decoder.ts'

interface Entry {
  readonly token: number
  readonly position: number
  /** Hash of the whole history up to this entry. */
  readonly history: number
}

export interface PlainDecoderOptions {
  readonly vocabSize?: number
  readonly pages?: number
  readonly slots?: number
  readonly maxRows?: number
  readonly maxSequences?: number
  readonly maxPositions?: number
  readonly outputHead?: DecoderConfig['outputHead']
  readonly eosTokenIds?: readonly number[]
  readonly padTokenId?: number
  /** Awaited within every execute and decode, before anything happens. */
  readonly gate?: () => Promise<void>
}

/**
 * A decoder for tests whose logits are a hash of the token history. It stores the history in its pages and walks the
 * page table at every token: a stale, foreign or missing entry throws.
 */
export class PlainDecoder implements Decoder {
  readonly config: DecoderConfig
  readonly flops = { token: 1000, head: 100, context: 1 }
  readonly parameters = 550
  readonly weightFormat = 'f32'
  readonly pages: number
  readonly slots: number
  readonly pagesPerSequence: number
  readonly maxRows: number
  readonly maxSequences: number
  readonly counters = { passes: 0, readbackBytes: 0, attentionPageReads: 0, attentionPageVisits: 0 }
  /** Every executed token: sequence so far as a hash, and the batch it was in. */
  readonly executed: { readonly history: number; readonly token: number; readonly position: number }[] = []
  readonly sequenceCounts: number[] = []
  readonly rowCounts: number[] = []
  disposed = false
  private readonly memory: (Entry | undefined)[][]
  private readonly states: (number | undefined)[]
  private readonly gate: () => Promise<void>

  constructor(options: PlainDecoderOptions = {}) {
    const maxPositions = options.maxPositions ?? 256
    this.config = {
      family: 'llama',
      hiddenSize: 1,
      intermediateSize: 1,
      layers: [
        {
          activation: 'silu',
          norms: { epsilon: 1e-6, queryKey: false },
          rope: { type: 'default', theta: 10000 },
          biases: { queryKeyValue: false, output: false, mlp: false },
          window: null,
        },
      ],
      heads: 1,
      keyValueHeads: 1,
      headDim: 2,
      vocabSize: options.vocabSize ?? 12,
      maxPositions,
      normEpsilon: 1e-6,
      tiedEmbeddings: true,
      outputHead: options.outputHead ?? { kind: 'language-model' },
      eosTokenIds: options.eosTokenIds ?? [],
      bosTokenId: null,
      padTokenId: options.padTokenId ?? null,
    }
    this.pages = options.pages ?? 256
    this.slots = options.slots ?? 64
    this.pagesPerSequence = Math.ceil(maxPositions / PAGE_SIZE)
    this.maxRows = options.maxRows ?? 32
    this.maxSequences = options.maxSequences ?? 16
    this.memory = Array.from({ length: this.pages }, () => [])
    this.states = []
    this.gate = options.gate ?? (() => Promise.resolve())
  }

  async execute(batch: ExecuteBatch): Promise<void> {
    await this.gate()
    const rows = batch.tokenIds.length
    if (rows > this.maxRows) throw new RangeError(`${rows} rows exceed ${this.maxRows}`)
    this.counters.passes += 1
    this.rowCounts.push(rows)
    const writes = Array.from({ length: rows }, (_, row) => ({
      row,
      sequence: batch.sequences[row] ?? 0,
      counted: true,
    }))
    for (const { row, sequence } of batch.shared ?? []) writes.push({ row, sequence, counted: false })
    writes.sort((a, b) => (batch.positions[a.row] ?? 0) - (batch.positions[b.row] ?? 0))
    const states = new Map<number, number>()
    for (const { row, sequence, counted } of writes) {
      const table = batch.pageTables.subarray(sequence * this.pagesPerSequence, (sequence + 1) * this.pagesPerSequence)
      const state = this.write(table, batch.positions[row] ?? 0, batch.tokenIds[row] ?? 0, counted)
      if (states.has(row) && states.get(row) !== state) throw new Error(`row ${row} is shared by other histories`)
      states.set(row, state)
    }
    for (const { row, slot } of batch.keep) this.setState(slot, states.get(row))
  }

  async decode(sequences: readonly DecodeSequence[], steps: number, tokenFlags: Uint32Array): Promise<DecodeResult[]> {
    await this.gate()
    if (sequences.length > this.maxSequences)
      throw new RangeError(`${sequences.length} sequences exceed ${this.maxSequences}`)
    this.counters.passes += steps
    this.sequenceCounts.push(sequences.length)
    const run = new Set<string>()
    return sequences.map((sequence, number) => {
      const tokenIds: number[] = []
      const logprobs: number[] = []
      for (let step = 0; step < steps; step++) {
        const position = sequence.position + step
        const { token, logprob } = this.sample(sequence, position, tokenFlags)
        tokenIds.push(token)
        logprobs.push(logprob)
        const ends = ((tokenFlags[token] ?? 0) & (TOKEN_ENDS_STEP | TOKEN_ENDS_SEQUENCE)) !== 0
        if (ends || tokenIds.length === sequence.maxTokens) return { tokenIds, logprobs, stopped: true }
        const history = `${sequence.group ?? `sequence ${number}`}:${tokenIds.join()}`
        this.setState(sequence.slot, this.write(sequence.pageTable, position, token, !run.has(history)))
        run.add(history)
      }
      return { tokenIds, logprobs, stopped: false }
    })
  }

  async logits(slots: readonly number[]): Promise<Float32Array> {
    await this.gate()
    return Float32Array.from(slots.flatMap((slot) => this.logitsOf(this.state(slot))))
  }

  async scores(slots: readonly number[]): Promise<Float32Array> {
    await this.gate()
    const labels = this.config.outputHead.kind === 'score' ? this.config.outputHead.labels : 0
    return Float32Array.from(slots.flatMap((slot) => plainScores(this.state(slot), labels)))
  }

  copyPages(copies: readonly { readonly from: number; readonly to: number; readonly positions: number }[]): void {
    for (const { from, to, positions } of copies) {
      this.memory[to] = (this.memory[from] ?? []).slice(0, positions)
    }
  }

  copySlots(copies: readonly { readonly from: number; readonly to: number }[]): void {
    for (const { from, to } of copies) this.setState(to, this.state(from))
  }

  async hidden(slots: readonly number[]): Promise<Float32Array> {
    return Float32Array.from(slots.map((slot) => this.state(slot)))
  }

  bytes(): Readonly<Record<string, number>> {
    return this.disposed ? {} : { weights: 4 * this.parameters, cache: this.pages * PAGE_SIZE * 4 }
  }

  dispose(): void {
    this.disposed = true
  }

  private logitsOf(history: number): number[] {
    return plainLogits(history, this.config.vocabSize)
  }

  private sample(sequence: DecodeSequence, position: number, flags: Uint32Array): { token: number; logprob: number } {
    const logits = this.logitsOf(this.state(sequence.slot))
    const key: NoiseKey = { seed: sequence.seed, node: sequence.node, sample: sequence.sample }
    let best = -1
    let bestValue = Number.NEGATIVE_INFINITY
    for (const [token, logit] of logits.entries()) {
      if (((flags[token] ?? 0) & TOKEN_NEVER_SAMPLED) !== 0) continue
      const value =
        sequence.temperature === 0 ? logit : logit / sequence.temperature + gumbelNoise(key, position, token)
      if (value > bestValue) {
        best = token
        bestValue = value
      }
    }
    return { token: best, logprob: plainLogprob(logits, best) }
  }

  /** Checks positions 0 … position − 1, writes the token, and returns the hash of the history. Not `counted` where a row is shared. */
  private write(table: Uint32Array, position: number, token: number, counted = true): number {
    let history = 0
    for (let at = 0; at < position; at++) {
      const entry = this.memory[table[Math.floor(at / PAGE_SIZE)] ?? 0]?.[at % PAGE_SIZE]
      if (entry?.position !== at) throw new Error(`position ${at} was read but not written`)
      history = plainHistory(history, entry.token)
      if (entry.history !== history) throw new Error(`position ${at} belongs to another sequence`)
    }
    history = plainHistory(history, token)
    const page = this.memory[table[Math.floor(position / PAGE_SIZE)] ?? 0]
    if (!page) throw new Error(`position ${position} has no page`)
    page[position % PAGE_SIZE] = { token, position, history }
    if (counted) this.executed.push({ history, token, position })
    return history
  }

  private state(slot: number): number {
    const state = this.states[slot]
    if (state === undefined) throw new Error(`slot ${slot} was read but not written`)
    return state
  }

  private setState(slot: number, state: number | undefined): void {
    if (slot >= this.slots || state === undefined) throw new Error(`slot ${slot} cannot be written`)
    this.states[slot] = state
  }
}

/** The history after one more token. */
export function plainHistory(history: number, token: number): number {
  return pcg4d(history, token, 1, 2)[0]
}

/** Logits after a history of tokens, spread over 0 … 4. */
export function plainLogits(history: number, vocabSize: number): number[] {
  return Array.from({ length: vocabSize }, (_, token) => Math.fround(4 * toUnit(pcg4d(history, token, 3, 4)[1])))
}

export function plainLogprob(logits: readonly number[], token: number): number {
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0)
  return (logits[token] ?? 0) - Math.log(sum)
}

/** Raw score-head outputs after a history, −4 … 4. */
export function plainScores(history: number, labels: number): number[] {
  return Array.from({ length: labels }, (_, label) => 8 * toUnit(pcg4d(history, label, 5, 6)[2]) - 4)
}
