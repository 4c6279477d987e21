import { describe, expect, test } from 'vitest'
import { withEvents } from './with-events.ts'

const never = new AbortController().signal
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

/** Tells numbers until it is aborted, then takes a few turns to clean up. */
function counting(log: string[]) {
  return async (tell: (event: number) => void, signal: AbortSignal) => {
    for (let count = 1; !signal.aborted; count++) {
      tell(count)
      await turn()
    }
    for (let wait = 0; wait < 3; wait++) await turn()
    log.push('settled')
    throw signal.reason
  }
}

describe('work with events', () => {
  test('every event comes, in order, while the work goes on; then its result', async () => {
    let next = () => {}
    const events = withEvents<string, number>(async (tell) => {
      tell('one')
      tell('two')
      await new Promise<void>((resolve) => {
        next = resolve
      })
      tell('three')
      return 4
    }, never)
    expect(await events.next()).toEqual({ done: false, value: 'one' })
    expect(await events.next()).toEqual({ done: false, value: 'two' })
    const third = events.next()
    next()
    expect(await third).toEqual({ done: false, value: 'three' })
    expect(await events.next()).toEqual({ done: true, value: 4 })
  })

  test('what the work throws comes after what it told', async () => {
    const events = withEvents<string, never>(async (tell) => {
      tell('one')
      throw new RangeError('broken')
    }, never)
    expect(await events.next()).toEqual({ done: false, value: 'one' })
    await expect(events.next()).rejects.toThrow('broken')
  })

  test('a consumer who leaves aborts the work and waits for its end', async () => {
    const log: string[] = []
    for await (const count of withEvents(counting(log), never)) if (count === 2) break
    expect(log).toEqual(['settled'])
  })

  test.each(['before', 'while'])('a signal that aborts %s it works ends it', async (when) => {
    const log: string[] = []
    const controller = new AbortController()
    if (when === 'before') controller.abort(new RangeError('enough'))
    const events = withEvents(counting(log), controller.signal)
    const end = (async () => {
      for await (const count of events) if (count === 2) controller.abort(new RangeError('enough'))
    })()
    await expect(end).rejects.toThrow('enough')
    expect(log).toEqual(['settled'])
  })
})
