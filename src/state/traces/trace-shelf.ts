import type { StoredTrace } from '../../storage/stored-traces.ts'
import type { TraceChunk } from '../../storage/trace-storage.ts'
import type { Saving } from '../session/saving.ts'
import type { Trace } from './traces-state.ts'

/** Whole traces with their rows: in the browser's storage, and in this page where that has no room or is refused. */
export class TraceShelf {
  private readonly saving: Saving
  /** By set; of a set some chunks may be here and others in storage. */
  private readonly unsaved = new Map<string, TraceChunk[]>()

  constructor(saving: Saving) {
    this.saving = saving
  }

  async write(chunk: TraceChunk): Promise<void> {
    const saved = await this.saving.attempt(
      async (storage) => {
        await storage.traces.writeChunk(chunk)
        return true
      },
      { once: true },
    )
    if (saved) return
    const own = this.unsaved.get(chunk.set)
    if (own) own.push(chunk)
    else this.unsaved.set(chunk.set, [chunk])
  }

  /** All traces of a set, chunk by chunk, in order. */
  async *read(set: string): AsyncGenerator<TraceChunk, void> {
    const here = [...(this.unsaved.get(set) ?? [])]
    const opened = await this.saving.attempt((storage) => Promise.resolve(storage.traces.readChunks(set)))
    for await (const chunk of opened ?? []) {
      while (here[0] !== undefined && here[0].first < chunk.first) yield here.shift() as TraceChunk
      yield chunk
    }
    yield* here
  }

  async delete(set: string): Promise<void> {
    this.unsaved.delete(set)
    await this.saving.attempt((storage) => storage.traces.deleteSets([set]))
  }
}

/** A trace as the page holds it. */
export function heldTrace(set: string, index: number, stored: StoredTrace): Trace {
  const { origin, ...rest } = stored
  const { row: _, ...place } = origin
  return { ...rest, origin: place, key: `${set}/${index}`, set, index }
}

/** About how many bytes a held trace takes: two a character where any is beyond Latin 1, else one, and its objects. */
export function bytesOf({ problem, steps, labels, exact, scores }: Trace): number {
  const text = (value: string) => (isLatin(value) ? 1 : 2) * value.length + 16
  const numbers = (labels?.length ?? 0) + (exact?.length ?? 0) + (scores?.length ?? 0)
  return 400 + text(problem) + steps.reduce((sum, step) => sum + text(step), 0) + 8 * numbers
}

/** As engines keep texts: one byte a character only where all fit. */
function isLatin(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 255) return false
  return true
}
