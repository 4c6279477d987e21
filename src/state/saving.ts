import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import type { AppStorage } from '../storage/storage.ts'
import type { SliceContext } from './slice-context.ts'

/** The browser's storage, or its absence: every use goes through `attempt`, so the app goes on without. */
export interface Saving {
  /** Opens it once. Resolves false, with a notice, where the browser refuses. */
  open(): Promise<boolean>
  readonly available: () => boolean
  /** Null where there is no storage or the operation failed; a failure is told once per kind. */
  attempt<T>(operation: (storage: AppStorage) => Promise<T>): Promise<T | null>
  close(): void
}

export function createSaving(context: SliceContext): Saving {
  const { get, set, deps, notify } = context
  let storage: AppStorage | null = null
  let closed = false
  const told = new Set<string>()

  const tell = (error: unknown): void => {
    const details = toErrorDetails(error)
    if (told.has(details.message)) return
    told.add(details.message)
    notify({ tone: 'warning', text: 'Not saved', error: details })
  }

  return {
    open: async () => {
      try {
        storage = await deps.openStorage()
        if (closed) storage.close()
        return true
      } catch (error) {
        const details = toErrorDetails(error)
        set({ history: { ...get().history, status: 'unavailable', error: details } })
        tell(error)
        return false
      }
    },
    available: () => storage !== null,
    attempt: async (operation) => {
      if (!storage || closed) return null
      try {
        return await operation(storage)
      } catch (error) {
        tell(error instanceof StepscopeError ? error : new StepscopeError(toErrorDetails(error), { cause: error }))
        return null
      }
    },
    close: () => {
      closed = true
      storage?.close()
    },
  }
}
