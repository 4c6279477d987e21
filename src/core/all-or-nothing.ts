import { toErrorDetails } from './errors.ts'

/**
 * Runs one job per item at the same time. Where one fails or `signal` aborts, the others are aborted and awaited, what
 * was made is undone, and the failure is thrown; so nothing of the call is left running or held.
 */
export async function allOrNothing<Item, Result>(
  items: readonly Item[],
  job: (item: Item, signal: AbortSignal, index: number) => Promise<Result>,
  undo: (result: Result) => void,
  signal?: AbortSignal,
): Promise<Result[]> {
  const ended = new AbortController()
  const end = () => ended.abort()
  if (signal?.aborted) end()
  signal?.addEventListener('abort', end, { once: true })
  const settled = await Promise.allSettled(
    items.map(async (item, index) => {
      try {
        return await job(item, ended.signal, index)
      } catch (error) {
        end()
        throw error
      }
    }),
  )
  signal?.removeEventListener('abort', end)
  const failures: unknown[] = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  const results = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (failures.length === 0) return results
  for (const result of results) undo(result)
  // The others were only aborted because of it.
  throw failures.find((failure) => toErrorDetails(failure).code !== 'cancelled') ?? failures[0]
}
