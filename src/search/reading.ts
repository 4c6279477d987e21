import type { Aggregation } from './models.ts'

/** The ways to read reward models that are known by name; `step-end` is that of models which Stepscope trains. */
export const READING_IDS = [
  'step-end',
  'two-labels',
  'two-layer-head',
  'value-head',
  'step-tag',
  'chat-turns',
  'outcome',
  'implicit',
] as const
export type ReadingId = (typeof READING_IDS)[number]

/**
 * How a problem and its steps become tokens: `prompt`, as a policy is asked and writes; `pieces`, each tokenized alone;
 * `text`, as one text; `chat`, a question and an answer; `turns`, a chat in which each step is asked about.
 */
export const READING_INPUTS = ['prompt', 'pieces', 'text', 'chat', 'turns'] as const
export type ReadingInput = (typeof READING_INPUTS)[number]

/** Of outputs: σ(x₀); softmax, label 1; softmax over the logits of two tokens, the first. */
export const ACTIVATIONS = ['sigmoid', 'softmax', 'candidates'] as const
export type Activation = (typeof ACTIVATIONS)[number]

/** At the last token of what follows a step; at the token before the answer to it; at the last token of all. */
export const READ_PLACES = ['score-at', 'answer', 'end'] as const
export const BOS_RULES = ['never', 'if-any', 'always'] as const

/** How a reward model is read: what it is given, where its score is read, and what is made of the output there. */
export interface Reading {
  /** What it is called: that it is this preset, or was made from it. */
  readonly id: ReadingId
  readonly input: ReadingInput
  /** Whether `pieces` and `text` begin with the beginning-of-sequence token. */
  readonly bos: (typeof BOS_RULES)[number]
  readonly afterProblem: string
  /** `{n}` is the step's number, from 1. */
  readonly beforeStep: string
  /** Follows each step; the score is read at its last token unless `readAt` says otherwise. */
  readonly scoreAt: string
  readonly betweenSteps: string
  /** Whether white space around steps is left out. */
  readonly trimsSteps: boolean
  /** The assistant's turn in `turns`. */
  readonly answer: string
  readonly readAt: (typeof READ_PLACES)[number]
  readonly activation: Activation
  /** Tokens that stand for right and wrong. */
  readonly candidates: readonly [right: string, wrong: string] | null
  /** β of an implicit reading. */
  readonly beta: number | null
  /** Of an implicit reading: the id of the model that it was trained from; null where that is said elsewhere. */
  readonly reference: string | null
  /** How step scores become the score of a path. */
  readonly aggregation: Aggregation
}
