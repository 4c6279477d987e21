import type { BackendKind } from '../core/backends.ts'
import type { Prompt } from '../core/prompt.ts'

/** The two ports of a search: a policy proposes steps, a reward model scores them. Engines implement them. */

/** Floating-point operations of one executed token: `token + head (where evaluated) + context · length`. */
export interface FlopsModel {
  /** 2 · parameters of all layer matrices. */
  readonly token: number
  /** 2 · parameters of the output head, counted where the head is evaluated. */
  readonly head: number
  /** 4 · layers · heads · head_dim, times the token's context length (its position + 1). */
  readonly context: number
}

export const WEIGHT_FORMATS = ['f32', 'f16', 'int8', 'int4'] as const

export interface ModelInfo {
  /** Stable id: its folder's name, or where it was read. */
  readonly id: string
  /** First 16 hex digits of the SHA-256 over the weight files and the config. */
  readonly hash: string
  readonly family: string
  readonly parameters: number
  /** How weights lie on the device, where the engine tells. */
  readonly weights?: (typeof WEIGHT_FORMATS)[number]
  readonly contextLength: number
  /** Texts that end a policy's step, the one first that a step is given where it has none; a line end where nothing is said. */
  readonly stepEnds?: readonly string[]
  readonly backend: BackendKind | 'scripted' | 'transformers.js' | 'remote'
  /** Human-readable adapter, e.g. `SwiftShader (LLVM 16)` or `CPU (TypeScript)`. */
  readonly adapter: string
  readonly flops: FlopsModel
  /**
   * How results are computed here, e.g. `attention: one lane`, `burst: 8 steps`: for people, and to be compared. With other
   * choices tokens stay equal up to ties and scores differ in their last digits.
   */
  readonly choices?: Readonly<Record<string, string>>
}

export const AGGREGATIONS = ['last', 'min', 'product', 'mean', 'sum-log-odds'] as const
/** How step scores become the score of a path. */
export type Aggregation = (typeof AGGREGATIONS)[number]

export interface RewardModelInfo extends ModelInfo {
  readonly kind: 'process' | 'outcome'
  /** The model card's own default. */
  readonly aggregation: Aggregation
}

/** What one call cost its model, in tokens and FLOPs. Depends on the request only, never on batching. */
export interface Usage {
  /** Tokens a tree-less engine would execute for the same call: whole context plus new tokens, per sample. */
  readonly asked: number
  /** Tokens run through the model. */
  readonly executed: number
  /** Of `executed`: tokens run past the end of a step and cut from the cache. */
  readonly overrun: number
  readonly flops: number
}

/**
 * A handle on a sequence inside an engine (its cache pages, or its text). Opaque to strategies.
 * Whoever receives one owns it and releases it exactly once; forks are independent handles.
 */
export interface Branch {
  readonly tokens: number
  readonly handle: unknown
}

export interface Token {
  readonly id: number
  readonly text: string
  /** log π of the token under the model's full softmax at temperature 1 (nats). */
  readonly logprob: number
}

export interface ProposeRequest {
  readonly branch: Branch
  /** Number of samples drawn from this branch. */
  readonly count: number
  /** 0 is greedy: the most probable token, ties to the lowest id. */
  readonly temperature: number
  /** Keep the smallest set of tokens whose probability reaches topP (1 = all). */
  readonly topP: number
  /** Keep the topK most probable tokens (0 = all). */
  readonly topK: number
  /** Run seed and node: with the sample index, the whole key of the noise. */
  readonly seed: number
  readonly node: number
  /** Index of the first sample: samples firstSample … firstSample + count − 1 are drawn. */
  readonly firstSample: number
  readonly maxTokens: number
}

/** `step`: ended by the step end; `eos`: by the end-of-sequence token (not part of the text); `length`: cut. */
export type ProposalFinish = 'step' | 'eos' | 'length'

