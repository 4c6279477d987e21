import { z } from 'zod'
import type { StatedManifest } from '../search/manifest.ts'
import { MODEL_ROLES, PROMPT_FORMS } from '../search/manifest.ts'
import { AGGREGATIONS } from '../search/models.ts'
import { ACTIVATIONS, BOS_RULES, READ_PLACES, READING_IDS, READING_INPUTS } from '../search/reading.ts'

const reading = z.object({
  id: z.enum(READING_IDS).exactOptional(),
  input: z.enum(READING_INPUTS).exactOptional(),
  bos: z.enum(BOS_RULES).exactOptional(),
  afterProblem: z.string().exactOptional(),
  beforeStep: z.string().exactOptional(),
  scoreAt: z.string().exactOptional(),
  betweenSteps: z.string().exactOptional(),
  trimsSteps: z.boolean().exactOptional(),
  answer: z.string().exactOptional(),
  readAt: z.enum(READ_PLACES).exactOptional(),
  activation: z.enum(ACTIVATIONS).exactOptional(),
  candidates: z.tuple([z.string(), z.string()]).nullable().exactOptional(),
  beta: z.number().positive().nullable().exactOptional(),
  reference: z.string().nullable().exactOptional(),
  aggregation: z.enum(AGGREGATIONS).exactOptional(),
})

const fields = z.object({
  role: z.enum(MODEL_ROLES).exactOptional(),
  task: z.string().exactOptional(),
  stepEnds: z.array(z.string()).min(1).exactOptional(),
  reading: reading.exactOptional(),
  prompt: z.enum(PROMPT_FORMS).exactOptional(),
  system: z.string().exactOptional(),
})

/** Fields as they are kept beside a model in this browser; those of earlier versions, which had one step end and no group for the reading, too. */
export const storedManifestSchema: z.ZodType<StatedManifest> = z.preprocess(fromEarlier, fields)

function fromEarlier(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { stepEnd, scoreAt, activation, aggregation, ...rest } = value as Record<string, unknown>
  const read = Object.entries({ scoreAt, activation, aggregation }).filter(([, part]) => part !== undefined)
  return {
    ...(stepEnd === undefined ? {} : { stepEnds: [stepEnd] }),
    ...(read.length === 0 ? {} : { reading: Object.fromEntries(read) }),
    ...rest,
  }
}
