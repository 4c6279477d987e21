import type { EntityTable, Table } from 'dexie'
import { Dexie } from 'dexie'
import { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { pushAll } from '../core/push-all.ts'
import { checkEvents } from '../formats/event-order.ts'
import { eventSchema } from '../formats/event-schema.ts'
import { parseWith } from '../formats/parse.ts'
import type { RunFile } from '../formats/run-file.ts'
import { storedManifestSchema } from '../formats/stored-manifest.ts'
import type { ModelRole, StatedManifest } from '../search/manifest.ts'
import { guarded } from './storage-errors.ts'
import type { StoredRun } from './stored-run.ts'
import { readStoredRun } from './stored-run.ts'
import type { SweepStorage, SweepTables } from './sweep-storage.ts'
import { SWEEP_TABLES, sweepStorage } from './sweep-storage.ts'
import type { TraceStorage, TraceTables } from './trace-storage.ts'
import { TRACE_TABLES, traceStorage } from './trace-storage.ts'

type Events = RunFile['events']

/** Events `first` … `first + events.length − 1` of a run. */
interface EventChunk {
  readonly run: string
  readonly first: number
  readonly events: Events
}

/** A local model folder, with its files where the browser lets them be kept. */
export interface KeptModel {
  readonly id: string
  readonly name: string
  readonly role: ModelRole
  readonly bytes: number
  /** Fields of `stepscope.json`, as the person filled them in. */
  readonly manifest: StatedManifest
  readonly files: readonly File[]
  /** Of an ONNX checkpoint: where it comes from, precision and device. */
  readonly onnx?: unknown
}

export interface AppStorage {
  /** Saved runs that were not removed, newest first. Records that cannot be read are left out and counted. */
  listRuns(): Promise<{ readonly runs: readonly StoredRun[]; readonly unreadable: number }>
  /** A run with its events as far as they were saved; null where there is none. */
  readRun(id: string): Promise<{ readonly run: StoredRun; readonly events: Events } | null>
  /** Writes a whole run, replacing one with the same id. */
  writeRun(run: StoredRun, events: Events): Promise<void>
  /**
   * Adds events and changes the record in one transaction: both are saved, or neither.
   * @returns whether somebody has deleted the run meanwhile. @throws StepscopeError `not-found` where it is gone for good
   */
  appendEvents(
    id: string,
    events: Events,
    change: Partial<Omit<StoredRun, 'id' | 'eventCount'>>,
  ): Promise<{ readonly removed: boolean }>
  changeRun(id: string, change: Partial<Omit<StoredRun, 'id' | 'eventCount'>>): Promise<void>
  /** Number of saved runs, and about how many bytes their records and events take. */
  measureRuns(): Promise<{ readonly count: number; readonly bytes: number }>
  /** Deletes for good what was removed, but for what one of these tabs can undo or runs. @returns how many */
  purgeRemoved(others: ReadonlySet<string>): Promise<number>
  /** Deletes one run for good, where there is no room to keep it for undo. */
  deleteRun(id: string): Promise<void>
  /** Marks runs whose tab is gone. @returns their ids */
  markInterrupted(aliveOwners: ReadonlySet<string>): Promise<readonly string[]>
  listModels(): Promise<readonly KeptModel[]>
  writeModel(model: KeptModel): Promise<void>
  deleteModel(id: string): Promise<void>
  readSetting(key: string): Promise<unknown>
  writeSetting(key: string, value: unknown): Promise<void>
  readonly sweeps: SweepStorage
  readonly traces: TraceStorage
  close(): void
}

class Database extends Dexie implements SweepTables, TraceTables {
  declare readonly runs: EntityTable<StoredRun, 'id'>
  declare readonly events: Table<EventChunk, [string, number]>
  declare readonly models: EntityTable<KeptModel, 'id'>
  declare readonly settings: EntityTable<{ key: string; value: unknown }, 'key'>
  declare readonly sweeps: SweepTables['sweeps']
  declare readonly sweepResults: SweepTables['sweepResults']
  declare readonly problemSets: SweepTables['problemSets']
  declare readonly traceSets: TraceTables['traceSets']
  declare readonly traces: TraceTables['traces']
  declare readonly traceLabels: TraceTables['traceLabels']
  declare readonly scorers: TraceTables['scorers']
  declare readonly traceScores: TraceTables['traceScores']

  constructor(name: string, options: { indexedDB: IDBFactory; IDBKeyRange: typeof IDBKeyRange }) {
    super(name, options)
    this.version(1).stores({
      runs: 'id, createdAt, status',
      events: '[run+first]',
      models: 'id',
      settings: 'key',
    })
    // Tables of earlier versions stay as they are.
    this.version(2).stores(SWEEP_TABLES)
    this.version(3).stores(TRACE_TABLES)
  }
}

/**
 * Opens the browser's database. Every promise of it rejects with a StepscopeError `storage` where the browser
 * refuses (private mode, no space), so that the app can say so and go on.
 */
export async function openStorage(
  options: { readonly indexedDB: IDBFactory; readonly IDBKeyRange: typeof IDBKeyRange },
  name = 'stepscope',
): Promise<AppStorage> {
  const db = new Database(name, { ...options })
  await guarded('Opening saved runs', () => db.open())
  const sweeps = sweepStorage(db)
  const chunksOf = (id: string) => db.events.where('[run+first]').between([id, Dexie.minKey], [id, Dexie.maxKey])

  return {
    listRuns: () =>
      guarded('Listing saved runs', async () => {
        const records: unknown[] = await db.runs.orderBy('createdAt').reverse().toArray()
        const runs = records.flatMap((record) => tryRead(record))
        return { runs: runs.filter((run) => !run.removed), unreadable: records.length - runs.length }
      }),

    readRun: (id) =>
      guarded('Opening the run', async () => {
        const [record, chunks] = await db.transaction('r', db.runs, db.events, async () => [
          await db.runs.get(id),
          await chunksOf(id).toArray(),
        ])
        if (!record) return null
        const run = readStoredRun(record)
        const events = joinChunks(chunks)
        const file = `run “${run.title}”`
        const checked = parseWith(z.array(eventSchema), events, file, 'events')
        checkEvents(checked, file)
        return { run, events: checked }
      }),

    writeRun: (run, events) =>
      guarded('Saving the run', () =>
        db.transaction('rw', db.runs, db.events, async () => {
          await chunksOf(run.id).delete()
          await db.runs.put({ ...run, eventCount: events.length })
          if (events.length > 0) await db.events.put({ run: run.id, first: 0, events })
        }),
      ),

    appendEvents: (id, events, change) =>
      guarded('Saving the run', () =>
        db.transaction('rw', db.runs, db.events, async () => {
          const run = await db.runs.get(id)
          if (!run) throw missing()
          if (events.length > 0) await db.events.put({ run: id, first: run.eventCount, events })
          await db.runs.put({ ...run, ...change, eventCount: run.eventCount + events.length })
          return { removed: run.removed }
        }),
      ),

    changeRun: (id, change) =>
      guarded('Saving the run', () =>
        db.transaction('rw', db.runs, async () => {
          const run = await db.runs.get(id)
          if (!run) throw missing()
          await db.runs.put({ ...run, ...change })
        }),
      ),

    measureRuns: () =>
      guarded('Measuring saved runs', async () => {
        let bytes = 0
        const add = (record: unknown): void => {
          bytes += JSON.stringify(record).length
        }
        await db.runs.each(add)
        await db.events.each(add)
        return { count: await db.runs.filter((run) => !run.removed).count(), bytes }
      }),

    purgeRemoved: async (others) => {
      const runs = await guarded('Deleting runs', () =>
        db.transaction('rw', db.runs, db.events, async () => {
          const wanted = (tab: string | null | undefined) => tab !== null && tab !== undefined && others.has(tab)
          const removed = await db.runs
            .filter((run) => run.removed && !wanted(run.removedBy) && !wanted(run.owner))
            .primaryKeys()
          for (const id of removed) await chunksOf(id).delete()
          await db.runs.bulkDelete(removed)
          return removed.length
        }),
      )
      return runs + (await sweeps.purgeRemoved(others))
    },

    deleteRun: (id) =>
      guarded('Deleting the run', () =>
        db.transaction('rw', db.runs, db.events, async () => {
          await chunksOf(id).delete()
          await db.runs.delete(id)
        }),
      ),

    markInterrupted: (aliveOwners) =>
      guarded('Reading saved runs', () =>
        db.transaction('rw', db.runs, async () => {
          const claimed = await db.runs.where('status').anyOf('running', 'paused').toArray()
          const orphans = claimed.filter(({ owner }) => owner === null || !aliveOwners.has(owner))
          await db.runs.bulkPut(orphans.map((run) => ({ ...run, status: 'interrupted' as const, owner: null })))
          return orphans.map(({ id }) => id)
        }),
      ),

    listModels: () =>
      guarded('Listing local models', async () => (await db.models.toArray()).map((record) => readModel(record))),
    writeModel: (model) =>
      guarded('Keeping the model', async () => {
        await db.models.put(model)
      }),
    deleteModel: (id) => guarded('Forgetting the model', () => db.models.delete(id)),
    readSetting: (key) => guarded('Reading settings', async () => (await db.settings.get(key))?.value),
    writeSetting: (key, value) =>
      guarded('Saving settings', async () => {
        await db.settings.put({ key, value })
      }),
    sweeps,
    traces: traceStorage(db),
    close: () => db.close(),
  }
}

/** Events up to the first gap: what is left where a browser lost part of a database. */
function joinChunks(chunks: readonly EventChunk[]): Events {
  const events: Events[number][] = []
  for (const chunk of chunks) {
    if (chunk.first !== events.length) break
    pushAll(events, chunk.events)
  }
  return events
}

function tryRead(record: unknown): StoredRun[] {
  try {
    return [readStoredRun(record)]
  } catch {
    return []
  }
}

/** Earlier versions called the manifest `adapter`; one that cannot be read is asked for again. */
function readModel({ adapter, ...record }: KeptModel & { readonly adapter?: unknown }): KeptModel {
  const manifest = storedManifestSchema.safeParse(record.manifest ?? adapter)
  return { ...record, manifest: manifest.data ?? {} }
}

function missing(): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: 'The run is not saved here any more: it was deleted for good',
    nextStep: 'Export it from the tab where it is open to keep it.',
  })
}
