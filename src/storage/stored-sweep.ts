import { z } from 'zod'

/** `running` and `paused` are claims of the tab that owns the sweep; without that tab it is interrupted. */
const SWEEP_STATUSES = ['running', 'paused', 'interrupted', 'finished', 'cancelled', 'failed'] as const
export type StoredSweepStatus = (typeof SWEEP_STATUSES)[number]

/** A sweep without its results. */
export interface StoredSweep {
  readonly id: string
  readonly title: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly status: StoredSweepStatus
  /** As it was started; read by the schema of its format. */
  readonly config: unknown
  /** The problems, as the task writes them. */
  readonly problems: readonly Readonly<Record<string, unknown>>[]
  /** Models of the config's pairs, as the page chose them. */
  readonly models: readonly unknown[]
  /** Results that there will be in all. */
  readonly total: number
  /** Results that are kept. */
  readonly count: number
  /** Of them, those that are errors. */
  readonly errors: number
  /** Seconds that it was under way. */
  readonly seconds: number
  /** What was executed for all of it; null while nothing is known. */
  readonly ledger: unknown
  /** Why it failed. */
  readonly error: unknown
  /** Tab that makes its results. */
  readonly owner: string | null
  /** Removed by the person; kept until the next start, for undo. */
  readonly removed: boolean
  /** Tab that can undo the removal. */
  readonly removedBy: string | null
}

/** Results `first` … `first + results.length − 1` of a sweep, as they came. */
export interface ResultChunk {
  readonly sweep: string
  readonly first: number
  readonly results: readonly unknown[]
}

const count = z.int().nonnegative()

export const storedSweepSchema = z.object({
  id: z.string(),
  title: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  status: z.enum(SWEEP_STATUSES),
  config: z.unknown(),
  problems: z.array(z.record(z.string(), z.unknown())),
  models: z.array(z.unknown()),
  total: count,
  count,
  errors: count,
  seconds: z.number().nonnegative(),
  ledger: z.unknown(),
  error: z.unknown(),
  owner: z.string().nullable(),
  removed: z.boolean(),
  removedBy: z.string().nullable(),
}) satisfies z.ZodType<StoredSweep>
