import { z } from 'zod'
import type { ErrorCode, ErrorPlace } from './errors.ts'
import { StepscopeError } from './errors.ts'

/** Whole numbers that may be believed before a loop or an allocation depends on them; both ends included. */
export interface Bound {
  readonly min: number
  readonly max: number
}

/** Above what is of use, and below what a loop over it, or memory for it, would do to a tab or a process. */
export const BOUNDS = {
  /** A 32-bit word; every seed of ours is one. */
  seed: { min: 0, max: 2 ** 32 - 1 },

  // Checkpoints. Where tensors are there, shapes are compared with them, too.
  layers: { min: 1, max: 1024 },
  /** Hidden and intermediate sizes. */
  width: { min: 1, max: 2 ** 20 },
  heads: { min: 1, max: 4096 },
  headDim: { min: 1, max: 4096 },
  vocabulary: { min: 1, max: 2 ** 22 },
  tokenId: { min: 0, max: 2 ** 22 - 1 },
  positions: { min: 1, max: 2 ** 27 },
  labels: { min: 1, max: 65_536 },

  // Sets of problems, data files and what is sampled from them.
  problems: { min: 1, max: 1_000_000 },
  /** Of a file that a person chooses from in the page. */
  listedProblems: { min: 1, max: 100_000 },
  /** Of a problem's line in a file, in characters. */
  problemLine: { min: 1, max: 1_000_000 },
  /** Of a question in words, in characters. */
  questionLength: { min: 1, max: 20_000 },
  /** Of an answer or a regular expression that a person gives, in characters. */
  answerLength: { min: 1, max: 1000 },
  /** Of the problems, those that a model in training is looked at with. */
  heldOutProblems: { min: 0, max: 10_000 },
  /** Responses, completions or rollouts of one problem. */
  samples: { min: 1, max: 1024 },
  responseSteps: { min: 1, max: 1000 },
  stepTokens: { min: 1, max: 4096 },
  /** Problems worked on at the same time. */
  concurrency: { min: 1, max: 1024 },
  /** Rows that one problem may give, and searches for its first wrong steps. */
  rowsOfProblem: { min: 1, max: 1_000_000 },
  /** Completions that one problem may take. */
  completions: { min: 1, max: 1_000_000_000 },
  threads: { min: 1, max: 256 },
  /** MiB of keys and values. */
  cacheMebibytes: { min: 1, max: 65_536 },

  // Training.
  trainingSteps: { min: 1, max: 10_000_000 },
  batch: { min: 1, max: 65_536 },
  passTokens: { min: 1, max: 2 ** 20 },
  passes: { min: 1, max: 1000 },

  // Runs and texts.
  events: { min: 0, max: 2 ** 31 - 1 },
  /** Nodes of a tree: fewer than events. */
  node: { min: 0, max: 2 ** 31 - 1 },
  /** Lists and objects inside each other in a JSON text. */
  jsonDepth: { min: 0, max: 512 },
} as const satisfies Readonly<Record<string, Bound>>

/** `a whole number from 1 to 1024`. */
export function describeBound({ min, max }: Bound): string {
  return `a whole number from ${min} to ${max}`
}

/** Whether a value is a whole number within the bound. */
export function isWithin({ min, max }: Bound, value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}

/**
 * The value, where it is within the bound; call it before the loop.
 * @throws StepscopeError with the place, the range and what was found
 */
export function checkBound(bound: Bound, value: unknown, place: ErrorPlace, code: ErrorCode = 'bad-setting'): number {
  if (isWithin(bound, value)) return value
  throw new StepscopeError({
    code,
    message: 'The number is out of range',
    expected: describeBound(bound),
    found: typeof value === 'number' ? String(value) : (JSON.stringify(value)?.slice(0, 60) ?? 'nothing'),
    place,
  })
}

/** A whole number within the bound, as a schema. */
export function bounded(bound: Bound): z.ZodNumber {
  const error = `Expected ${describeBound(bound)}`
  return z.number({ error }).int({ error }).min(bound.min, { error }).max(bound.max, { error })
}
