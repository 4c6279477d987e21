import type { ErrorDetails } from '../../core/errors.ts'
import { toErrorDetails } from '../../core/errors.ts'
import { FULL } from '../../core/storage-failure.ts'
import type { AppStorage } from '../../storage/storage.ts'
import type { SliceContext } from '../slice-context.ts'

/** The browser's storage, or its absence: every use goes through `attempt` or `tried`, so the app goes on without. */
export interface Saving {
  /** Opens it once. Resolves false, with a notice, where the browser refuses. */
  open(): Promise<boolean>
  readonly available: () => boolean
  /** Null where there is no storage or the operation failed; a failure is told: `once`, or each time. */
  attempt<T>(operation: (storage: AppStorage) => Promise<T>, options?: { readonly once: boolean }): Promise<T | null>
  /** As `attempt`, with the failure in place of a notice. Where space is full, deleted runs go for good first. */
  tried<T>(
    operation: (storage: AppStorage) => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly error: ErrorDetails }>
  /** Tabs whose deletions may still be undone; until it is known, all are. */
  setOthers(others: () => Promise<ReadonlySet<string>>): void
  close(): void
}

const CLOSED: ErrorDetails = { code: 'storage', message: 'Saved runs are not open' }

export function createSaving(context: SliceContext): Saving {
  const { get, set, deps, notify } = context
  let storage: AppStorage | null = null
  let absent = CLOSED
  let closed = false
  let others: (() => Promise<ReadonlySet<string>>) | null = null
  const told = new Set<string>()

  const tell = (details: ErrorDetails, once: boolean): void => {
    if (once && told.has(details.message)) return
    told.add(details.message)
    notify({ tone: 'warning', text: 'Not saved', error: details })
  }

  const tried: Saving['tried'] = async (operation) => {
    if (!storage || closed) return { error: absent }
    try {
      return { value: await operation(storage) }
    } catch (error) {
      const details = toErrorDetails(error)
      if (!isFull(details) || !others) return { error: details }
      try {
        if ((await storage.purgeRemoved(await others())) === 0) return { error: details }
        return { value: await operation(storage) }
      } catch (again) {
        return { error: toErrorDetails(again) }
      }
    }
  }

  return {
    open: async () => {
      try {
        storage = await deps.openStorage()
        if (closed) storage.close()
        return true
      } catch (error) {
        absent = toErrorDetails(error)
        set({ history: { ...get().history, status: 'unavailable', error: absent } })
        tell(absent, true)
        return false
      }
    },
    available: () => storage !== null && !closed,
    tried,
    attempt: async (operation, { once = false } = { once: false }) => {
      if (!storage || closed) return null
      const result = await tried(operation)
      if ('value' in result) return result.value
      tell(result.error, once)
      return null
    },
    setOthers: (ask) => {
      others = ask
    },
    close: () => {
      closed = true
      storage?.close()
    },
  }
}

/** Whether it was for lack of space. */
export function isFull({ code, message }: ErrorDetails): boolean {
  return code === 'storage' && message.endsWith(FULL)
}
