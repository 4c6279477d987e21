import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PlannedSequence } from './attention-plan.ts'
import { countPageLoads, planAttention } from './attention-plan.ts'

/** Sequences of a random tree: each copies the leading pages of an earlier sequence and goes on with pages of its own. */
const trees = fc
  .array(fc.tuple(fc.nat(), fc.nat(12), fc.integer({ min: 1, max: 6 }), fc.nat(15)), { minLength: 1, maxLength: 12 })
  .map((branches) => {
    const tables: number[][] = []
    let next = 0
    return branches.map(([parent, kept, own, open]): PlannedSequence => {
      const from = tables[parent % Math.max(1, tables.length)] ?? []
      const table = [...from.slice(0, kept), ...Array.from({ length: own }, () => next++)]
      tables.push(table)
      return { pageTable: Uint32Array.from(table), position: 16 * table.length - 16 + open }
    })
  })

describe('the plan of a burst', () => {
  test('lists every covered page of every sequence once, and covers what is shared', () => {
    fc.assert(
      fc.property(
        trees,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 80 }),
        (sequences, sharedBy, capacity) => {
          const plan = planAttention(sequences, { capacity, sharedBy, pages: 100 })
          const full = sequences.map(({ pageTable, position }) => [...pageTable.slice(0, Math.floor(position / 16))])
          const sharers = (page: number) => full.filter((pages) => pages.includes(page)).length
          const runs = full.map((pages) => {
            const end = pages.findIndex((page) => sharers(page) < sharedBy)
            return end < 0 ? pages.length : end
          })
          const covered = sequences.map((_, sequence) => plan.coverage[2 * sequence] ?? 0)
          const total = covered.reduce((sum, pages) => sum + pages, 0)
          const cut = Math.max(...covered)
          expect(total).toBeLessThanOrEqual(capacity)
          expect(covered).toEqual(runs.map((run) => Math.min(run, cut)))
          // Cut no shorter than it has to be.
          const longer = runs.reduce((sum, run) => sum + Math.min(run, cut + 1), 0)
          expect(longer > capacity || longer === total).toBe(true)

          const expected = new Map<number, number[][]>()
          let place = 0
          full.forEach((pages, sequence) => {
            expect(plan.coverage[2 * sequence + 1]).toBe(place)
            for (const page of pages.slice(0, covered[sequence])) {
              expected.set(page, [...(expected.get(page) ?? []), [sequence, place++]])
            }
          })
          const found = new Map<number, number[][]>()
          let entries = 0
          for (let item = 0; item < plan.items.length; item += 4) {
            const [page = -1, first = -1, count = 0] = plan.items.subarray(item, item + 3)
            expect(first).toBe(entries)
            entries += count
            const list = Array.from({ length: count }, (_, i) => [
              ...plan.list.slice(2 * (first + i), 2 * (first + i) + 2),
            ])
            found.set(page, list)
          }
          expect(found).toEqual(expected)
          expect(plan.list).toHaveLength(2 * total)
        },
      ),
    )
  })

  test('loads are those of a plain count', () => {
    fc.assert(
      fc.property(
        trees,
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.nat(20), { minLength: 12 }),
        (sequences, sharedBy, all) => {
          const plan = planAttention(sequences, { capacity: 60, sharedBy, pages: 100 })
          const executed = all.slice(0, sequences.length)
          const loads = new Set<string>()
          let single = 0
          let visits = 0
          sequences.forEach(({ pageTable, position }, sequence) => {
            for (let step = 0; step < (executed[sequence] ?? 0); step++) {
              for (let index = 0; 16 * index <= position + step; index++) {
                visits++
                if (index < (plan.coverage[2 * sequence] ?? 0)) loads.add(`${step} ${pageTable[index]}`)
                else single++
              }
            }
          })
          expect(countPageLoads(plan, sequences, executed, { heads: 6, keyValueHeads: 2 })).toEqual({
            reads: 6 * single + 2 * loads.size,
            visits: 6 * visits,
          })
        },
      ),
    )
  })

  test('at 64 branches the trunk is read within 1.2 times as often as at one', () => {
    const trunk = Array.from({ length: 12 }, (_, page) => page)
    const branches = (count: number) =>
      Array.from({ length: count }, (_, sequence) => ({
        pageTable: Uint32Array.from([...trunk, 12 + sequence]),
        position: 192,
      }))
    const heads = { heads: 4, keyValueHeads: 4 }
    const loads = (count: number) => {
      const sequences = branches(count)
      const plan = planAttention(sequences, { capacity: 4096, sharedBy: 2, pages: 100 })
      const { reads } = countPageLoads(
        plan,
        sequences,
        sequences.map(() => 16),
        heads,
      )
      // All steps stay within each sequence's own page, which is not the trunk's.
      return reads - count * 16 * heads.heads
    }
    expect(loads(1)).toBe(12 * 16 * 4)
    expect(loads(64)).toBeLessThanOrEqual(1.2 * loads(1))
    expect(loads(64)).toBeGreaterThan(0)
  })
})
