import { StepscopeError } from '../../core/errors.ts'
import { opening } from '../../core/prompt.ts'
import { endedStep, splitSteps } from '../../core/step-text.ts'
import type { WrittenPrompt } from '../../engine/prompt/prompt-writer.ts'
import { placeSteps } from '../../engine/reading/place-steps.ts'
import type { StepReader } from '../../engine/reading/step-reader.ts'
import type { ExampleEncoder } from '../../objectives/example-encoder.ts'
import type { TrainingSequence } from '../../objectives/sequence.ts'
import { completionSequence } from '../../objectives/sequence.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import type { ModelInTraining } from './model-in-training.ts'

/** Of a model in training, how it reads text. */
type TrainedReading = Pick<ModelInTraining, 'tokenizer' | 'config' | 'prompts' | 'stepEnds' | 'scoreAt' | 'reading'>
/** Of the task of the rows, how a model is asked and what ends a response. */
type EncodedTask = Pick<AnyTask, 'isFinal' | 'instructions'>

/**
 * Turns the rows of data files into token sequences as the model will read them in a search: the prompt in the form that the
 * model is asked in, in a chat with the task's system message; prompt, completion and steps are tokenized each on its own. A finished response of a language model ends with the end of the sequence.
 */
export class RowEncoder implements ExampleEncoder {
  private readonly trained: TrainedReading
  private readonly task: EncodedTask
  private readonly maxTokens: number

  constructor(trained: TrainedReading, task: EncodedTask, maxTokens: number) {
    this.trained = trained
    this.task = task
    this.maxTokens = Math.min(maxTokens, trained.config.maxPositions)
  }

  completion(prompt: string, completion: string, field = 'completion'): TrainingSequence {
    return this.completed(this.prompt(prompt), completion, field)
  }

  plain(prompt: string, completion: string): TrainingSequence {
    const ids = this.inField('prompt', () => this.trained.tokenizer.encodePrompt(prompt))
    return this.completed({ ids, text: prompt }, completion, 'completion')
  }

  private completed(before: WrittenPrompt, completion: string, field: string): TrainingSequence {
    const { config } = this.trained
    const [eos] = config.eosTokenIds
    // Some data sets write the end of the sequence into their texts: it is one token, once.
    const written = eos === undefined ? undefined : this.trained.tokenizer.content(eos)
    const isWritten = written !== undefined && written !== '' && completion.endsWith(written)
    const text = isWritten ? completion.slice(0, -written.length) : completion
    const ids = this.tokens(text, field)
    if (eos !== undefined && (isWritten || this.task.isFinal([...opening(before.text), ...this.steps(text)])))
      ids.push(eos)
    return this.checked(completionSequence(before.ids, ids), field)
  }

  scored(prompt: string, steps: readonly string[], fieldOf: (step: number) => string): TrainingSequence {
    const { reading } = this.trained
    if (reading !== undefined) return this.readBy(reading.reader, prompt, steps, fieldOf)
    const { ids: before } = this.prompt(prompt)
    const { ids, readouts } = this.placed(steps, this.maxTokens - before.length, fieldOf)
    const sequence = {
      tokenIds: Uint32Array.from([...before, ...ids]),
      readouts: Uint32Array.from(readouts, (at) => before.length + at),
      targets: new Uint32Array(),
    }
    return this.checked(sequence, fieldOf(steps.length - 1))
  }

  /** As a search reads it; what closes a response behind its last score is left out, as no score depends on it. */
  private readBy(
    reader: StepReader,
    prompt: string,
    steps: readonly string[],
    fieldOf: (step: number) => string,
  ): TrainingSequence {
    const last = fieldOf(steps.length - 1)
    const { ids, positions } = this.inField(last, () => reader.write(prompt, steps))
    const sequence = {
      tokenIds: Uint32Array.from(ids.slice(0, (positions.at(-1) ?? -1) + 1)),
      readouts: Uint32Array.from(positions),
      targets: new Uint32Array(),
    }
    return this.checked(sequence, last)
  }

  steps(text: string): string[] {
    return splitSteps(text, this.trained.stepEnds)
  }

  ended(step: string): string {
    return endedStep(step, this.trained.stepEnds)
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

  /** A row's prompt as the model is asked: its text is the question, in the notation that the file has. */
  private prompt(text: string): WrittenPrompt {
    const { prompts } = this.trained
    return this.inField('prompt', () => prompts({ question: text, notation: text, ...this.task.instructions }))
  }

  private tokens(text: string, field: string): number[] {
    return this.inField(field, () => this.trained.tokenizer.encode(text))
  }

  /** What cannot be written is told with the row's field. */
  private inField<T>(field: string, write: () => T): T {
    try {
      return write()
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
