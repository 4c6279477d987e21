import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { runKernel } from '../../testing/run-kernel.ts'
import { NO_ROW } from '../attention/attention-shape.ts'
import { advanceLanesKernel } from './advance-lanes.ts'

const CAPACITY = 160

onEachBackend('advance-lanes', (backend) => {
  test.each([
    { lanes: 1, count: 10, sharing: 1 },
    { lanes: 64, count: 10, sharing: 1 },
    { lanes: 1, count: 150, sharing: 7 },
    { lanes: 64, count: 150, sharing: 7 },
    { lanes: 64, count: 150, sharing: 150 },
    { lanes: 1, count: 0, sharing: 1 },
    { lanes: 64, count: 0, sharing: 1 },
  ])(
    'keeps lanes that go on, dense and in order, and runs each history once: $count targets, $sharing on a row, $lanes lanes',
    async ({ lanes, count, sharing }) => {
      // Target i is lane 2·i on row i / sharing; lanes whose number has a 3 or a 7 in it or ends in 8 are done.
      const done = (lane: number) => /[37]|8$/.test(String(lane))
      const tokenOf = (lane: number) => (lane * 7) % 5
      const given = Array.from({ length: count }, (_, i) => ({
        row: Math.floor(i / sharing),
        lane: 2 * i,
        slot: 1000 + i,
      }))
      const targets = new Uint32Array(4 * (1 + CAPACITY))
      targets[0] = count
      given.forEach(({ row, lane, slot }, i) => {
        targets.set([row, 77, lane, slot], 4 * (1 + i))
      })
      const rows = new Uint32Array(4 * (1 + CAPACITY)).fill(9)
      const states = Uint32Array.from({ length: 4 * 2 * CAPACITY }, (_, i) => {
        const lane = Math.floor(i / 4)
        return [1, done(lane) ? 1 : 0, tokenOf(lane), 30][i % 4] ?? 0
      })
      const laneRows = new Uint32Array(2 * CAPACITY).fill(777)
      const kernel = advanceLanesKernel({ lanes, capacity: CAPACITY })
      const found = await runKernel(backend(), kernel, { rows, targets, states, laneRows }, 1)

      const going = given.filter(({ lane }) => !done(lane))
      const same = (a: (typeof given)[number], b: (typeof given)[number]) =>
        a.row === b.row && tokenOf(a.lane) === tokenOf(b.lane)
      const leaders = going.filter((one, i) => going.findIndex((other) => same(one, other)) === i)
      expect(found.targets[0]).toBe(going.length)
      expect(found.rows[0]).toBe(leaders.length)
      expect([...found.rows.slice(4, 4 + 4 * leaders.length)]).toEqual(
        leaders.flatMap(({ lane, slot }) => [tokenOf(lane), 29, lane, slot]),
      )
      const leads = laneRows.slice()
      for (const { lane } of given) leads[lane] = NO_ROW
      leaders.forEach(({ lane }, row) => {
        leads[lane] = row
      })
      expect([...found.laneRows]).toEqual([...leads])
      const kept = [...found.targets.slice(4, 4 + 4 * going.length)].filter((_, word) => word % 4 !== 1)
      expect(kept).toEqual(
        going.flatMap((one) => [leaders.findIndex((leader) => same(leader, one)), one.lane, one.slot]),
      )
    },
  )
})
