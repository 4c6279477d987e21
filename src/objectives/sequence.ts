/**
 * One token sequence of a training batch, from position 0 on. At each readout the model is evaluated: position p sees
 * tokens 0 … p. A language-model head gives the log-probability of `target` as the next token, a score head a number.
 */
export interface TrainingSequence {
  readonly tokenIds: Uint32Array
  /** Positions that are evaluated, ascending. */
  readonly readouts: Uint32Array
  /** For each readout the token whose log-probability is wanted; empty where no log-probabilities are. */
  readonly targets: Uint32Array
}

/** A device's values come as float32; on the host an objective may as well be given float64. */
export type Floats = Float32Array | Float64Array

/** What a model says at the readouts of one sequence; arrays are empty where a value was not asked for. */
export interface SequenceValues {
  /** log π(target | tokens before), [readouts]. */
  readonly logprobs: Floats
  /** Entropy of the next token's distribution in nats, [readouts]. */
  readonly entropies: Floats
  /** 1 where the target is the most probable token, else 0, [readouts]. */
  readonly hits: Floats
  /** Raw outputs of the score head, [readouts, labels]. */
  readonly scores: Floats
}

/** dLoss / dValue at the readouts of one sequence, zeros until an objective fills them; same shapes as the values. */
export interface SequenceGradients {
  readonly logprobs: Floats
  readonly entropies: Floats
  readonly scores: Floats
}

/**
 * A prompt with its completion: the readouts predict the completion's tokens, the first of them from the prompt's last one.
 * @param prompt at least one token
 */
export function completionSequence(prompt: ArrayLike<number>, completion: ArrayLike<number>): TrainingSequence {
  const tokenIds = new Uint32Array(prompt.length + completion.length)
  tokenIds.set(Array.from(prompt))
  tokenIds.set(Array.from(completion), prompt.length)
  const readouts = Uint32Array.from({ length: completion.length }, (_, i) => prompt.length - 1 + i)
  return { tokenIds, readouts, targets: Uint32Array.from(completion) }
}

/** A text of which every token but the first is learned. */
export function wholeSequence(tokenIds: ArrayLike<number>): TrainingSequence {
  const ids = Array.from(tokenIds)
  return completionSequence(ids.slice(0, 1), ids.slice(1))
}

/** A sequence whose score is read at these positions. */
export function scoredSequence(tokenIds: ArrayLike<number>, readouts: ArrayLike<number>): TrainingSequence {
  return { tokenIds: Uint32Array.from(tokenIds), readouts: Uint32Array.from(readouts), targets: new Uint32Array() }
}
