import { expect, test, vi } from 'vitest'
import { untilAborted } from './until-aborted.ts'

test('gives the result, the failure, or null as soon as the signal aborts', async () => {
  const controller = new AbortController()
  const { signal } = controller
  expect(await untilAborted(Promise.resolve(3), signal)).toBe(3)
  await expect(untilAborted(Promise.reject(new RangeError('no')), signal)).rejects.toThrow('no')
  let fail = (_: Error): void => {}
  const slow = new Promise<number>((_, reject) => {
    fail = reject
  })
  const waiting = untilAborted(slow, signal)
  controller.abort()
  expect(await waiting).toBeNull()
  expect(await untilAborted(new Promise(() => {}), signal)).toBeNull()
  // Nobody waits for it any more: that is no error of the process.
  fail(new RangeError('late'))
})

test('leaves nothing at the signal', async () => {
  const { signal } = new AbortController()
  const added = vi.spyOn(signal, 'addEventListener')
  const removed = vi.spyOn(signal, 'removeEventListener')
  for (let i = 0; i < 100; i++) await untilAborted(Promise.resolve(i), signal)
  expect(added).toHaveBeenCalledTimes(100)
  expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(added.mock.calls.map(([, listener]) => listener))
})
