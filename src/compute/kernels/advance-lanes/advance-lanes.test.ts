import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { runKernel } from '../../testing/run-kernel.ts'
import { advanceLanesKernel } from './advance-lanes.ts'

onEachBackend('advance-lanes', (backend) => {
  test.each([
    { lanes: 1, count: 10 },
    { lanes: 64, count: 10 },
    { lanes: 64, count: 150 },
    { lanes: 1, count: 0 },
    { lanes: 64, count: 0 },
  ])('keeps the rows of lanes that go on, dense and in order: $count rows, $lanes lanes', async ({ lanes, count }) => {
    // Row i is lane 2·i; lanes whose number has a 3 or a 7 in it are done.
    const done = (lane: number) => /[37]|8$/.test(String(lane))
    const given = Array.from({ length: count }, (_, i) => [9, 9, 2 * i, 1000 + i])
    const rows = Uint32Array.of(count, 0, 0, 0, ...given.flat(), 0, 0, 0, 0)
    const states = Uint32Array.from({ length: 4 * 300 }, (_, i) => {
      const lane = Math.floor(i / 4)
      return [1, done(lane) ? 1 : 0, lane % 23, 30 + lane][i % 4] ?? 0
    })
    const found = await runKernel(backend(), advanceLanesKernel(lanes), { rows, states }, 1)
    const expected = given
      .filter(([, , lane]) => !done(lane ?? 0))
      .map(([, , lane = 0, slot = 0]) => [lane % 23, 29 + lane, lane, slot])
    expect(found.rows[0]).toBe(expected.length)
    expect([...found.rows.slice(4, 4 + 4 * expected.length)]).toEqual(expected.flat())
  })
})
