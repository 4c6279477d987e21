import { StepscopeError } from '../core/errors.ts'

/** One writer of a model over all tabs; readers keep writers out while they read. */
export interface ModelLocks {
  /** @throws StepscopeError `storage` where somebody else writes or reads it */
  write<T>(id: string, use: () => Promise<T>): Promise<T>
  /** Holds writers off until `release`. @throws StepscopeError `storage` where somebody writes it */
  read(id: string): Promise<{ readonly release: () => void }>
  /** Short: waits for its turn. */
  journal<T>(id: string, use: () => Promise<T>): Promise<T>
  /** Ids that are being written now, in any tab. */
  written(): Promise<ReadonlySet<string>>
}

const PREFIX = 'stepscope-model-'
const JOURNAL_PREFIX = 'stepscope-journal-'

/** Web Locks end with their tab, however it ends; without them (insecure pages) this tab alone is looked at. */
export function webModelLocks(locks: LockManager | undefined): ModelLocks {
  return locks ? sharedLocks(locks) : localLocks()
}

function sharedLocks(locks: LockManager): ModelLocks {
  return {
    write: <T>(id: string, use: () => Promise<T>) =>
      locks.request(PREFIX + id, { ifAvailable: true }, (lock) => {
        if (!lock) throw busy(id)
        return use()
      }) as Promise<T>,
    read: (id) =>
      new Promise((resolve, reject) => {
        locks
          .request(PREFIX + id, { mode: 'shared', ifAvailable: true }, (lock) => {
            if (!lock) throw busy(id)
            return new Promise<void>((release) => resolve({ release }))
          })
          .catch(reject)
      }),
    journal: <T>(id: string, use: () => Promise<T>) => locks.request(JOURNAL_PREFIX + id, use) as Promise<T>,
    written: async () => {
      const { held = [] } = await locks.query()
      const names = held.flatMap(({ name, mode }) => (mode === 'exclusive' && name?.startsWith(PREFIX) ? [name] : []))
      return new Set(names.map((name) => name.slice(PREFIX.length)))
    },
  }
}

function localLocks(): ModelLocks {
  const writing = new Set<string>()
  const reading = new Map<string, number>()
  return {
    write: async (id, use) => {
      if (writing.has(id) || (reading.get(id) ?? 0) > 0) throw busy(id)
      writing.add(id)
      try {
        return await use()
      } finally {
        writing.delete(id)
      }
    },
    read: (id) => {
      if (writing.has(id)) return Promise.reject(busy(id))
      reading.set(id, (reading.get(id) ?? 0) + 1)
      return Promise.resolve({ release: () => void reading.set(id, (reading.get(id) ?? 1) - 1) })
    },
    journal: (_id, use) => use(),
    written: () => Promise.resolve(writing),
  }
}

function busy(id: string): StepscopeError {
  return new StepscopeError({
    code: 'storage',
    message: `“${id}” is in use: it is being downloaded, checked or loaded, here or in another tab`,
    nextStep: 'Wait until that has ended, or cancel it there.',
  })
}
