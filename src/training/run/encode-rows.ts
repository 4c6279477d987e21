import { StepscopeError } from '../../core/errors.ts'
import { endedStep } from '../../core/step-text.ts'
import { placeSteps } from '../../engine/reading/place-steps.ts'
import type { ExampleEncoder } from '../../objectives/example-encoder.ts'
import type { TrainingSequence } from '../../objectives/sequence.ts'
import { completionSequence } from '../../objectives/sequence.ts'
import type { ModelInTraining } from './model-in-training.ts'

/**
 * Turns the rows of data files into token sequences as the model will read them in a search: prompt, completion and steps
 * are tokenized each on its own. A finished response of a language model ends with the end of the sequence.
 */
export class RowEncoder implements ExampleEncoder {
  private readonly trained: Pick<ModelInTraining, 'tokenizer' | 'config' | 'stepEnd' | 'scoreAt'>
  private readonly isFinal: (steps: readonly string[]) => boolean
  private readonly maxTokens: number

  constructor(
    trained: Pick<ModelInTraining, 'tokenizer' | 'config' | 'stepEnd' | 'scoreAt'>,
    isFinal: (steps: readonly string[]) => boolean,
    maxTokens: number,
  ) {
    this.trained = trained
    this.isFinal = isFinal
    this.maxTokens = Math.min(maxTokens, trained.config.maxPositions)
  }

  completion(prompt: string, completion: string, field = 'completion'): TrainingSequence {
    const { config } = this.trained
    const [eos] = config.eosTokenIds
    const before = this.tokens(prompt, 'prompt')
    // Some data sets write the end of the sequence into their texts: it is one token, once.
    const written = eos === undefined ? undefined : this.trained.tokenizer.content(eos)
    const isWritten = written !== undefined && written !== '' && completion.endsWith(written)
    const text = isWritten ? completion.slice(0, -written.length) : completion
    const ids = this.tokens(text, field)
    if (eos !== undefined && (isWritten || this.isFinal(this.steps(text)))) ids.push(eos)
    return this.checked(completionSequence(before, ids), field)
  }

  scored(prompt: string, steps: readonly string[], fieldOf: (step: number) => string): TrainingSequence {
    const before = this.tokens(prompt, 'prompt')
    const { ids, readouts } = this.placed(steps, this.maxTokens - before.length, fieldOf)
    const sequence = {
      tokenIds: Uint32Array.from([...before, ...ids]),
      readouts: Uint32Array.from(readouts, (at) => before.length + at),
      targets: new Uint32Array(),
    }
    return this.checked(sequence, fieldOf(steps.length - 1))
  }

  steps(text: string): string[] {
    const { stepEnd } = this.trained
    const parts = text.split(stepEnd)
    const rest = parts.pop() ?? ''
    return [...parts.map((part) => part + stepEnd), ...(rest === '' ? [] : [rest])]
  }

  ended(step: string): string {
    return endedStep(step, [this.trained.stepEnd])
  }

  private placed(steps: readonly string[], room: number, fieldOf: (step: number) => string) {
    const { tokenizer, scoreAt } = this.trained
    try {
      return placeSteps(tokenizer, scoreAt, steps, room)
    } catch (error) {
      // Which of them it is, told by reading each on its own.
      for (const [index, step] of steps.entries()) this.tokens(step, fieldOf(index))
      throw error
    }
  }

  private tokens(text: string, field: string): number[] {
    try {
      const { tokenizer } = this.trained
      return field === 'prompt' ? tokenizer.encodePrompt(text) : tokenizer.encode(text)
    } catch (error) {
      if (!(error instanceof StepscopeError)) throw error
      throw new StepscopeError({ ...error.details, place: { ...error.details.place, field } }, { cause: error })
    }
  }

  private checked(sequence: TrainingSequence, field: string): TrainingSequence {
    const { length } = sequence.tokenIds
    if (length <= this.maxTokens) return sequence
    const { maxPositions } = this.trained.config
    const limit = this.maxTokens < maxPositions ? 'maxTokens' : "the model's longest sequence"
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'The example is too long',
      place: { field },
      expected: `at most ${this.maxTokens} tokens (${limit})`,
      found: `${length} tokens`,
      nextStep: `${limit === 'maxTokens' ? 'Raise maxTokens, or leave' : 'Leave'} the example out.`,
    })
  }
}