export interface Proposal {
  /** Index into the requests of the call. */
  readonly request: number
  readonly sample: number
  /** The sequence after this step; owned by the caller. */
  readonly branch: Branch
  /** The step's text, its step end included; empty where `eos` came first. */
  readonly text: string
  /** The sampled tokens; where finish is `eos`, the last one is the eos token (text ''). */
  readonly tokens: readonly Token[]
  readonly finish: ProposalFinish
  /** The cost of executing a branch's pending tokens falls on its first sample. */
  readonly usage: Usage
}

/** One token of a given text as the model reads it. */
export interface TokenReading extends Token {
  /** The most probable tokens at this place, best first. */
  readonly alternatives: readonly Token[]
}

/** A token of a prompt; special ones by the text that stands for them. */
export type PromptToken = Pick<Token, 'id' | 'text'>

export interface OpenedPrompt {
  readonly branch: Branch
  readonly usage: Usage
  /** The text as it was put to the model. */
  readonly prompt: string
  /** Its tokens, where the engine tells. */
  readonly promptTokens?: readonly PromptToken[]
}

export interface Policy {
  readonly info: ModelInfo
  /** Opens a sequence: the prompt, executed once however many open it at the same time. */
  open(prompt: Prompt): Promise<OpenedPrompt>
  /** Appends a given text (a prefix to continue from) to a branch; the given branch stays valid. */
  extend(branch: Branch, text: string): Promise<{ branch: Branch; tokens: Token[]; usage: Usage }>
  /** Draws one step per sample, all requests of all concurrent callers in one batch; ordered by request, then sample. */
  propose(requests: readonly ProposeRequest[], signal?: AbortSignal): Promise<Proposal[]>
  fork(branch: Branch): Branch
  release(branch: Branch): void
  /** Reads a text after a prompt without keeping anything: log-probability and alternatives of each token. */
  read(prompt: Prompt, text: string, options?: { alternatives?: number; eos?: boolean }): Promise<TokenReading[]>
}

export interface ScoreRequest {
  /** A scored prefix of this reward model. */
  readonly branch: Branch
  /** Further steps, each with its step end, scored one after the other. */
  readonly steps: readonly string[]
}

export interface StepScores {
  /** One score in [0, 1] per step of the request. */
  readonly scores: readonly number[]
  /** The prefix after the last step; owned by the caller. */
  readonly branch: Branch
  readonly usage: Usage
}

export interface RewardModel {
  readonly info: RewardModelInfo
  open(prompt: Prompt): Promise<{ branch: Branch; usage: Usage }>
  /** Scores steps incrementally: only tokens after the branch are executed. Ordered as the requests. */
  score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<StepScores[]>
  fork(branch: Branch): Branch
  release(branch: Branch): void
}

/** What a task knows of a response, without tensors and without the model. */
export interface Verdict {
  /** Canonical answer, or null where the response has none. */
  readonly answer: string | null
  /** Null where it cannot be known: without a gold answer, and without another way to check. */
  readonly correct: boolean | null
  /** What it counts for in a vote, null where it has no vote; left out where votes are over answers. */
  readonly vote?: string | null
  /** One sentence on what is right or wrong, e.g. `9 + 4 is 13, not 15`. */
  readonly explanation: string
}

/** A task's verdict on one problem, as strategies may use it. */
export interface Checker {
  /** Does the last of these steps, which are all so far, end the response? */
  isFinal(steps: readonly string[]): boolean
  /** Verdict on a whole response, used for display and for `finished`; never steers the search. */
  verify(steps: readonly string[]): Verdict
  /** A check without the gold answer that may stop a search early; null where the task has none. */
  accepts: ((steps: readonly string[]) => boolean) | null
  /** What the task puts in where the length of a response is steered; left out where it names nothing. */
  readonly forcing?: Forcing
}

/** What stands for “Wait”, and what asks for the answer. */
export interface Forcing {
  /** A step, without its end. The verdict on a response passes over those that were put in. */
  readonly wait: string
  /** The beginning of an answer, which the policy completes. */
  readonly answerMarker: string
}
