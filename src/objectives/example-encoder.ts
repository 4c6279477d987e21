import type { TrainingSequence } from './sequence.ts'

/** Turns texts into token sequences as the model in training reads them. */
export interface ExampleEncoder {
  /**
   * A prompt with its completion, whose tokens are learned.
   * @param field the row's field that the completion is of, for messages; `completion` where not given
   * @throws StepscopeError naming the field that is not in the vocabulary, or too long
   */
  completion(prompt: string, completion: string, field?: string): TrainingSequence
  /**
   * A text as it stands, in no form that the model is asked in.
   * @throws StepscopeError as `completion`
   */
  plain(prompt: string, completion: string): TrainingSequence
  /**
   * A prompt with steps, evaluated where each step is scored.
   * @param fieldOf the row's field that a step is of, for messages
   * @throws StepscopeError as `completion`
   */
  scored(prompt: string, steps: readonly string[], fieldOf: (step: number) => string): TrainingSequence
  /** A text's steps, each with its step end. */
  steps(text: string): string[]
  /** A step, with its step end where it lacks it. */
  ended(step: string): string
}
