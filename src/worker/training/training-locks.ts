import { StepscopeError } from '../../core/errors.ts'

/** One worker trains, copies or deletes a run at a time, over all tabs. */
export interface TrainingLocks {
  /** @param name for people. @returns the way out. @throws StepscopeError `storage` where somebody holds it */
  hold(id: string, name: string): Promise<() => void>
  /** Ids that are held now, in any tab. */
  held(): Promise<ReadonlySet<string>>
}

const PREFIX = 'stepscope-training-'
/** A worker that is terminated may hold its locks for some two seconds more. */
const WAIT_MS = 3000

/** Web Locks end with their tab, however it ends; without them (insecure pages) this worker alone is looked at. */
export function webTrainingLocks(locks: LockManager | undefined): TrainingLocks {
  return locks ? sharedLocks(locks) : localTrainingLocks()
}

function sharedLocks(locks: LockManager): TrainingLocks {
  return {
    hold: (id, name) =>
      new Promise((resolve, reject) => {
        locks
          .request(
            PREFIX + id,
            { signal: AbortSignal.timeout(WAIT_MS) },
            () => new Promise<void>((release) => resolve(release)),
          )
          .catch((error: unknown) => reject(isTimeout(error) ? busy(name) : error))
      }),
    held: async () => {
      const { held = [] } = await locks.query()
      return new Set(held.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [])))
    },
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError'
}

export function localTrainingLocks(): TrainingLocks {
  const held = new Set<string>()
  return {
    hold: async (id, name) => {
      if (held.has(id)) throw busy(name)
      held.add(id)
      return () => held.delete(id)
    },
    held: async () => new Set(held),
  }
}

function busy(name: string): StepscopeError {
  return new StepscopeError({
    code: 'storage',
    message: `“${name}” is being trained, opened or exported, here or in another tab`,
    nextStep: 'Stop it there, or wait until it has ended.',
  })
}
