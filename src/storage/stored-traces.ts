import type { ErrorDetails } from '../core/errors.ts'
import type { StepLabel, Trace } from '../formats/traces/trace.ts'

/** A trace as it is kept: whole, its row of a file included, so that it is written again as it came. */
export interface StoredTrace extends Trace {
  /** The problem as a task knows it; null: models are given its text as it is. */
  readonly asked: AskedProblem | null
  /** The task's exact label of each step; null where it has none. */
  readonly exact: readonly (0 | 1)[] | null
}

/** What says which problem of which task it is; without fields the text is read. */
export interface AskedProblem {
  readonly task: string
  readonly problem: string
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** Where the traces of a set are from. */
export const TRACE_SOURCES = ['file', 'text', 'run', 'sampled'] as const
export type TraceSource = (typeof TRACE_SOURCES)[number]

/** Traces that came together: a file's, a run's, a text's, or sampled ones. */
export interface TraceSet {
  readonly id: string
  /** For people: the file's name, or the run's. */
  readonly name: string
  readonly source: TraceSource
  /** Names of the kinds of rows, as people call them. */
  readonly formats: readonly string[]
  readonly count: number
  /** Rows that were left out. */
  readonly left: number
  /** ISO 8601, UTC. */
  readonly createdAt: string
  /** Taken away by the person; kept until the next start, for undo. */
  readonly removed?: boolean
}

/** Kinds of labels that are made here; those of files and tasks stand in the traces themselves. */
export const MADE_LABEL_KINDS = ['human', 'monte-carlo'] as const
export type MadeLabelKind = (typeof MADE_LABEL_KINDS)[number]

/** Completions from the prefix that ends in a step, and how many of them were right. */
export interface StepRuns {
  readonly right: number
  readonly runs: number
}

/** What a person, or completions, say of one trace. */
export interface MadeLabels {
  readonly set: string
  /** Place in the set, from 0. */
  readonly index: number
  readonly kind: MadeLabelKind
  /** One for each step; null where nobody said. */
  readonly steps: readonly StepLabel[]
  /** First wrong step from 0, −1 where none is; null where it is not known. */
  readonly firstError: number | null
  /** Of Monte Carlo labels, one for each step; null where no completions were drawn. */
  readonly runs: readonly (StepRuns | null)[] | null
  /** Who completed, by id and hash; null for people. */
  readonly policy: { readonly id: string; readonly hash: string } | null
  /** ISO 8601, UTC. */
  readonly at: string
}

/** A reward model as it was read: other weights or another reading are another scorer. */
export interface Scorer {
  /** Of the model's hash and its reading. */
  readonly key: string
  /** The model as it can be chosen. */
  readonly model: { readonly kind: string; readonly id: string; readonly name: string }
  /** First 16 hex digits of the SHA-256 of weights and config. */
  readonly hash: string
  /** How it is read, for people. */
  readonly reading: string
  readonly kind: 'process' | 'outcome'
  readonly aggregation: string
  /** When it was first used here; ISO 8601, UTC. */
  readonly createdAt: string
  /** Why the last trace that it could not score has no scores. */
  readonly failure?: ErrorDetails
}

/** Scores of one scorer for traces `first` … `first + scores.length − 1` of a set. */
export interface ScoreChunk {
  readonly scorer: string
  readonly set: string
  readonly first: number
  /** One list for each trace, in [0, 1], one score for each step; empty where the trace cannot be scored. */
  readonly scores: readonly (readonly number[])[]
}
