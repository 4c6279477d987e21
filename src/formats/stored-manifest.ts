import { z } from 'zod'
import type { StatedManifest } from '../search/manifest.ts'
import { MODEL_ROLES, PROMPT_FORMS } from '../search/manifest.ts'
import { AGGREGATIONS } from '../search/models.ts'

const reading = z.object({
  scoreAt: z.string().exactOptional(),
  activation: z.enum(['sigmoid', 'softmax']).exactOptional(),
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
