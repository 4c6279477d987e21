import type { SequenceNode } from '../branch.ts'
import type { CacheSequence } from '../cache/prefix-cache.ts'
import type { Memo } from '../cache/radix-tree.ts'
import { PAGE_SIZE } from '../decoder/decoder.ts'

/** Given tokens appended to a sequence. */
export interface ExecuteRequest {
  readonly sequence: CacheSequence
  /** Requests whose sequences are forks of one base share the rows that they begin with. */
  readonly base?: object
  /** Leading tokens that an earlier request with this base has too, so that this one would not run them anyway. */
  readonly common?: number
  readonly ids: readonly number[]
  /** Slot of the position before the first token, where its head output is wanted too. */
  readonly before?: number
  /** Indexes into `ids`, rising, of the tokens whose head outputs are wanted. */
  readonly readouts?: readonly number[]
  /** Called for `before`, then for each readout in order; `row` is valid during the call only. */
  readonly onOutput?: (row: Float32Array, index: number) => void
  /** In place of `onOutput`: takes outputs that may be remembered from an earlier request. */
  readonly readings?: Readings
  /** Keep the last token's hidden state in a slot, which the caller then owns. */
  readonly keepLast?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Outputs as a few numbers that stay with the tokens they were read at, so that reading them again costs nothing. */
export interface Readings {
  readonly read: (row: Float32Array, index: number) => Memo
  /** Does a remembered reading answer this one? Each does where this is absent. */
  readonly fits?: (memo: Memo, index: number) => boolean
  /** Called in order, like `onOutput`, for fresh and remembered readings alike. */
  readonly take: (memo: Memo, index: number) => void
}

/** Samples of one node that start together, so that they share rows for as long as they agree. */
export interface SequenceGroup {
  readonly size: number
}

/** One sample drawn after a node. */
export interface DecodeRequest {
  /** Pending tokens executed, hidden state in its slot. */
  readonly node: SequenceNode
  readonly temperature: number
  readonly topP: number
  readonly topK: number
  readonly seed: number
  /** Key of the noise, with seed and sample. */
  readonly noiseNode: number
  readonly sample: number
  readonly maxTokens: number
  readonly group?: SequenceGroup
  /** How many of the tokens so far belong to the step, where it has ended without a token that ends it. */
  readonly cut?: (tokenIds: readonly number[]) => number | null
  readonly signal?: AbortSignal | undefined
}

export interface DecodeOutcome {
  /** Everything but the last token executed; owned by the caller. */
  readonly sequence: CacheSequence
  readonly tokenIds: readonly number[]
  readonly logprobs: readonly number[]
  /** Tokens sampled in all, and those of them that were executed, what was cut included. */
  readonly sampled: number
  readonly executed: readonly number[]
}

/** A request under way. */
export interface ExecuteTask {
  /** What is left to run once the task is admitted: without what was known. */
  request: ExecuteRequest
  readonly resolve: (slot: number | null) => void
  readonly reject: (error: unknown) => void
  slot: number | null
  /** Rows executed, and outputs delivered, so far. */
  rows: number
  outputs: number
  /** Length of the sequence as it was given. */
  readonly start: number
  /** Outputs that were remembered, and those that are to be. */
  answered: number
  readonly memos: { readonly position: number; readonly memo: Memo }[]
}

export interface DecodeTask {
  readonly request: DecodeRequest
  readonly resolve: (outcome: DecodeOutcome) => void
  readonly reject: (error: unknown) => void
}

/** A sequence that has its slot and its pages. */
export interface ActiveSequence extends DecodeTask {
  readonly sequence: CacheSequence
  readonly slot: number
  readonly start: number
  readonly tokenIds: number[]
  readonly logprobs: number[]
  /** Pages it may still take from the pool; set aside for it. */
  pageBudget: number
}

/** Pages that a sequence takes at most: all its tokens but the last are executed. */
export function pagesToDecode({ node, maxTokens }: DecodeRequest): number {
  // As a fork: the node's own last page is then shared, and may have to be copied.
  const shared = node.sequence.length % PAGE_SIZE === 0 || maxTokens < 2 ? 0 : 1
  const end = node.sequence.length + maxTokens - 1
  return Math.ceil(end / PAGE_SIZE) - Math.ceil(node.sequence.length / PAGE_SIZE) + shared
}
