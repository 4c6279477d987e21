import { z } from 'zod'
import { recipeSchema } from '../../formats/training-recipe.ts'
import type { TrainingEntry } from '../protocol.ts'
import type { RunFolder } from './run-folders.ts'

const count = z.int().nonnegative()
const numbers = z.record(z.string(), z.number())

const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('started'),
    recipe: recipeSchema,
    step: count,
    trainedWeights: z.number(),
    adapter: z.string(),
    bytes: numbers,
    history: z.array(z.object({ step: count, metrics: numbers })),
  }),
  z.object({ type: z.literal('skipped'), step: count, reason: z.string(), from: count }),
  z.object({ type: z.literal('phase'), name: z.string(), done: z.number(), total: z.number() }),
  z.object({
    type: z.literal('step'),
    step: count,
    metrics: numbers,
    learningRate: z.number(),
    tokens: z.number(),
    seconds: z.number(),
  }),
  z.object({
    type: z.literal('evaluated'),
    step: count,
    metrics: numbers,
    samples: z.array(z.object({ problem: z.string(), response: z.string(), correct: z.boolean().nullable() })),
  }),
  z.object({ type: z.literal('saved'), step: count }),
  z.object({ type: z.literal('finished'), step: count }),
  z.object({
    type: z.literal('ended'),
    status: z.enum(['finished', 'stopped', 'failed']),
    error: z.looseObject({ code: z.string(), message: z.string() }).exactOptional(),
  }),
])

const entrySchema = z.object({ at: z.string(), event: eventSchema })

const LOG_FILE = 'log.jsonl'
const encoder = new TextEncoder()

export function appendEntries(notes: RunFolder, entries: readonly TrainingEntry[]): Promise<void> {
  // The line end stands first as well: what is added after a cut line is a line of its own.
  return notes.append(LOG_FILE, encoder.encode(`\n${entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')}`))
}

/** Everything that a run told. Lines that a crash cut short are passed over. */
export async function readEntries(notes: RunFolder): Promise<TrainingEntry[]> {
  const bytes = await notes.read(LOG_FILE)
  const entries: TrainingEntry[] = []
  for (const line of new TextDecoder().decode(bytes ?? new Uint8Array(0)).split('\n')) {
    if (line === '') continue
    const entry = readEntry(line)
    if (entry) entries.push(entry)
  }
  return entries
}

function readEntry(line: string): TrainingEntry | null {
  try {
    return entrySchema.parse(JSON.parse(line)) as TrainingEntry
  } catch {
    return null
  }
}
