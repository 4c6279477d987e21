import type { z } from 'zod'

/** Of one step: how likely it is right (1: right, 0: wrong), “neutral”, or null where nobody said. */
export type StepLabel = number | 'neutral' | null

/** A response to a problem, step by step, with what a file says of it. Plain data. */
export interface Trace {
  readonly id: string | null
  readonly problem: string
  /** Without their step ends. */
  readonly steps: readonly string[]
  /** One for each step; null where the file has none. */
  readonly labels: readonly StepLabel[] | null
  /** First wrong step from 0, −1 where none is; null where it is not known. Steps behind it have no meaning of their own. */
  readonly firstError: number | null
  /** The problem's gold answer. */
  readonly answer: string | null
  /** Whether the response's final answer is right. */
  readonly correct: boolean | null
  /** The part of a data set that it belongs to. */
  readonly subset: string | null
  /** What wrote the response. */
  readonly generator: string | null
  /** Of the file's own reward model, one for each step. */
  readonly scores: readonly number[] | null
  readonly origin: TraceOrigin
}

/** Where a trace was read: the whole row, so that it is written again as it came, what is not understood included. */
export interface TraceOrigin {
  readonly format: string
  /** From 1. */
  readonly line: number
  readonly row: unknown
  /** Which of the row's traces it is, from 0. */
  readonly index: number
}

/** What a format makes of a row; the rest of a trace is not known. */
export type ReadTrace = Pick<Trace, 'problem' | 'steps'> & Partial<Omit<Trace, 'origin'>>

/** Rows of one kind of file. */
export interface TraceFormat<Row = unknown> {
  readonly id: string
  /** For people. */
  readonly name: string
  /** Ends “Write every line as …”. */
  readonly example: string
  readonly schema: z.ZodType<Row>
  /** Whether a row of an unknown file is meant as one of these, right or not: by the names of its fields. */
  recognizes(row: Readonly<Record<string, unknown>>): boolean
  /** @param row as the schema gives it @throws StepscopeError with the field that is wrong */
  read(row: Row): readonly ReadTrace[]
  /**
   * Traces of one row, as a row. Where they came from this format, `before` is that row: what of it did not change stays. Null
   * where the format cannot hold them; absent where it cannot be written.
   */
  write?(traces: readonly Trace[], before: Readonly<Record<string, unknown>> | null): object | null
}

/** First wrong step by labels that are all known and hard; null else. */
export function firstErrorOf(labels: readonly StepLabel[] | null): number | null {
  if (labels === null) return null
  const first = labels.indexOf(0)
  const known = first < 0 ? labels : labels.slice(0, first)
  return known.every((label) => label === 1 || label === 'neutral') ? first : null
}
