import { z } from 'zod'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import { readJsonText } from '../../core/json.ts'
import { parseWith } from '../../formats/parse.ts'
import { withNames } from '../../formats/training-names.ts'
import { recipeSchema } from '../../formats/training-recipe.ts'
import type { ModelSource } from '../sources/registry.ts'
import type { RunFolder } from './run-folders.ts'

const choiceSchema = z.object({
  // Earlier versions called a folder `local`; a kind that this version does not have is told when its model is used.
  kind: z.string().transform((kind) => (kind === 'local' ? 'folder' : kind) as ModelSource['kind']),
  id: z.string(),
  name: z.string(),
})

const count = z.int().nonnegative()

/** What is noted of a run, beside the files that it goes on from. */
const recordSchema = z.object({
  version: z.literal(1),
  id: z.string().min(1),
  title: z.string(),
  recipe: recipeSchema,
  /** The models that the recipe names, as they are offered in the page. */
  models: z.object({
    model: choiceSchema,
    reference: choiceSchema.nullable(),
    rewardModel: choiceSchema.nullable(),
  }),
  /** The run and save that it branched from. */
  parent: z.object({ id: z.string(), title: z.string(), step: count }).nullable(),
  estimate: z
    .object({
      bytes: z.record(z.string(), z.number()),
      tokensPerStep: z.number(),
      flopsPerStep: z.number(),
      dataFlops: z.number().default(0),
    })
    .nullable(),
  dataFile: z.string().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** `running` where its worker did not live to write the end. */
  status: z.enum(['running', 'finished', 'stopped', 'failed']),
  step: count,
  /** The last save; null before the first. */
  savedStep: count.nullable(),
})

export type TrainingRecord = z.infer<typeof recordSchema>

const RECORD_FILE = 'run.json'
const encoder = new TextEncoder()

export function writeRecord(notes: RunFolder, record: TrainingRecord): Promise<void> {
  return notes.write(RECORD_FILE, encoder.encode(JSON.stringify(record, null, 1)))
}

/** @throws StepscopeError `bad-file` where it is not there or cannot be read */
export async function readRecord(notes: RunFolder): Promise<TrainingRecord> {
  const bytes = await notes.read(RECORD_FILE)
  const file = `${notes.name}/${RECORD_FILE}`
  try {
    const text = new TextDecoder().decode(bytes ?? new Uint8Array(0))
    return withNames(parseWith(recordSchema, readJsonText(text, { place: { file } }), file))
  } catch (cause) {
    const details = toErrorDetails(cause)
    const message = `What was noted of the training run cannot be read: ${details.message}`
    throw new StepscopeError({ ...details, code: 'bad-file', message, nextStep: 'Delete the run.' }, { cause })
  }
}
