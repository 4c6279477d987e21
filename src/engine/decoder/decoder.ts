import type { WeightFormat } from '../../compute/kernels/weight-format.ts'
import type { FlopsModel } from '../../search/models.ts'
import type { ElementRange } from '../checkpoint/safetensors.ts'

/** Positions per page of the key-value cache. */
export const PAGE_SIZE = 16

/** One layer: x + attention(norm(x)), then x + MLP(norm(x)) with the MLP down(activation(gate) · up). */
export interface LayerConfig {
  readonly activation: 'silu'
  /** RMSNorm before attention and before the MLP; `queryKey`: over each query and key head too. */
  readonly norms: { readonly epsilon: number; readonly queryKey: boolean }
  readonly rope: RopeConfig
  readonly biases: { readonly queryKeyValue: boolean; readonly output: boolean; readonly mlp: boolean }
  /** A token attends to itself and the `window` − 1 before it; null: to all before it. */
  readonly window: number | null
}

/** A decoder's shape, as read from config.json. */
export interface DecoderConfig {
  /** What people call it: `model_type` of config.json. Nothing depends on it. */
  readonly family: string
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layers: readonly LayerConfig[]
  readonly heads: number
  readonly keyValueHeads: number
  readonly headDim: number
  readonly vocabSize: number
  readonly maxPositions: number
  /** ε of the RMSNorm after the last layer. */
  readonly normEpsilon: number
  readonly tiedEmbeddings: boolean
  readonly outputHead: { readonly kind: 'language-model' } | ScoreHead
  readonly eosTokenIds: readonly number[]
  readonly bosTokenId: number | null
  readonly padTokenId: number | null
}

/** What turns a hidden state into `labels` numbers: a linear layer, or two with a ReLU between them. */
export interface ScoreHead {
  readonly kind: 'score'
  readonly labels: number
  readonly bias: boolean
  /** A linear layer as wide as the hidden state, and a ReLU, before the labels; both layers then have biases. */
  readonly hiddenLayer?: boolean
}

/** The window as kernels need it: null where it holds all the positions there can be. */
export function windowWithin(window: number | null, positions: number): number | null {
  return window === null || window >= positions ? null : window
}

export type RopeConfig =
  | { readonly type: 'default'; readonly theta: number }
  | {
      readonly type: 'llama3'
      readonly theta: number
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalMaxPositions: number
    }
  | { readonly type: 'linear'; readonly theta: number; readonly factor: number }

/**
 * Rows of a pass: one token each, of any sequence at any depth. Keys and values of all rows are written
 * to their sequence's pages before attention, so rows of one sequence see each other causally.
 */
export interface ExecuteBatch {
  readonly tokenIds: Uint32Array
  readonly positions: Uint32Array
  /** Which row of `pageTables` each token row uses. */
  readonly sequences: Uint32Array
  /** Page tables of the sequences, `pagesPerSequence` entries each: entry i holds positions 16·i … 16·i + 15. */
  readonly pageTables: Uint32Array
  /**
   * Further sequences with the same history as a row's own: the row's keys and values are written to their pages too,
   * so that the token is run once for all of them.
   */
  readonly shared?: readonly { readonly row: number; readonly sequence: number }[]
  /** Rows whose final normed hidden state [hidden] is kept, and the slot it goes to. */
  readonly keep: readonly { readonly row: number; readonly slot: number }[]
}

/** One sampled continuation in a decode burst. */
export interface DecodeSequence {
  /** Hidden-state slot: holds the state to sample from; updated as tokens are executed. */
  readonly slot: number
  /** Position that the next sampled token takes. */
  readonly position: number
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly seed: number
  readonly node: number
  readonly sample: number
  /** Tokens this sequence may still sample. */
  readonly maxTokens: number
  /** Its page table; pages for the burst's positions are already there. */
  readonly pageTable: Uint32Array
  /** Sequences of one number have the same history and hidden state: while they draw the same tokens, one row runs for all. */
  readonly group?: number
}

