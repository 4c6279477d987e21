import { toErrorDetails } from './errors.ts'

/**
 * Works on all items, at most `places` at a time, and yields the results in the order of the items. Work that finds no
 * memory beside the others is done again later with one place less, and fails only where it was alone. Any other
 * failure is thrown after the results before it, which are waited for; then, or where the consumer stops early, or when `signal` aborts,
 * what is under way is aborted and waited for, so that nothing of it is left running.
 *
 * @param work gets a signal of its own, which aborts with the whole
 */
export async function* orderedWork<T, R>(
  items: readonly T[],
  places: number,
  work: (item: T, index: number, signal: AbortSignal) => Promise<R>,
  signal?: AbortSignal,
): AsyncGenerator<R, void> {
  const running = new Set<AbortController>()
  let ended = signal?.aborted === true
  const end = (): void => {
    ended = true
    for (const controller of running) controller.abort(signal?.reason)
    wake()
  }
  signal?.addEventListener('abort', end, { once: true })

  const waiting = items.map((item, index) => ({ item, index }))
  const results = new Map<number, R>()
  let failure: { readonly index: number; readonly reason: unknown } | null = null
  let active = Math.min(places, items.length)
  let wake = (): void => {}
  const worker = async (): Promise<void> => {
    for (let task = waiting.shift(); task && !ended; task = waiting.shift()) {
      // What comes before the failure is still wanted.
      if (failure !== null && task.index > failure.index) break
      const alone = active === 1
      const controller = new AbortController()
      running.add(controller)
      try {
        results.set(task.index, await work(task.item, task.index, controller.signal))
        wake()
      } catch (reason) {
        if (alone || toErrorDetails(reason).code !== 'out-of-memory') {
          if (failure === null || task.index < failure.index) failure = { index: task.index, reason }
        } else {
          waiting.unshift(task)
          if (active > 1) break
        }
      } finally {
        running.delete(controller)
      }
    }
    active -= 1
    wake()
  }
  const failedAt = (): number | undefined => failure?.index
  const workers = Array.from({ length: active }, worker)
  try {
    for (let next = 0; next < items.length; next++) {
      while (!results.has(next) && active > 0 && next !== failedAt() && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (!results.has(next)) break
      const result = results.get(next) as R
      results.delete(next)
      yield result
    }
    if (failure !== null) throw (failure as { readonly reason: unknown }).reason
    signal?.throwIfAborted()
  } finally {
    end()
    signal?.removeEventListener('abort', end)
    await Promise.all(workers)
  }
}
