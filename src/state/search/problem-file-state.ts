import type { StreamedFile } from '../../core/chosen-file.ts'
import type { ErrorDetails } from '../../core/errors.ts'

/** A problem of a file, as it is listed and chosen. */
export interface ListedProblem {
  /** Its line in the file, from 1. */
  readonly line: number
  /** As a person would type it; never has a gold answer. */
  readonly text: string
  /** Gold answer; '' where it is not known, or where the problem fixes it. */
  readonly gold: string
}

export interface ProblemFile {
  readonly name: string
  readonly problems: readonly ListedProblem[]
}

/** Files of problems that a person gave, one for each task; the browser keeps them. */
export interface ProblemFilesState {
  /** By task. */
  readonly files: Readonly<Record<string, ProblemFile>>
  /** The file that is being read, and how many problems were found so far. */
  readonly reading: { readonly task: string; readonly name: string; readonly count: number } | null
  /** Why the last file of a task was refused. */
  readonly error: { readonly task: string; readonly details: ErrorDetails } | null
}

export interface ProblemFilesActions {
  /** Reads a file for a task; it takes the place of the task's last one once it is read whole. */
  open(task: string, file: StreamedFile): Promise<void>
  /** Ends the reading. */
  cancel(): void
  /** Forgets a task's file; it can be undone. */
  remove(task: string): void
  dismissError(): void
}
