import type { ErrorDetails } from '../../core/errors.ts'
import { toErrorDetails } from '../../core/errors.ts'
import { pushAll } from '../../core/push-all.ts'
import type { StoredTrace, TraceSet } from '../../storage/stored-traces.ts'
import type { WorkerClient } from '../../worker/client.ts'
import { ASKED } from '../../worker/client.ts'
import type { TaskTrace } from '../../worker/protocol.ts'
import type { SliceContext } from '../slice-context.ts'
import type { TraceShelf } from './trace-shelf.ts'
import type { HeldFile, SampleRequest, TracesActions, TracesState } from './traces-state.ts'

/** Of rows that cannot be read, so many are listed; all are counted. */
const LISTED_BAD = 50
/** Traces sampled in one call: enough to fill the engine's batches, few enough to see it go on. */
const SAMPLED_TOGETHER = 32

/** What reading and sampling need of the rest of the room. */
export interface TraceFilesDeps {
  readonly context: SliceContext
  readonly shelf: TraceShelf
  patch(change: Partial<TracesState>): void
  /** Takes over a set that is on the shelf. */
  add(set: TraceSet, traces: readonly StoredTrace[]): Promise<void>
  ensureModels(): Promise<boolean>
}

export type TraceFiles = Pick<TracesActions, 'openFile' | 'cancelReading' | 'decide' | 'sample'> & {
  /** Traces that are there already, as one set. */
  put(set: Pick<TraceSet, 'name' | 'source' | 'formats'>, traces: readonly StoredTrace[]): Promise<void>
  dispose(): void
}

/** Traces on their way into the room: read from files in the worker page by page, or sampled by the policy. */
export function createTraceFiles({ context, shelf, patch, add, ensureModels }: TraceFilesDeps): TraceFiles {
  const { get, deps } = context
  let reading: AbortController | null = null
  let held: { readonly file: HeldFile; readonly traces: readonly StoredTrace[] } | null = null

  const newSet = (set: Pick<TraceSet, 'name' | 'source'>): TraceSet => ({
    formats: [],
    count: 0,
    left: 0,
    ...set,
    id: deps.randomId(),
    createdAt: deps.date(),
  })

  /** One piece of work at a time; what goes wrong is told in the room. */
  const work = async (name: string, unit: 'rows' | 'traces', total: number | null, run: Run): Promise<void> => {
    reading?.abort(ASKED)
    const controller = new AbortController()
    reading = controller
    const { signal } = controller
    const startedAt = deps.now()
    patch({ error: null, reading: { name, unit, done: 0, total, share: 0, startedAt } })
    const told = (done: number, share: number | null) => {
      if (!signal.aborted) patch({ reading: { name, unit, done, total, share, startedAt } })
    }
    try {
      await run(signal, told)
      if (!signal.aborted) patch({ reading: null })
    } catch (error) {
      if (!signal.aborted) patch({ reading: null, error: toErrorDetails(error) })
    }
  }

  const readPages = async (
    client: WorkerClient,
    set: TraceSet,
    blob: Blob,
    signal: AbortSignal,
    told: Told,
  ): Promise<ReadFile> => {
    const { id, name } = set
    const traces: StoredTrace[] = []
    const bad: ErrorDetails[] = []
    let left = 0
    await client.call('openTraces', { id, name, blob }, signal)
    try {
      for (;;) {
        const page = await client.call('nextTraces', { id }, signal)
        if (page.traces.length > 0) await shelf.write({ set: id, first: traces.length, traces: page.traces })
        pushAll(traces, page.traces)
        pushAll(bad, page.bad.slice(0, LISTED_BAD - bad.length))
        left += page.left
        told(page.rows, blob.size > 0 ? Math.min(1, page.bytes / blob.size) : null)
        if (page.last) return { traces, bad, set: { ...set, formats: page.formats, count: traces.length, left } }
      }
    } finally {
      if (signal.aborted) client.call('closeTraces', { id }).catch(() => {})
    }
  }

  const sampled = async (request: SampleRequest, set: TraceSet, signal: AbortSignal, told: Told) => {
    const { count, perProblem, ...rest } = request
    const problems = Math.ceil(count / perProblem)
    const together = Math.max(1, Math.round(SAMPLED_TOGETHER / perProblem))
    const traces: TaskTrace[] = []
    for (let from = 0; from < problems; from += together) {
      const to = Math.min(problems, from + together)
      const more = await deps.client.call('sampleTraces', { ...rest, perProblem, from, to }, signal)
      const kept = more.slice(0, count - traces.length)
      await shelf.write({ set: set.id, first: traces.length, traces: kept })
      pushAll(traces, kept)
      told(traces.length, traces.length / count)
    }
    return traces
  }

  return {
    openFile: (file) =>
      work(file.name, 'rows', null, async (signal, told) => {
        await dropHeld()
        const set = newSet({ name: file.name, source: 'file' })
        let read: ReadFile | null = null
        try {
          // The engine's own worker may be busy for seconds.
          read = await readPages(deps.downloads ?? deps.client, set, file, signal, told)
        } finally {
          if (read === null || read.traces.length === 0) await shelf.delete(set.id)
        }
        const { traces, bad } = read
        if (signal.aborted) return
        if (bad.length === 0) {
          await add(read.set, traces)
          return
        }
        held = { file: { set: read.set, bad }, traces }
        patch({ held: held.file })
      }),
    cancelReading: () => {
      reading?.abort(ASKED)
      patch({ reading: null })
    },
    decide: async (take) => {
      const file = held
      if (take && file) {
        held = null
        patch({ held: null })
        await add(file.file.set, file.traces)
      } else await dropHeld()
    },
    sample: (request) =>
      work(`${request.count} traces`, 'traces', request.count, async (signal, told) => {
        if (!(await ensureModels())) return
        const policy = get().engine.policy.name
        const set = newSet({ name: `${request.count} traces, seed ${request.seed}`, source: 'sampled' })
        let traces: readonly TaskTrace[] | null = null
        try {
          traces = await sampled(request, set, signal, told)
        } finally {
          if (traces === null) await shelf.delete(set.id)
        }
        await add({ ...set, formats: [policy], count: traces.length }, traces)
      }),
    put: async (given, traces) => {
      const set = { ...newSet(given), ...given, count: traces.length }
      await shelf.write({ set: set.id, first: 0, traces })
      await add(set, traces)
    },
    dispose: () => reading?.abort(),
  }

  async function dropHeld(): Promise<void> {
    const file = held
    held = null
    if (file === null) return
    patch({ held: null })
    await shelf.delete(file.file.set.id)
  }
}

type Told = (done: number, share: number | null) => void
type Run = (signal: AbortSignal, told: Told) => Promise<void>

interface ReadFile {
  readonly traces: readonly StoredTrace[]
  readonly bad: readonly ErrorDetails[]
  readonly set: TraceSet
}
