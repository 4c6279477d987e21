import type { Split } from './split.ts'

/** A line of reasoning judged by the task's rules. */
export interface StepVerdict {
  readonly valid: boolean
  /** One sentence, e.g. `9 + 4 is 13, not 15`; what the step does where it is valid. */
  readonly message: string
}

/** The exact label of a prefix: is every step valid, and can the target still be reached? */
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
  readonly correct: boolean
  /** What the response counts for in a vote; null where it has no vote. See `Task.votesOver`. */
  readonly vote: string | null
  readonly explanation: string
  readonly steps: readonly StepVerdict[]
}

/** One kind of problem: generator, prompt, step grammar, verifier and exact labels. Pure functions. */
export interface Task<Problem> {
  readonly id: string
  readonly name: string
  /** One sentence for the picker. */
  readonly description: string
  readonly example: string
  readonly difficulties: readonly { readonly id: string; readonly name: string; readonly description: string }[]
  /** Seeded: the same seed and difficulty give the same problem. */
  generate(seed: number, difficulty: string): Problem
  /** Throws a StepscopeError `bad-problem` that says what was expected and found. */
  parse(text: string): Problem
  /** Reads a problem from a data file's object, e.g. `{ "numbers": [3, 5, 7, 2], "target": 24 }`. Throws as `parse`. */
  readFields(value: unknown): Problem
  /** The inverse of `readFields`: plain data. */
  fields(problem: Problem): Readonly<Record<string, unknown>>
  format(problem: Problem): string
  prompt(problem: Problem): string
  /** Whether it has a solution, exactly. */
  solvable(problem: Problem): boolean
  /** A remark on a problem the bundled model was not trained for, or null. */
  outOfRange(problem: Problem): string | null
  /** One sentence: what votes are over, and which responses have one. */
  readonly votesOver: string
  /** Problems that differ only in what a model could carry over are in the same split. */
  split(problem: Problem): Split
  /** What a line is by the task's grammar, be it right or wrong; null where it is neither a step nor an answer. */
  lineKind(line: string): 'step' | 'answer' | null
  /** Does this line end the response? */
  isFinal(step: string): boolean
  verify(problem: Problem, steps: readonly string[]): ResponseVerdict
  /** Label of the prefix made of these steps. */
  label(problem: Problem, steps: readonly string[]): ExactLabel
  /** Steps of a solution, drawn by the seed, each with its step end; null where the problem has none. */
  demonstrate(problem: Problem, seed: number): readonly string[] | null
  /** Steps of an attempt with the mistakes that models make, drawn by the seed; exact labels come from `label`. */
  attempt(problem: Problem, seed: number): readonly string[]
  /** A check of a response without the gold answer, which may stop a search early; null where the task has none. */
  accepts: ((problem: Problem, steps: readonly string[]) => boolean) | null
}
