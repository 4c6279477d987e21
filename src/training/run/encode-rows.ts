import { StepscopeError } from '../../core/errors.ts'
import { placeSteps } from '../../engine/step-readouts.ts'
import type { PreferenceRow, SftRow, StepwiseRow, UnpairedRow } from '../../formats/trl.ts'
import { endedStep } from '../../formats/trl.ts'
import type { OutcomeRewardItem } from '../objectives/outcome-reward.ts'
import type { ProcessRewardItem } from '../objectives/process-reward.ts'
import type { RankedRewardItem } from '../objectives/ranked-reward.ts'
import type { SftItem } from '../objectives/sft.ts'
import type { TrainingSequence } from '../sequence.ts'
import { completionSequence } from '../sequence.ts'
import type { Subject } from './subject.ts'

/**
 * Turns the rows of data files into token sequences as the model will read them in a search: prompt, completion and steps
 * are tokenized each on its own. A finished response of a language model ends with the end of the sequence.
 */
export class RowEncoder {
  private readonly subject: Pick<Subject, 'tokenizer' | 'config' | 'stepEnd' | 'scoreAt'>
  private readonly isFinal: (step: string) => boolean
  private readonly maxTokens: number

  constructor(
    subject: Pick<Subject, 'tokenizer' | 'config' | 'stepEnd' | 'scoreAt'>,
    isFinal: (step: string) => boolean,
    maxTokens: number,
  ) {
    this.subject = subject
    this.isFinal = isFinal
    this.maxTokens = Math.min(maxTokens, subject.config.maxPositions)
  }

  completion(id: string, prompt: string, completion: string): TrainingSequence {
    const { tokenizer, config } = this.subject
    const [eos] = config.eosTokenIds
    const ids = tokenizer.encode(completion)
    if (eos !== undefined && this.isFinal(this.steps(completion).at(-1) ?? '')) ids.push(eos)
    return this.checked(id, completionSequence(tokenizer.encode(prompt), ids))
  }

  /** Every token but the first is learned. */
  whole({ prompt, completion }: SftRow, id: string): SftItem {
    const { tokenIds } = this.completion(id, prompt, completion)
    return { id, sequence: completionSequence(tokenIds.subarray(0, 1), tokenIds.subarray(1)) }
  }

  sft({ prompt, completion }: SftRow, id: string): SftItem {
    return { id, sequence: this.completion(id, prompt, completion) }
  }

  preference({ prompt, chosen, rejected }: PreferenceRow, id: string) {
    return {
      id,
      chosen: this.completion(`${id}, chosen`, prompt, chosen),
      rejected: this.completion(`${id}, rejected`, prompt, rejected),
    }
  }

  /** Heads where each step is scored. */
  scored(id: string, prompt: string, steps: readonly string[]): TrainingSequence {
    const { tokenizer, scoreAt } = this.subject
    const before = tokenizer.encode(prompt)
    const { ids, readouts } = placeSteps(tokenizer, scoreAt, steps, this.maxTokens - before.length)
    return this.checked(id, {
      tokenIds: Uint32Array.from([...before, ...ids]),
      heads: Uint32Array.from(readouts, (at) => before.length + at),
      targets: new Uint32Array(),
    })
  }

  stepwise({ prompt, completions, labels }: StepwiseRow, id: string): ProcessRewardItem {
    const steps = completions.map((step) => endedStep(step, this.subject.stepEnd))
    return { id, sequence: this.scored(id, prompt, steps), labels: labels.map(Number) }
  }

  /** The outcome is foretold at the end of every step, so that the model can judge any part of a response. */
  outcome({ prompt, completion, label }: UnpairedRow, id: string): OutcomeRewardItem {
    return { id, sequence: this.scored(id, prompt, this.steps(completion)), label: label ? 1 : 0 }
  }

  ranked({ prompt, chosen, rejected }: PreferenceRow, id: string): RankedRewardItem {
    const last = (which: string, text: string) => {
      const sequence = this.scored(`${id}, ${which}`, prompt, this.steps(text))
      return { ...sequence, heads: sequence.heads.subarray(-1) }
    }
    return { id, chosen: last('chosen', chosen), rejected: last('rejected', rejected) }
  }

  /** A text's steps, each with its step end. */
  steps(text: string): string[] {
    const { stepEnd } = this.subject
    const parts = text.split(stepEnd)
    const rest = parts.pop() ?? ''
    return [...parts.map((part) => part + stepEnd), ...(rest === '' ? [] : [rest])]
  }

  private checked(id: string, sequence: TrainingSequence): TrainingSequence {
    const { length } = sequence.tokenIds
    if (length <= this.maxTokens) return sequence
    throw new StepscopeError({
      code: 'bad-problem',
      message: 'The example is too long',
      place: { field: `example ${id}` },
      expected: `at most ${this.maxTokens} tokens (maxTokens)`,
      found: `${length} tokens`,
      nextStep: 'Raise maxTokens, or leave the example out.',
    })
  }
}
