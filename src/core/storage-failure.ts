/** How the message of a full disk ends, wherever it is met. */
export const FULL = 'this browser’s space for Stepscope is full'

/** What a storage of the browser refused, in words for people. */
export interface StorageFailure {
  readonly message: string
  readonly nextStep: string
}

/**
 * The browser's own errors of IndexedDB and of its private files, told by their names: their texts are for its makers.
 * Null where the error is of another kind.
 * @param what e.g. `Saving the run`
 */
export function storageFailure(what: string, error: unknown): StorageFailure | null {
  const names = errorNames(error)
  const is = (...known: readonly string[]) => names.some((name) => known.includes(name))
  if (names.some((name) => name.startsWith('Quota'))) {
    return {
      message: `${what} failed: ${FULL}`,
      nextStep: 'Delete saved runs or local models, or export the run as a file.',
    }
  }
  if (is('MissingAPIError', 'OpenFailedError', 'SecurityError', 'InvalidStateError')) {
    return {
      message: `${what} failed: this browser does not allow saving here (private windows may not)`,
      nextStep: 'Go on without saving, and export runs as files.',
    }
  }
  if (is('VersionError')) {
    return {
      message: `${what} failed: the saved runs were written by a newer Stepscope`,
      nextStep: 'Reload to get the newest version.',
    }
  }
  if (is('NoModificationAllowedError')) {
    return {
      message: `${what} failed: another tab has this file open`,
      nextStep: 'Wait until that tab has ended its work, or close it.',
    }
  }
  if (is('NotFoundError', 'NotReadableError')) {
    return {
      message: `${what} failed: its files are gone from this browser`,
      nextStep: 'The browser, or another tab, has deleted them. Delete what is left, and make or fetch it again.',
    }
  }
  return null
}

/** Names of an error and of those inside it, outermost first: Dexie wraps the browser's own. */
export function errorNames(error: unknown): string[] {
  const names: string[] = []
  let current: unknown = error
  while (typeof current === 'object' && current !== null && names.length < 5) {
    const name: unknown = Reflect.get(current, 'name')
    if (typeof name === 'string') names.push(name)
    current = Reflect.get(current, 'inner') ?? Reflect.get(current, 'cause')
  }
  return names
}
