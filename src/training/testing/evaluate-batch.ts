import type { RandomStream } from '../../core/random.ts'
import type { LossFunction, Metrics } from '../../objectives/loss.ts'
import type { SequenceGradients, SequenceValues, TrainingSequence } from '../../objectives/sequence.ts'
import { completionSequence, scoredSequence } from '../../objectives/sequence.ts'

/** What a model could say at a sequence's readouts, in float64; the score head has `labels` outputs. */
export function randomValues(sequence: TrainingSequence, random: RandomStream, labels = 1): SequenceValues {
  const readouts = sequence.readouts.length
  const draw = (length: number, low: number, high: number) =>
    Float64Array.from({ length }, () => low + (high - low) * random.next())
  return {
    logprobs: draw(readouts, -4, -0.1),
    entropies: draw(readouts, 0.1, 3),
    hits: Float64Array.from({ length: readouts }, () => random.integer(0, 1)),
    scores: draw(readouts * labels, -3, 3),
  }
}

/** A prompt and completion of random tokens. */
export function randomCompletion(random: RandomStream, tokens: number): TrainingSequence {
  const draw = (length: number) => Array.from({ length }, () => random.integer(0, 63))
  return completionSequence(draw(random.integer(1, 4)), draw(tokens))
}

/** A sequence of `3 · readouts` tokens with a readout at every third. */
export function randomTrace(random: RandomStream, readouts: number): TrainingSequence {
  return scoredSequence(
    Array.from({ length: readouts * 3 }, () => random.integer(0, 63)),
    Array.from({ length: readouts }, (_, i) => 3 * i + 2),
  )
}

/** Values with no more than what is given, for tests on known numbers. */
export function knownValues(given: Partial<Record<keyof SequenceValues, readonly number[]>>): SequenceValues {
  const of = (name: keyof SequenceValues) => Float64Array.from(given[name] ?? [])
  return { logprobs: of('logprobs'), entropies: of('entropies'), hits: of('hits'), scores: of('scores') }
}

export interface BatchResult {
  readonly loss: number
  /** Per item, per sequence. */
  readonly gradients: readonly (readonly SequenceGradients[])[]
  readonly metrics: Metrics
}

/**
 * A whole batch as the trainer evaluates it.
 * @param values per item, per sequence
 * @param total sum of all weights, where the items are only a part of the batch
 */
export function evaluateBatch<Item, Observation>(
  lossFunction: LossFunction<Item, Observation>,
  items: readonly Item[],
  values: readonly (readonly SequenceValues[])[],
  total = items.reduce((sum, item) => sum + lossFunction.weight(item), 0),
): BatchResult {
  let loss = 0
  const observations: Observation[] = []
  const gradients = items.map((item, index) => {
    const said = values[index] as readonly SequenceValues[]
    const slopes = said.map(({ logprobs, entropies, scores }) => ({
      logprobs: new Float64Array(logprobs.length),
      entropies: new Float64Array(entropies.length),
      scores: new Float64Array(scores.length),
    }))
    const share = lossFunction.evaluate(item, said, slopes, total)
    loss += share.loss
    observations.push(share.observation)
    return slopes
  })
  return { loss, gradients, metrics: lossFunction.metrics(observations) }
}

const PARTS = ['logprobs', 'entropies', 'scores'] as const

/** Largest difference between an objective's gradients and central differences of its loss. */
export function gradientError<Item, Observation>(
  lossFunction: LossFunction<Item, Observation>,
  items: readonly Item[],
  values: readonly (readonly SequenceValues[])[],
): number {
  const step = 1e-5
  const { gradients } = evaluateBatch(lossFunction, items, values)
  let worst = 0
  values.forEach((said, item) => {
    said.forEach((sequence, index) => {
      for (const part of PARTS) {
        const numbers = sequence[part]
        for (let i = 0; i < numbers.length; i++) {
          const kept = numbers[i] as number
          const lossAt = (value: number) => {
            numbers[i] = value
            return evaluateBatch(lossFunction, items, values).loss
          }
          const slope = (lossAt(kept + step) - lossAt(kept - step)) / (2 * step)
          numbers[i] = kept
          worst = Math.max(worst, Math.abs(slope - (gradients[item]?.[index]?.[part][i] ?? Number.NaN)))
        }
      }
    })
  })
  return worst
}

/** Largest difference between a batch and the same batch in parts, in loss and gradients. */
export function splitError<Item, Observation>(
  lossFunction: LossFunction<Item, Observation>,
  items: readonly Item[],
  values: readonly (readonly SequenceValues[])[],
): number {
  const total = items.reduce((sum, item) => sum + lossFunction.weight(item), 0)
  const whole = evaluateBatch(lossFunction, items, values)
  const parts = items.map((item, i) => evaluateBatch(lossFunction, [item], values.slice(i, i + 1), total))
  const loss = parts.reduce((sum, part) => sum + part.loss, 0)
  const flat = (gradients: readonly (readonly SequenceGradients[])[]) =>
    gradients.flat().flatMap((slopes) => PARTS.flatMap((part) => Array.from(slopes[part])))
  const expected = flat(whole.gradients)
  const found = parts.flatMap((part) => flat(part.gradients))
  return expected.reduce(
    (worst, value, i) => Math.max(worst, Math.abs(value - (found[i] ?? Number.NaN))),
    Math.abs(loss - whole.loss),
  )
}
