import type { Dexie, EntityTable, Table } from 'dexie'
import { StepscopeError } from '../core/errors.ts'
import { pushAll } from '../core/push-all.ts'
import { guarded } from './storage-errors.ts'
import type { StoredProblemSet } from './stored-problem-set.ts'
import { storedProblemSetSchema } from './stored-problem-set.ts'
import type { ResultChunk, StoredSweep } from './stored-sweep.ts'
import { storedSweepSchema } from './stored-sweep.ts'

/** Tables of the scaling lab, as Dexie declares them. */
export const SWEEP_TABLES = {
  sweeps: 'id, createdAt, status',
  sweepResults: '[sweep+first]',
  problemSets: 'id, createdAt',
} as const

export interface SweepTables {
  readonly sweeps: EntityTable<StoredSweep, 'id'>
  readonly sweepResults: Table<ResultChunk, [string, number]>
  readonly problemSets: EntityTable<StoredProblemSet, 'id'>
}

type Listed<Whole extends { readonly problems: readonly unknown[] }> = Omit<Whole, 'problems'> & {
  /** Number of its problems. */
  readonly problemCount: number
}
export type ListedSweep = Listed<StoredSweep>
export type ListedProblemSet = Listed<StoredProblemSet>

type SweepChange = Partial<Omit<StoredSweep, 'id' | 'count' | 'problems'>>

/** Sweeps and problem sets of the scaling lab. Records that cannot be read are left out of lists. */
export interface SweepStorage {
  /** Those that were not removed, newest first. */
  list(): Promise<{ readonly sweeps: readonly ListedSweep[]; readonly unreadable: number }>
  /** With its results as far as they were saved; null where there is none. */
  read(id: string): Promise<{ readonly sweep: StoredSweep; readonly results: readonly unknown[] } | null>
  /** Writes a whole sweep, replacing one with the same id. */
  write(sweep: StoredSweep, results: readonly unknown[]): Promise<void>
  /**
   * Adds results and changes the record in one transaction: both are saved, or neither.
   * @throws StepscopeError `not-found` where it is gone for good
   */
  append(id: string, results: readonly unknown[], change: SweepChange): Promise<void>
  change(id: string, change: SweepChange): Promise<void>
  /** Marks sweeps whose tab is gone. @returns their ids */
  markInterrupted(aliveOwners: ReadonlySet<string>): Promise<readonly string[]>
  /** Those that were not removed, oldest first. */
  listSets(): Promise<readonly ListedProblemSet[]>
  readSet(id: string): Promise<StoredProblemSet | null>
  writeSet(set: StoredProblemSet): Promise<void>
  changeSet(id: string, change: Partial<Omit<StoredProblemSet, 'id' | 'problems'>>): Promise<void>
  /** Deletes for good what was removed, but for what one of these tabs can undo or runs. @returns how many */
  purgeRemoved(others: ReadonlySet<string>): Promise<number>
}

