import type { Dexie, EntityTable, Table } from 'dexie'
import { guarded } from './storage-errors.ts'
import type { MadeLabelKind, MadeLabels, ScoreChunk, Scorer, StoredTrace, TraceSet } from './stored-traces.ts'

/** Traces `first` … `first + traces.length − 1` of a set. */
export interface TraceChunk {
  readonly set: string
  readonly first: number
  readonly traces: readonly StoredTrace[]
}

/** Tables of traces, as Dexie declares them. */
export const TRACE_TABLES = {
  traceSets: 'id',
  traces: '[set+first]',
  traceLabels: '[set+index+kind], set',
  scorers: 'key',
  traceScores: '[scorer+set+first], set',
} as const

export interface TraceTables {
  readonly traceSets: EntityTable<TraceSet, 'id'>
  readonly traces: Table<TraceChunk, [string, number]>
  readonly traceLabels: Table<MadeLabels, [string, number, string]>
  readonly scorers: EntityTable<Scorer, 'key'>
  readonly traceScores: Table<ScoreChunk, [string, string, number]>
}

/** Traces of the reward-model room. A set counts once its record is written, after all of its traces. */
export interface TraceStorage {
  /** Oldest first. */
  listSets(): Promise<readonly TraceSet[]>
  writeSet(set: TraceSet): Promise<void>
  /** Chunks of a set, in order, one at a time. */
  readChunks(set: string): AsyncGenerator<TraceChunk, void>
  writeChunk(chunk: TraceChunk): Promise<void>
  /** Deletes sets with all that is known of them. */
  deleteSets(ids: readonly string[]): Promise<void>
  /** Deletes traces without a set, as a page leaves them that went away while it read a file. */
  deleteOrphans(): Promise<void>
  readLabels(): Promise<readonly MadeLabels[]>
  /** Writes labels in one transaction: all or none. */
  writeLabels(labels: readonly MadeLabels[]): Promise<void>
  deleteLabels(keys: readonly (readonly [set: string, index: number, kind: MadeLabelKind])[]): Promise<void>
  listScorers(): Promise<readonly Scorer[]>
  readScores(): Promise<readonly ScoreChunk[]>
  /** Scores with their scorer, in one transaction. */
  writeScores(scorer: Scorer, chunks: readonly ScoreChunk[]): Promise<void>
  /** Deletes a scorer with its scores. */
  deleteScorer(key: string): Promise<void>
}

/** @param db open, with `TRACE_TABLES` among its tables */
export function traceStorage(db: Dexie & TraceTables): TraceStorage {
  const { traceSets, traces, traceLabels, scorers, traceScores } = db
  const between = (id: string): [[string, unknown], [string, unknown]] => [
    [id, Number.NEGATIVE_INFINITY],
    [id, Number.POSITIVE_INFINITY],
  ]
  const chunksOf = (set: string) => traces.where('[set+first]').between(...between(set), true, true)

  const deleteAll = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) await chunksOf(id).delete()
    await traceLabels.where('set').anyOf(ids).delete()
    await traceScores.where('set').anyOf(ids).delete()
    await traceSets.bulkDelete([...ids])
  }

  return {
    listSets: () =>
      guarded('Listing traces', async () =>
        (await traceSets.toArray()).toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1)),
      ),
    writeSet: (set) =>
      guarded('Saving traces', async () => {
        await traceSets.put(set)
      }),
    readChunks: async function* (set) {
      const keys = await guarded('Reading traces', () => chunksOf(set).primaryKeys())
      for (const key of keys) {
        const chunk = await guarded('Reading traces', () => traces.get(key))
        if (chunk) yield chunk
      }
    },
    writeChunk: (chunk) =>
      guarded('Saving traces', async () => {
        await traces.put(chunk)
      }),
    deleteSets: (ids) =>
      guarded('Deleting traces', () =>
        db.transaction('rw', [traceSets, traces, traceLabels, traceScores], () => deleteAll(ids)),
      ),
    deleteOrphans: () =>
      guarded('Deleting traces', () =>
        db.transaction('rw', [traceSets, traces, traceLabels, traceScores], async () => {
          const known = new Set(await traceSets.toCollection().primaryKeys())
          const found = new Set((await traces.toCollection().primaryKeys()).map(([set]) => set))
          await deleteAll([...found].filter((set) => !known.has(set)))
        }),
      ),
    readLabels: () => guarded('Reading labels', () => traceLabels.toArray()),
    writeLabels: (labels) =>
      guarded('Saving labels', async () => {
        await traceLabels.bulkPut([...labels])
      }),
    deleteLabels: (keys) =>
      guarded('Deleting labels', () => traceLabels.bulkDelete(keys.map(([set, index, kind]) => [set, index, kind]))),
    listScorers: () =>
      guarded('Listing scores', async () =>
        (await scorers.toArray()).toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1)),
      ),
    readScores: () => guarded('Reading scores', () => traceScores.toArray()),
    writeScores: (scorer, chunks) =>
      guarded('Saving scores', () =>
        db.transaction('rw', [scorers, traceScores], async () => {
          await scorers.put(scorer)
          await traceScores.bulkPut([...chunks])
        }),
      ),
    deleteScorer: (key) =>
      guarded('Deleting scores', () =>
        db.transaction('rw', [scorers, traceScores], async () => {
          await traceScores
            .where('[scorer+set+first]')
            .between([key, '', Number.NEGATIVE_INFINITY], [key, '\uffff', Number.POSITIVE_INFINITY], true, true)
            .delete()
          await scorers.delete(key)
        }),
      ),
  }
}
