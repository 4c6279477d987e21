import { toErrorDetails } from '../core/errors.ts'

/**
 * Works on all items, at most `places` at a time; results in the order of the items. Work that finds no memory beside
 * the others is done again later with one place less, and fails only where it was alone. Any other failure ends the
 * pool once what is under way has stopped.
 */
export async function workPool<T, R>(
  items: readonly T[],
  places: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const waiting = items.map((item, index) => ({ item, index }))
  let active = Math.min(places, items.length)
  let failed = false
  const worker = async (): Promise<void> => {
    for (let task = waiting.shift(); task && !failed; task = waiting.shift()) {
      const alone = active === 1
      try {
        results[task.index] = await work(task.item, task.index)
      } catch (error) {
        failed ||= alone || toErrorDetails(error).code !== 'out-of-memory'
        if (failed) throw error
        waiting.unshift(task)
        if (active > 1) break
      }
    }
    active -= 1
  }
  const ends = await Promise.allSettled(Array.from({ length: active }, worker))
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure) throw failure.reason
  return results
}
