import { z } from 'zod'
import { runSetupSchema } from '../formats/event-schema.ts'
import { parseWith } from '../formats/parse.ts'
import type { RunFile, RunFileStatus } from '../formats/run-file.ts'
import { measuredSchema, modelsSchema, parentSchema } from '../formats/run-file.ts'

/** `running` and `paused` are claims of the tab that owns the run; without that tab it is interrupted. */
export type StoredStatus = RunFileStatus | 'running' | 'paused'

/** `completions`: made to estimate a step's worth, rather than as a search of its own. */
export type RunPurpose = 'search' | 'completions'

/** A saved run without its events. */
export interface StoredRun {
  readonly id: string
  readonly title: string
  readonly purpose: RunPurpose
  readonly createdAt: string
  readonly updatedAt: string
  readonly status: StoredStatus
  readonly setup: RunFile['setup']
  readonly models: RunFile['models']
  readonly measured: RunFile['measured']
  readonly parent: RunFile['parent']
  readonly selected: RunFile['selected']
  readonly eventCount: number
  /** Of the last event, where it ends the run. */
  readonly answer: string | null
  readonly correct: boolean | null
  /** Tab that makes its events. */
  readonly owner: string | null
  /** Removed by the person; kept until the next start, for undo. */
  readonly removed: boolean
  /** Tab that can undo the removal. */
  readonly removedBy?: string | null | undefined
}

const count = z.int().nonnegative()

const storedRunSchema = z.object({
  id: z.string(),
  title: z.string(),
  // Records of earlier versions lack it.
  purpose: z.enum(['search', 'completions']).default('search'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  status: z.enum(['finished', 'cancelled', 'failed', 'interrupted', 'running', 'paused']),
  setup: runSetupSchema,
  models: modelsSchema.nullable(),
  measured: measuredSchema,
  parent: parentSchema.nullable(),
  selected: z.object({ event: count, node: count.nullable() }).nullable(),
  eventCount: count,
  answer: z.string().nullable(),
  correct: z.boolean().nullable(),
  owner: z.string().nullable(),
  removed: z.boolean(),
  removedBy: z.string().nullable().optional(),
}) satisfies z.ZodType<StoredRun>

/** Throws a StepscopeError `bad-file` where a record was written by something else. */
export function readStoredRun(value: unknown): StoredRun {
  return parseWith(storedRunSchema, value, 'saved runs of this browser')
}
