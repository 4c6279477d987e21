/**
 * The result of work, or null once the signal aborts, however long the work then takes. Nothing is held afterwards:
 * `Promise.race` with a promise that lasts would keep every result until that one ends.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const leave = (): void => resolve(null)
    const done = (): void => signal.removeEventListener('abort', leave)
    work.finally(done).then(resolve, reject)
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
}
