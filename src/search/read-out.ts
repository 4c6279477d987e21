import { StepscopeError } from '../core/errors.ts'
import type { ModelInfo, Token } from './models.ts'

/** Log-probabilities are differences of float32 numbers: one of a certain token may come out a little above 0. */
const ROUNDING = 1e-4

/**
 * Checks what a model says of the tokens it wrote or was given, once, where it is read out.
 * @param where what was read, for the message: the node it was sampled from, or the text
 * @throws StepscopeError `bad-checkpoint` that names the model, the token's place and the number
 */
export function checkLogprobs(logprobs: readonly number[], model: ModelInfo, where: string): void {
  const wrong = logprobs.findIndex((value) => !(Number.isFinite(value) && value <= ROUNDING))
  if (wrong < 0) return
  throw unusable(model, `log-probability of token ${wrong + 1} ${where}`, 'a number of at most 0', logprobs[wrong])
}

/** The same for a text that was given. */
export function checkReadings(tokens: readonly Token[], model: ModelInfo, text: string): void {
  checkLogprobs(
    tokens.map(({ logprob }) => logprob),
    model,
    `of ${JSON.stringify(text)}`,
  )
}

/** The same for the scores of steps. */
export function checkScores(scores: readonly number[], model: ModelInfo, steps: readonly string[]): void {
  const wrong = scores.findIndex((value) => !(value >= 0 && value <= 1))
  if (wrong < 0) return
  throw unusable(model, `score of ${JSON.stringify(steps[wrong] ?? '')}`, 'a number from 0 to 1', scores[wrong])
}

/**
 * What a model says of an example in training, at its heads.
 * @param model what it is called in a sentence, where it is not the one that is trained
 * @throws StepscopeError `bad-checkpoint` that names the example
 */
export function checkOutputs(values: ArrayLike<number>, what: string, example: string, model = 'The model'): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw unusable(model, `${what} of ${example}`, 'a finite number', values[i])
  }
}

/** @param model what is known of it, or what it is called in a sentence */
function unusable(
  model: ModelInfo | string,
  field: string,
  expected: string,
  found: number | undefined,
): StepscopeError {
  const named = typeof model === 'string'
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: `${named ? model : model.id} gives a number that cannot be used`,
    expected,
    found: String(found),
    place: { ...(named ? {} : { file: model.id }), field },
    nextStep: 'Its weights, or what they compute in this format, hold NaN or infinite values: take another checkpoint.',
  })
}
