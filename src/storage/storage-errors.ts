import { StepscopeError } from '../core/errors.ts'
import { storageFailure } from '../core/storage-failure.ts'

/** Runs a storage operation; what it throws becomes a StepscopeError `storage` that says what to do. */
export async function guarded<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (error instanceof StepscopeError) throw error
    throw new StepscopeError(
      {
        code: 'storage',
        ...(storageFailure(what, error) ?? {
          message: `${what} failed: the browser could not read or write its storage`,
          nextStep: 'Export the run as a file to keep it, then reload the page.',
        }),
      },
      { cause: error },
    )
  }
}
