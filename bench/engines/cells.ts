/** What one engine is asked to do in one cell, and what it answers; both cross from Node to the page as JSON. */

export interface ModelChoice {
  /** Folder name under the served models, e.g. `countdown-policy`. */
  readonly name: string
}

export interface Effort {
  /** Repetitions stop after this time; the first finished one always counts. */
  readonly seconds: number
  readonly repetitions: number
}

export interface DecodeCell extends Effort {
  readonly rows: number
  readonly prefix: readonly number[]
  /** Forward passes per branch. */
  readonly newTokens: number
  /** `sampled`: branches of one node, as search makes them. `distinct`: each starts with two tokens of its own. */
  readonly mode: 'sampled' | 'distinct'
  /** Decode steps between two looks at the queue; the product's own where it is not given. */
  readonly burst?: number
}

export interface PrefillCell extends Effort {
  /** Rows of tokens, all of one length. */
  readonly prompts: readonly (readonly number[])[]
}

export interface ScoreCell extends Effort {
  /** Prompt and the steps before. */
  readonly prefix: readonly number[]
  /** Tokens of one step for each candidate, the last one being where it is scored. */
  readonly candidates: readonly (readonly number[])[]
  /** `cached`: on the keys and values of the prefix. `full`: prefix and step together, nothing kept. */
  readonly mode: 'cached' | 'full'
}

export interface Timing {
  /** Of the fastest repetition, and of the one in the middle. */
  readonly bestMs: number
  readonly medianMs: number
  readonly repetitions: number
}

/** What a decode cost besides its time. */
export interface DecodeWork {
  readonly executedTokens: number
  /** Positions of the tree that the samples span, each once. */
  readonly uniqueTokens: number
  readonly overrunTokens: number
  readonly passes: number
  readonly readbackBytes: number
  /** Pages that the attention read, where the decoder counts them. */
  readonly attentionPageReads: number | null
}

export interface DecodeAnswer extends Timing {
  /**
   * Of the prefix's last token, to see that engines hold the same weights; the first 32 at most, those of one engine less
   * a constant.
   */
  readonly logits: readonly number[]
  readonly work: DecodeWork | null
}

export interface ScoreAnswer extends Timing {
  /** Raw outputs of the score head. */
  readonly scores: readonly number[]
}

export interface EngineSession {
  readonly adapter: string
  decode(cell: DecodeCell): Promise<DecodeAnswer>
  prefill(cell: PrefillCell): Promise<Timing>
  score(cell: ScoreCell): Promise<ScoreAnswer>
  dispose(): Promise<void> | void
}

/** Times `run`, which answers its own milliseconds; the first call, in which things are compiled, does not count. */
export async function best(run: () => Promise<number>, { seconds, repetitions }: Effort): Promise<Timing> {
  await run()
  const started = performance.now()
  const times: number[] = []
  do times.push(await run())
  while (times.length < repetitions && performance.now() - started < 1000 * seconds)
  times.sort((a, b) => a - b)
  return {
    bestMs: times[0] as number,
    medianMs: times[times.length >> 1] as number,
    repetitions: times.length,
  }
}