/** @param db open, with `SWEEP_TABLES` among its tables */
export function sweepStorage(db: Dexie & SweepTables): SweepStorage {
  const { sweeps, sweepResults, problemSets } = db
  const chunksOf = (id: string) =>
    sweepResults.where('[sweep+first]').between([id, Number.NEGATIVE_INFINITY], [id, Number.POSITIVE_INFINITY])

  return {
    list: () =>
      guarded('Listing sweeps', async () => {
        const found: ListedSweep[] = []
        let unreadable = 0
        // One at a time: of their problems only the number stays in memory.
        await sweeps
          .orderBy('createdAt')
          .reverse()
          .each((record) => {
            const read = storedSweepSchema.safeParse(record)
            if (!read.success) unreadable += 1
            else if (!read.data.removed) found.push(listed(read.data))
          })
        return { sweeps: found, unreadable }
      }),

    read: (id) =>
      guarded('Opening the sweep', async () => {
        const [record, chunks] = await db.transaction('r', sweeps, sweepResults, async () => [
          await sweeps.get(id),
          await chunksOf(id).toArray(),
        ])
        const read = storedSweepSchema.safeParse(record)
        return read.success ? { sweep: read.data, results: joined(chunks) } : null
      }),

    write: (sweep, results) =>
      guarded('Saving the sweep', () =>
        db.transaction('rw', sweeps, sweepResults, async () => {
          await chunksOf(sweep.id).delete()
          await sweeps.put({ ...sweep, count: results.length })
          if (results.length > 0) await sweepResults.put({ sweep: sweep.id, first: 0, results })
        }),
      ),

    append: (id, results, change) =>
      guarded('Saving the sweep', () =>
        db.transaction('rw', sweeps, sweepResults, async () => {
          const sweep = await sweeps.get(id)
          if (!sweep) throw missing()
          if (results.length > 0) await sweepResults.put({ sweep: id, first: sweep.count, results })
          await sweeps.put({ ...sweep, ...change, count: sweep.count + results.length })
        }),
      ),

    change: (id, change) =>
      guarded('Saving the sweep', () =>
        db.transaction('rw', sweeps, async () => {
          const sweep = await sweeps.get(id)
          if (!sweep) throw missing()
          await sweeps.put({ ...sweep, ...change })
        }),
      ),

    markInterrupted: (aliveOwners) =>
      guarded('Reading sweeps', () =>
        db.transaction('rw', sweeps, async () => {
          const claimed = await sweeps.where('status').anyOf('running', 'paused').toArray()
          const orphans = claimed.filter(({ owner }) => owner === null || !aliveOwners.has(owner))
          await sweeps.bulkPut(orphans.map((sweep) => ({ ...sweep, status: 'interrupted' as const, owner: null })))
          return orphans.map(({ id }) => id)
        }),
      ),

    listSets: () =>
      guarded('Listing problem sets', async () => {
        const found: ListedProblemSet[] = []
        await problemSets.orderBy('createdAt').each((record) => {
          const read = storedProblemSetSchema.safeParse(record)
          if (read.success && !read.data.removed) found.push(listed(read.data))
        })
        return found
      }),

    readSet: (id) =>
      guarded('Opening the problem set', async () => {
        const read = storedProblemSetSchema.safeParse(await problemSets.get(id))
        return read.success ? read.data : null
      }),

    writeSet: (set) =>
      guarded('Saving the problem set', async () => {
        await problemSets.put(set)
      }),

    changeSet: (id, change) =>
      guarded('Saving the problem set', async () => {
        await problemSets.update(id, change)
      }),

    purgeRemoved: (others) =>
      guarded('Deleting sweeps', () =>
        db.transaction('rw', sweeps, sweepResults, problemSets, async () => {
          const wanted = (tab: string | null) => tab !== null && others.has(tab)
          const gone = await sweeps
            .filter(({ removed, removedBy, owner }) => removed && !wanted(removedBy) && !wanted(owner))
            .primaryKeys()
          for (const id of gone) await chunksOf(id).delete()
          await sweeps.bulkDelete(gone)
          const sets = await problemSets.filter((set) => set.removed && !wanted(set.removedBy)).primaryKeys()
          await problemSets.bulkDelete(sets)
          return gone.length + sets.length
        }),
      ),
  }
}

/** Results up to the first gap: what is left where a browser lost part of a database. */
function joined(chunks: readonly ResultChunk[]): unknown[] {
  const results: unknown[] = []
  for (const chunk of chunks) {
    if (chunk.first !== results.length) break
    pushAll(results, chunk.results)
  }
  return results
}

function listed<Whole extends { readonly problems: readonly unknown[] }>({ problems, ...rest }: Whole): Listed<Whole> {
  return { ...rest, problemCount: problems.length }
}

function missing(): StepscopeError {
  return new StepscopeError({
    code: 'not-found',
    message: 'The sweep is not saved here any more: it was deleted for good',
    nextStep: 'Export its results from the tab where it is open to keep them.',
  })
}
