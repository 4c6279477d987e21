import type { Prompt } from '../../core/prompt.ts'
import type { PromptWriter } from '../prompt/prompt-writer.ts'
import type { Tokenizer } from '../tokenizer/tokenizer.ts'
import { placeSteps } from './place-steps.ts'
import type { StepWriter, WrittenSteps } from './step-writer.ts'
import { commonLength } from './step-writer.ts'

/** What a sequence stands for, and the tokens of it that were executed. */
export interface StepHistory {
  readonly prompt: Prompt
  readonly steps: readonly string[]
  readonly ids: readonly number[]
}

/** How a sequence goes on: its first `from` tokens stay. */
export interface Continuation {
  readonly from: number
  readonly ids: readonly number[]
  /** Indexes into `ids` at which scores are read. */
  readonly readouts: readonly number[]
}

/** What a reward model is given, piece by piece as a search grows. */
export interface StepReader {
  /** Whether there is one score for a whole response, at its end. */
  readonly wholes: boolean
  /** Tokens that every response to the prompt begins with. */
  open(prompt: Prompt): readonly number[]
  /**
   * The tokens of further steps, one score each.
   * @param room tokens that fit behind those executed
   */
  continue(history: StepHistory, steps: readonly string[], room: number): readonly Continuation[]
  /** The whole sequence as the model was trained to see it, what closes it included. */
  write(prompt: Prompt, steps: readonly string[]): WrittenSteps
}

/**
 * Steps as policies write them: prompt and steps are tokenized each on its own, which for vocabularies of characters is the
 * same as tokenizing the whole text; subword vocabularies must not merge over the end of a step for that to hold.
 */
export function stepEndReader(
  prompts: PromptWriter,
  tokenizer: Tokenizer,
  scoreAt: string,
  contextLength: number,
): StepReader {
  return {
    wholes: false,
    open: (prompt) => prompts(prompt).ids,
    continue: ({ ids: known }, steps, room) => [{ from: known.length, ...placeSteps(tokenizer, scoreAt, steps, room) }],
    write: (prompt, steps) => {
      const { ids } = prompts(prompt)
      const placed = placeSteps(tokenizer, scoreAt, steps, contextLength - ids.length)
      return { ids: [...ids, ...placed.ids], positions: placed.readouts.map((at) => ids.length + at) }
    },
  }
}

/**
 * Steps as another reading writes them. A sequence is written anew with each step, and goes on from what both have in
 * common: what closed it before, and a token that merged with what came behind it, are read again.
 * @param wholes whether a score is read at the end of all, so that each further step makes another sequence
 */
export function writtenReader(write: StepWriter, wholes: boolean): StepReader {
  return {
    wholes,
    open: (prompt) => {
      const problem = problemText(prompt)
      const [one, other] = [write(problem, ['a'], 1).ids, write(problem, ['0'], 1).ids]
      return one.slice(0, commonLength(one, other))
    },
    continue: ({ prompt, steps: before, ids }, steps) => {
      const problem = problemText(prompt)
      if (steps.length === 0) return []
      if (!wholes) return [goOn(ids, write(problem, [...before, ...steps], before.length))]
      let known = ids
      return steps.map((_, index) => {
        const written = write(problem, [...before, ...steps.slice(0, index + 1)])
        const next = goOn(known, written)
        known = written.ids
        return next
      })
    },
    write: (prompt, steps) => write(problemText(prompt), steps),
  }
}

/** The problem as people read it, which is what models of other projects were trained on. */
function problemText(prompt: Prompt): string {
  return typeof prompt === 'string' ? prompt : prompt.question
}

/** Nothing behind the last score is run: no score depends on it. */
function goOn(known: readonly number[], { ids, positions }: WrittenSteps): Continuation {
  const first = positions[0] ?? ids.length
  const from = Math.min(commonLength(known, ids), first)
  const end = (positions.at(-1) ?? ids.length - 1) + 1
  return { from, ids: ids.slice(from, end), readouts: positions.map((position) => position - from) }
}
