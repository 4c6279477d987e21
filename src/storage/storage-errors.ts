import type { ErrorDetails } from '../core/errors.ts'
import { StepscopeError } from '../core/errors.ts'

/** How the message of a full disk ends. */
export const FULL = 'this browser’s space for Stepscope is full'

/** Runs a storage operation; what it throws becomes a StepscopeError `storage` that says what to do. */
export async function guarded<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (error instanceof StepscopeError) throw error
    throw new StepscopeError(storageErrorDetails(what, error), { cause: error })
  }
}

function storageErrorDetails(what: string, error: unknown): ErrorDetails {
  const names = errorNames(error)
  if (names.some((name) => name.startsWith('Quota'))) {
    return {
      code: 'storage',
      message: `${what} failed: ${FULL}`,
      nextStep: 'Delete saved runs or local models, or export the run as a file.',
    }
  }
  if (
    names.some((name) => ['MissingAPIError', 'OpenFailedError', 'SecurityError', 'InvalidStateError'].includes(name))
  ) {
    return {
      code: 'storage',
      message: `${what} failed: this browser does not allow saving here (private windows may not)`,
      nextStep: 'Go on without saving, and export runs as files.',
    }
  }
  if (names.includes('VersionError')) {
    return {
      code: 'storage',
      message: `${what} failed: the saved runs were written by a newer Stepscope`,
      nextStep: 'Reload to get the newest version.',
    }
  }
  return {
    code: 'storage',
    // The browser's own words are for its makers; its name of the error helps in a report.
    message: `${what} failed: the browser could not read or write its storage`,
    ...(names[0] === undefined ? {} : { found: names[0] }),
    nextStep: 'Export the run as a file to keep it, then reload the page.',
  }
}

/** Names of an error and of those inside it, outermost first: Dexie wraps the browser's own. */
function errorNames(error: unknown): string[] {
  const names: string[] = []
  let current: unknown = error
  while (typeof current === 'object' && current !== null && names.length < 5) {
    const name: unknown = Reflect.get(current, 'name')
    if (typeof name === 'string') names.push(name)
    current = Reflect.get(current, 'inner') ?? Reflect.get(current, 'cause')
  }
  return names
}
