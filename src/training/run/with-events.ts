/**
 * Works, and yields what it tells as it comes; @returns what the work came to. Where the consumer stops early, the work is
 * aborted and waited for, so that nothing of it is left running.
 *
 * @param work gets a signal of its own, which aborts with `signal` too
 */
export async function* withEvents<Event, Result>(
  work: (tell: (event: Event) => void, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): AsyncGenerator<Event, Result, undefined> {
  const controller = new AbortController()
  const abort = () => controller.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })

  const told: Event[] = []
  let settled = false
  let wake = () => {}
  const tell = (event: Event) => {
    told.push(event)
    wake()
  }
  const settle = () => {
    settled = true
    wake()
  }
  const working = work(tell, controller.signal)
  const ended = working.then(settle, settle)
  try {
    while (told.length > 0 || !settled) {
      if (told.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      yield* told.splice(0)
    }
    return await working
  } finally {
    if (!settled) abort()
    signal.removeEventListener('abort', abort)
    await ended
  }
}
