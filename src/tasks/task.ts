import type { Split } from './split.ts'

/** A step judged by the task's rules. */
export interface StepVerdict {
  readonly valid: boolean
  /** One sentence, e.g. `9 + 4 is 13, not 15`; what the step does where it is valid. */
  readonly message: string
}

/** The exact label of a prefix: is every step valid, and can a right answer still be reached? */
export interface ExactLabel {
  readonly valid: boolean
  readonly reachable: boolean
  /** 1 where valid and reachable (or correctly answered), else 0. */
  readonly label: 0 | 1
  readonly message: string
}

export interface ResponseVerdict {
  /** Canonical answer, or null where there is none. */
  readonly answer: string | null
  /** Null where it cannot be known: the problem has no gold answer, and the task no way to check without one. */
  readonly correct: boolean | null
  /** What the response counts for in a vote; null where it has no vote. See `Task.votesOver`. */
  readonly vote: string | null
  /** One sentence on what is right or wrong, or on how the answer was read. */
  readonly explanation: string
  /** One for each step, where the task has a grammar of steps; else empty. */
  readonly steps: readonly StepVerdict[]
}

export interface Difficulty {
  readonly id: string
  readonly name: string
  readonly description: string
}

/** Random problems, seeded: the same seed and difficulty give the same problem. */
export interface ProblemGenerator<Problem> {
  readonly difficulties: readonly Difficulty[]
  /** Those that training takes where a recipe names none; all where not given. */
  readonly usual?: readonly string[]
  generate(seed: number, difficulty: string): Problem
  /** Problems that differ only in what a model could carry over are in the same split. */
  split(problem: Problem): Split
}

/** Training data without a model. */
export interface Traces<Problem> {
  /** Steps of a solution, drawn by the seed, each with its step end; null where the problem has none. */
  demonstrate(problem: Problem, seed: number): readonly string[] | null
  /** Steps of an attempt with the mistakes that models make, drawn by the seed; exact labels come from `label`. */
  attempt(problem: Problem, seed: number): readonly string[]
}

export interface StepGrammar {
  /** What a step is by the grammar, be it right or wrong; null where it is neither a step nor an answer. */
  kind(step: string): 'step' | 'answer' | null
}

/** How the task's problems look as one-file notation for models trained on it (the bundled ones). */
export interface Notation<Problem> {
  /** The prompt, its end included, e.g. `Q 3 5 7 2 > 24\n`. */
  prompt(problem: Problem): string
}

/** What is put into a response to make it longer, or to end it. */
export interface Forcing {
  /** The step that stands for “Wait”, without its end. */
  readonly wait: string
  /** The beginning of an answer, which the model completes. */
  readonly answerMarker: string
  /** Where the models that come with the app never saw such a step: one sentence that says so. */
  readonly remark?: string
}

/** What a chat model is told and a base model is shown. */
export interface Instructions {
  /** Default system message of chat models; '' for none. */
  readonly system: string
  /** Worked examples for plain completion: question and response, in the form that `answer` reads. */
  readonly examples: readonly { readonly question: string; readonly response: string }[]
}

/**
 * One kind of problem. Pure functions. Optional members are capabilities: each switches parts of the interface on by
 * its presence; nothing outside asks for a task by its id.
 */
export interface Task<Problem> {
  readonly id: string
  readonly name: string
  /** One sentence for the picker. */
  readonly description: string
  readonly example: string
  /** What a person types. Throws a StepscopeError `bad-problem` that says what was expected and found. */
  parse(text: string): Problem
  /** The inverse of `parse`: what is shown in a field. Never has the gold answer where that is hidden. */
  format(problem: Problem): string
  /** Reads a problem from a data row's object; fields that other tools use too. Throws as `parse`. */
  readFields(value: unknown): Problem
  /** The inverse of `readFields`: plain data, the gold answer included where there is one. */
  fields(problem: Problem): Readonly<Record<string, unknown>>
  /** What a person reads and a chat model is asked. Never has the gold answer. */
  question(problem: Problem): string
  /** The canonical gold answer, which no prompt ever shows; null where it is unknown, or where many answers are right. */
  gold(problem: Problem): string | null
  /** The problem with another gold answer (null: unknown), where a person may give one; null where the problem fixes it. */
  readonly withGold: ((problem: Problem, gold: string | null) => Problem) | null
  readonly instructions: Instructions
  /** Does the last of these steps end the response? */
  isFinal(steps: readonly string[]): boolean
  /** Canonical answer of a response, or null where it has none. */
  answer(steps: readonly string[]): string | null
  verify(problem: Problem, steps: readonly string[]): ResponseVerdict
  /**
   * What a response does, in a few sentences: only what its steps say, in their order, be it right or wrong. A step that the task
   * cannot read is quoted.
   * @param steps each with its step end
   */
  summarize(steps: readonly string[]): readonly string[]
  /** One sentence: what votes are over, and which responses have one. */
  readonly votesOver: string
  /** What should be known of a problem before it is run, one sentence each. */
  remarks(problem: Problem): readonly string[]

  readonly notation?: Notation<Problem>
  readonly generator?: ProblemGenerator<Problem>
  /** Exact label of the prefix made of these steps. */
  readonly label?: (problem: Problem, steps: readonly string[]) => ExactLabel
  readonly traces?: Traces<Problem>
  /** A check of a response without the gold answer, which may stop a search early. */
  readonly accepts?: (problem: Problem, steps: readonly string[]) => boolean
  readonly grammar?: StepGrammar
  /** Another way to write a step that means the same, by a rule; null where there is none. The step without its step end. */
  readonly paraphrase?: (step: string) => string | null
  /** What budget forcing puts into a response. */
  readonly forcing?: Forcing
}