/** Per vocabulary id: bit 0 ends a step, bit 1 ends the sequence, bit 2 is never sampled. */
export const TOKEN_ENDS_STEP = 1
export const TOKEN_ENDS_SEQUENCE = 2
export const TOKEN_NEVER_SAMPLED = 4

export interface DecodeResult {
  readonly tokenIds: readonly number[]
  /** log softmax of the raw logits at temperature 1. */
  readonly logprobs: readonly number[]
  /** True where the last sampled token ended the sequence (it was not executed). */
  readonly stopped: boolean
}

export interface DecoderCounters {
  passes: number
  readbackBytes: number
  /**
   * Loads of one page of one key-value head by one invocation (or workgroup), in each layer, over all decode bursts: as
   * planned, and what they would be without shared pages.
   */
  attentionPageReads: number
  attentionPageVisits: number
}

/**
 * A model resident on a backend: weights, page pools, hidden-state slots. Knows nothing of branches:
 * which page belongs to whom is the cache's business.
 */
export interface Decoder {
  readonly config: DecoderConfig
  readonly flops: FlopsModel
  readonly parameters: number
  /** How the matrices of its layers lie on the device. */
  readonly weightFormat: WeightFormat
  readonly pages: number
  readonly slots: number
  readonly pagesPerSequence: number
  /** Token rows of one execute call (sequences that share a row count each) and sequences of one decode call, at most. */
  readonly maxRows: number
  readonly maxSequences: number
  execute(batch: ExecuteBatch): Promise<void>
  /**
   * `steps` times: head and sampler on every active sequence's slot; a sequence that sampled a stop (or its last
   * token) leaves; the others' tokens are executed. Tokens executed per sequence = sampled − (stopped ? 1 : 0).
   * No row is run past its stop, so nothing has to be cut. An array of flags keeps its values once it was given.
   */
  decode(sequences: readonly DecodeSequence[], steps: number, tokenFlags: Uint32Array): Promise<DecodeResult[]>
  /** Language-model logits of slots, [slots.length, vocab]. */
  logits(slots: readonly number[]): Promise<Float32Array>
  /** Raw score-head outputs of slots, [slots.length, labels]. */
  scores(slots: readonly number[]): Promise<Float32Array>
  /** Copies `positions` leading entries of a page, in every layer. */
  copyPages(copies: readonly { readonly from: number; readonly to: number; readonly positions: number }[]): void
  copySlots(copies: readonly { readonly from: number; readonly to: number }[]): void
  /** Final normed hidden states of slots, [slots.length, hidden] (tests, probes). */
  hidden(slots: readonly number[]): Promise<Float32Array>
  /** Passes through the layers since loading, bytes read back, and bytes on the device by purpose. */
  readonly counters: DecoderCounters
  bytes(): Readonly<Record<string, number>>
  dispose(): void
}

/** Tensors of a checkpoint, read piece by piece so that peak memory stays near one copy. */
export interface WeightSource {
  has(name: string): boolean
  /** Shape as stored; throws `bad-checkpoint` naming file and tensor where it is missing. */
  shape(name: string): readonly number[]
  /** Values widened to float32, row-major: all of them, or those in a range. */
  read(name: string, signal?: AbortSignal, range?: ElementRange): Promise<Float32Array>
}

/** `auto`: f32 for models whose f32 weights take at most 256 MiB, f16 for larger ones. */
export type WeightChoice = 'auto' | WeightFormat

export interface DecoderOptions {
  /** How weights lie on the device; `auto` where it is not given. */
  readonly weights?: WeightChoice
  /** Cache capacity in positions over all sequences; default from the byte budget. */
  readonly cacheTokens?: number
  readonly slots?: number
  readonly maxRows?: number
  readonly maxSequences?: number
  readonly signal?: AbortSignal
  /** Bytes of weights uploaded so far. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void
}
