import { z } from 'zod'

/** Problems that a person named and keeps. */
export interface StoredProblemSet {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly task: string
  /** Where they come from, for a person: a file's name, or what was generated. */
  readonly origin: string
  /** SHA-256 of the problems, as sweeps name them. */
  readonly hash: string
  /** As the task writes them, one object each, in order. */
  readonly problems: readonly Readonly<Record<string, unknown>>[]
  /** Removed by the person; kept until the next start, for undo. */
  readonly removed: boolean
  /** Tab that can undo the removal. */
  readonly removedBy: string | null
}

export const storedProblemSetSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  task: z.string(),
  origin: z.string(),
  hash: z.string(),
  problems: z.array(z.record(z.string(), z.unknown())),
  removed: z.boolean(),
  removedBy: z.string().nullable(),
}) satisfies z.ZodType<StoredProblemSet>
