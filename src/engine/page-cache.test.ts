import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PAGE_SIZE } from './decoder.ts'
import type { CacheSequence, PageCopy } from './page-cache.ts'
import { PageCache, SlotPool } from './page-cache.ts'

/** Pages as memory, so that what a sequence reads can be compared with what it wrote. */
function memoryCache(pages: number) {
  const memory: (number | undefined)[][] = Array.from({ length: pages }, () => [])
  const copies: PageCopy[] = []
  const cache = new PageCache({ pages, pagesPerSequence: 8 }, (list) => {
    for (const { from, to, positions } of list) {
      copies.push({ from, to, positions })
      memory[to] = (memory[from] ?? []).slice(0, positions)
    }
  })
  const read = (sequence: CacheSequence) => {
    const table = sequence.table()
    return Array.from(
      { length: sequence.length },
      (_, i) => memory[table[Math.floor(i / PAGE_SIZE)] ?? 0]?.[i % PAGE_SIZE],
    )
  }
  const write = (sequence: CacheSequence, from: number, values: readonly number[]) => {
    const table = sequence.table()
    for (const [i, value] of values.entries()) {
      const at = from + i
      const page = memory[table[Math.floor(at / PAGE_SIZE)] ?? 0]
      if (page) page[at % PAGE_SIZE] = value
    }
  }
  const append = (sequence: CacheSequence, values: readonly number[], reserveMore = 0): boolean => {
    const from = sequence.length
    if (!sequence.reserve(from + values.length + reserveMore)) return false
    write(sequence, from, values)
    sequence.commit(from + values.length)
    return true
  }
  return { cache, copies, read, append }
}

test('a fork shares every page; only the second writer copies, and only the entries before its end', () => {
  const { cache, copies, read, append } = memoryCache(8)
  const trunk = cache.create()
  append(trunk, [...Array(20).keys()])
  expect(cache.livePages).toBe(2)
  const left = trunk.fork()
  const right = trunk.fork()
  expect(cache.livePages).toBe(2)
  append(left, [100])
  expect(copies).toEqual([])
  expect(cache.livePages).toBe(2)
  append(right, [200])
  expect(copies.map(({ positions }) => positions)).toEqual([4])
  expect(cache.livePages).toBe(3)
  expect(read(left).slice(-2)).toEqual([19, 100])
  expect(read(right).slice(-2)).toEqual([19, 200])
  expect(read(trunk).slice(-2)).toEqual([18, 19])
})

test('what a sequence reserved and did not use is given back', () => {
  const { cache, copies, append } = memoryCache(8)
  const trunk = cache.create()
  append(trunk, [1, 2, 3])
  const other = trunk.fork()
  append(trunk, [], 40)
  expect(cache.livePages).toBe(1)
  append(other, [7])
  expect(copies).toEqual([])
})

test('a pool that is too small refuses without changing anything', () => {
  const { cache, append } = memoryCache(2)
  const sequence = cache.create()
  append(sequence, [1])
  expect(sequence.pagesNeeded(40)).toBe(2)
  expect(append(sequence, Array(39).fill(0))).toBe(false)
  expect([cache.livePages, sequence.length]).toEqual([1, 1])
  expect(append(sequence, Array(31).fill(0))).toBe(true)
})

test('releasing twice, and using a released sequence, are internal errors', () => {
  const { cache } = memoryCache(2)
  const sequence = cache.create()
  sequence.release()
  expect(() => sequence.release()).toThrow(/after its release/)
  expect(() => sequence.fork()).toThrow(/after its release/)
  const slots = new SlotPool(1)
  const slot = slots.allocate()
  slots.release(slot)
  expect(() => slots.release(slot)).toThrow(/released twice/)
})

type Command =
  | { readonly op: 'fork'; readonly of: number; readonly at: number }
  | { readonly op: 'append'; readonly to: number; readonly count: number; readonly more: number }
  | { readonly op: 'truncate'; readonly of: number; readonly at: number }
  | { readonly op: 'release'; readonly of: number }

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ op: fc.constant('fork' as const), of: fc.nat(), at: fc.nat() }),
  fc.record({ op: fc.constant('append' as const), to: fc.nat(), count: fc.nat(40), more: fc.nat(20) }),
  fc.record({ op: fc.constant('truncate' as const), of: fc.nat(), at: fc.nat() }),
  fc.record({ op: fc.constant('release' as const), of: fc.nat() }),
)

test('random forks, appends, cuts and releases: every sequence reads what it wrote, and no page leaks', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const { cache, read, append } = memoryCache(24)
      const live: { sequence: CacheSequence; values: number[] }[] = [{ sequence: cache.create(), values: [] }]
      let next = 1
      for (const step of commands) {
        const index = (step.op === 'append' ? step.to : step.of) % Math.max(1, live.length)
        const item = live[index]
        if (!item) continue
        if (step.op === 'fork') {
          const at = step.at % (item.values.length + 1)
          live.push({ sequence: item.sequence.fork(at), values: item.values.slice(0, at) })
        } else if (step.op === 'append') {
          const values = Array.from({ length: Math.min(step.count, 128 - item.values.length) }, () => next++)
          const more = Math.min(step.more, 128 - item.values.length - values.length)
          const free = cache.freePages
          const needed = item.sequence.pagesNeeded(item.values.length + values.length + more)
          expect(append(item.sequence, values, more)).toBe(needed <= free)
          if (needed <= free) item.values.push(...values)
        } else if (step.op === 'truncate') {
          const at = step.at % (item.values.length + 1)
          item.sequence.truncate(at)
          item.values.length = at
        } else {
          item.sequence.release()
          live.splice(index, 1)
        }
        for (const { sequence, values } of live) expect(read(sequence)).toEqual(values)
      }
      for (const { sequence } of live) sequence.release()
      expect(cache.livePages).toBe(0)
    }),
    { numRuns: 300 },
  )
})
