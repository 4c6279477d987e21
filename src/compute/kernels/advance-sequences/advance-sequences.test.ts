import { expect, test } from 'vitest'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { runKernel } from '../../testing/run-kernel.ts'
import { NO_ROW } from '../attention/attention-shape.ts'
import { advanceSequencesKernel } from './advance-sequences.ts'

const CAPACITY = 160

onEachBackend('advance-sequences', (backend) => {
  test.each([
    { lanes: 1, count: 10, sharing: 1 },
    { lanes: 64, count: 10, sharing: 1 },
    { lanes: 1, count: 150, sharing: 7 },
    { lanes: 64, count: 150, sharing: 7 },
    { lanes: 64, count: 150, sharing: 150 },
    { lanes: 1, count: 0, sharing: 1 },
    { lanes: 64, count: 0, sharing: 1 },
  ])(
    'keeps sequences that go on, dense and in order, and runs each history once: $count targets, $sharing on a row, $lanes lanes',
    async ({ lanes, count, sharing }) => {
      // Target i is sequence 2·i on row i / sharing; sequences whose number has a 3 or a 7 in it or ends in 8 are done.
      const done = (sequence: number) => /[37]|8$/.test(String(sequence))
      const tokenOf = (sequence: number) => (sequence * 7) % 5
      const given = Array.from({ length: count }, (_, i) => ({
        row: Math.floor(i / sharing),
        sequence: 2 * i,
        slot: 1000 + i,
      }))
      const targets = new Uint32Array(4 * (1 + CAPACITY))
      targets[0] = count
      given.forEach(({ row, sequence, slot }, i) => {
        targets.set([row, 77, sequence, slot], 4 * (1 + i))
      })
      const rows = new Uint32Array(4 * (1 + CAPACITY)).fill(9)
      const states = Uint32Array.from({ length: 4 * 2 * CAPACITY }, (_, i) => {
        const sequence = Math.floor(i / 4)
        return [1, done(sequence) ? 1 : 0, tokenOf(sequence), 30][i % 4] ?? 0
      })
      const sequenceRows = new Uint32Array(2 * CAPACITY).fill(777)
      const kernel = advanceSequencesKernel({ lanes, capacity: CAPACITY })
      const found = await runKernel(backend(), kernel, { rows, targets, states, sequenceRows }, 1)

      const going = given.filter(({ sequence }) => !done(sequence))
      const same = (a: (typeof given)[number], b: (typeof given)[number]) =>
        a.row === b.row && tokenOf(a.sequence) === tokenOf(b.sequence)
      const leaders = going.filter((one, i) => going.findIndex((other) => same(one, other)) === i)
      expect(found.targets[0]).toBe(going.length)
      expect(found.rows[0]).toBe(leaders.length)
      expect([...found.rows.slice(4, 4 + 4 * leaders.length)]).toEqual(
        leaders.flatMap(({ sequence, slot }) => [tokenOf(sequence), 29, sequence, slot]),
      )
      const leads = sequenceRows.slice()
      for (const { sequence } of given) leads[sequence] = NO_ROW
      leaders.forEach(({ sequence }, row) => {
        leads[sequence] = row
      })
      expect([...found.sequenceRows]).toEqual([...leads])
      const kept = [...found.targets.slice(4, 4 + 4 * going.length)].filter((_, word) => word % 4 !== 1)
      expect(kept).toEqual(
        going.flatMap((one) => [leaders.findIndex((leader) => same(leader, one)), one.sequence, one.slot]),
      )
    },
  )
})
