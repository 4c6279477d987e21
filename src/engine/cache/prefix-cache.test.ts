import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PAGE_SIZE } from '../decoder/decoder.ts'
import type { CacheSequence, PageCopy } from './prefix-cache.ts'
import { PrefixCache, SlotPool } from './prefix-cache.ts'

/** Pages as memory, so that what a sequence reads can be compared with what it wrote. */
function memoryCache(pages: number) {
  const memory: (number | undefined)[][] = Array.from({ length: pages }, () => [])
  const copies: PageCopy[] = []
  const cache = new PrefixCache({ pages, pagesPerSequence: 8 }, (list) => {
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
    sequence.commit(values)
    return true
  }
  const readTable = (table: readonly number[], length: number) =>
    Array.from({ length }, (_, i) => memory[table[Math.floor(i / PAGE_SIZE)] ?? 0]?.[i % PAGE_SIZE])
  return { cache, copies, read, readTable, append, write }
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

test('what a released sequence executed is found again, page by page, and evicted when pages are needed', () => {
  const { cache, copies, read, append } = memoryCache(4)
  const first = cache.create()
  append(first, [...Array(40).keys()])
  first.share()
  first.release()
  expect([cache.livePages, cache.unpinnedPages, cache.freePages]).toEqual([0, 3, 4])
  const second = cache.create()
  expect(second.adopt([...Array(20).keys(), 99], 20, 4)).toBe(20)
  expect(read(second)).toEqual([...Array(20).keys()])
  append(second, [99])
  expect(copies.map(({ positions }) => positions)).toEqual([4])
  expect([cache.livePages, cache.unpinnedPages]).toEqual([2, 2])
  const third = cache.create()
  expect(append(third, Array(17).fill(7))).toBe(true)
  expect(cache.tree.evictedPages).toBe(2)
  expect(read(second)).toEqual([...Array(20).keys(), 99])
  expect(append(third, Array(17).fill(7))).toBe(false)
  second.release()
  third.release()
  cache.evictAll()
  expect([cache.freePages, cache.unpinnedPages, cache.counts.empty]).toEqual([4, 0, 4])
})

test('the least recently used tokens go first', () => {
  const { cache, append } = memoryCache(3)
  const known = (from: number) => {
    const sequence = cache.create()
    const taken = sequence.adopt([from, from + 1], 2, 3)
    sequence.release()
    return taken
  }
  for (const from of [10, 20, 30]) {
    const sequence = cache.create()
    append(sequence, [from, from + 1])
    sequence.share()
    sequence.release()
  }
  // 10 is used again, so 20 is the oldest.
  expect(known(10)).toBe(2)
  const other = cache.create()
  append(other, [1])
  expect([10, 20, 30].map((from) => cache.tree.match([from, from + 1]).length)).toEqual([2, 0, 2])
  other.release()
})

test('where a match within a page leaves no room for its copy, whole pages are taken', () => {
  const { cache, append } = memoryCache(2)
  const first = cache.create()
  append(first, [...Array(32).keys()])
  first.share()
  first.release()
  const again = cache.create()
  expect(again.adopt([...Array(32).keys()], 31, cache.freePages)).toBe(16)
  expect(again.reserve(32)).toBe(true)
})

test('two that executed the same tokens keep one copy of their whole pages', () => {
  const { cache, read, append } = memoryCache(8)
  const tokens = [...Array(37).keys()]
  const [a, b] = [cache.create(), cache.create()]
  for (const sequence of [a, b]) append(sequence, tokens)
  expect(cache.livePages).toBe(6)
  a.share()
  b.share()
  expect(cache.livePages).toBe(4)
  append(b, [7])
  b.share()
  expect([read(a), read(b)]).toEqual([tokens, [...tokens, 7]])
})

test('a kept page below which a branch has copies of its own can still be had', () => {
  const { cache, read, append } = memoryCache(4)
  const tokens = [...Array(16).keys()]
  const [known, own] = [cache.create(), cache.create()]
  append(known, tokens)
  append(own, [...tokens, 16])
  const fork = own.fork()
  // `own` takes the known page for its own first one, which `fork` still has.
  for (const sequence of [known, own]) sequence.share()
  for (const sequence of [known, own]) sequence.release()
  expect([cache.livePages, cache.unpinnedPages]).toEqual([2, 1])
  expect(append(cache.create(), [...Array(32).keys()])).toBe(true)
  expect(read(fork)).toEqual([...tokens, 16])
})

test('what is remembered at a position lives as long as its tokens are known', () => {
  const { cache, append } = memoryCache(2)
  const sequence = cache.create()
  append(sequence, [1, 2, 3, 4])
  sequence.share()
  cache.tree.remember([1, 2, 3], 2, [0.5])
  const other = cache.create()
  append(other, [1, 2, 9])
  other.share()
  expect(cache.tree.recall([1, 2, 3, 4], 2)).toEqual([0.5])
  expect(cache.tree.recall([1, 2, 9], 2)).toBe(undefined)
  sequence.release()
  other.release()
  cache.evictAll()
  expect(cache.tree.recall([1, 2, 3, 4], 2)).toBe(undefined)
})

type Command =
  | { readonly op: 'fork'; readonly of: number; readonly at: number }
  | { readonly op: 'append'; readonly of: number; readonly values: readonly number[]; readonly more: number }
  | { readonly op: 'truncate'; readonly of: number; readonly at: number }
  | { readonly op: 'share'; readonly of: number }
  | { readonly op: 'adopt'; readonly of: number; readonly like: number; readonly to: number }
  | { readonly op: 'begin'; readonly like: number; readonly to: number }
  | { readonly op: 'evict'; readonly count: number }
  | { readonly op: 'release'; readonly of: number }

// Two tokens only, in runs: histories then agree over long stretches and part at any place.
const values = fc
  .array(fc.tuple(fc.nat(1), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 4 })
  .map((runs) => runs.flatMap(([token, count]) => Array<number>(count).fill(token)))
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ op: fc.constant('fork' as const), of: fc.nat(), at: fc.nat() }),
  fc.record({ op: fc.constant('append' as const), of: fc.nat(), values, more: fc.nat(20) }),
  fc.record({ op: fc.constant('truncate' as const), of: fc.nat(), at: fc.nat() }),
  fc.record({ op: fc.constant('share' as const), of: fc.nat() }),
  fc.record({ op: fc.constant('adopt' as const), of: fc.nat(), like: fc.nat(), to: fc.nat() }),
  fc.record({ op: fc.constant('begin' as const), like: fc.nat(), to: fc.nat() }),
  fc.record({ op: fc.constant('evict' as const), count: fc.nat(30) }),
  fc.record({ op: fc.constant('release' as const), of: fc.nat() }),
)

interface Live {
  readonly sequence: CacheSequence
  readonly tokens: number[]
}

/** A page entry is the whole history up to it, so an entry of another history shows. */
function run(commands: readonly Command[]): void {
  const pages = 24
  const { cache, read, readTable, write } = memoryCache(pages)
  const histories = new Map<string, number>()
  const entry = (tokens: readonly number[], length: number) => {
    const key = tokens.slice(0, length).join('')
    const id = histories.get(key) ?? histories.size
    histories.set(key, id)
    return id
  }
  const live: Live[] = [{ sequence: cache.create(), tokens: [] }]
  const past: number[][] = []
  const append = ({ sequence, tokens }: Live, more: readonly number[], spare: number) => {
    const from = tokens.length
    const end = from + more.length + spare
    const [free, needed] = [cache.freePages, sequence.pagesNeeded(end)]
    expect(sequence.reserve(end)).toBe(needed <= free)
    if (needed > free) return
    tokens.push(...more)
    write(
      sequence,
      from,
      more.map((_, i) => entry(tokens, from + i + 1)),
    )
    sequence.commit(more)
  }
  const adopt = (item: Live, like: readonly number[], to: number) => {
    const next = like.slice(item.tokens.length, to)
    const free = cache.freePages
    const taken = item.sequence.adopt(next, next.length, free)
    if (taken === null) return
    item.tokens.push(...next.slice(0, taken))
    expect(item.sequence.pagesNeeded(item.tokens.length + next.length - taken)).toBeLessThanOrEqual(cache.freePages)
    append(item, next.slice(taken), 0)
  }
  for (const step of commands) {
    const item = 'of' in step ? live[step.of % Math.max(1, live.length)] : undefined
    const like = 'like' in step ? (past[step.like % Math.max(1, past.length)] ?? []) : []
    if (step.op === 'evict') {
      const most = Math.min(step.count, cache.unpinnedPages)
      expect(cache.tree.evict(step.count)).toBe(most)
    } else if (step.op === 'begin') {
      const begun = { sequence: cache.create(), tokens: [] }
      live.push(begun)
      adopt(begun, like, step.to % (like.length + 1))
    } else if (item === undefined) continue
    else if (step.op === 'fork') {
      const at = step.at % (item.tokens.length + 1)
      live.push({ sequence: item.sequence.fork(at), tokens: item.tokens.slice(0, at) })
    } else if (step.op === 'append') {
      const room = 128 - item.tokens.length
      append(item, step.values.slice(0, room), Math.min(step.more, Math.max(0, room - step.values.length)))
    } else if (step.op === 'truncate') {
      const at = step.at % (item.tokens.length + 1)
      item.sequence.truncate(at)
      item.tokens.length = at
    } else if (step.op === 'share') {
      item.sequence.share()
      past.push([...item.tokens])
      expect(cache.tree.match(item.tokens).length).toBe(item.tokens.length)
    } else if (step.op === 'adopt') {
      // Only where the other history goes on from this one.
      if (item.tokens.every((token, i) => token === like[i])) adopt(item, like, step.to % (like.length + 1))
    } else {
      item.sequence.share()
      past.push([...item.tokens])
      item.sequence.release()
      live.splice(live.indexOf(item), 1)
    }
    // What the tree says it knows of any history is that history's, also where another one has been known only.
    for (const tokens of [...past, ...live.map((other) => other.tokens), ...past.map((other) => [...other, 0, 0])]) {
      const { length, pages: table } = cache.tree.match(tokens)
      expect(readTable(table, length)).toEqual(Array.from({ length }, (_, i) => entry(tokens, i + 1)))
    }
    const used = new Set<number>()
    for (const { sequence, tokens } of live) {
      expect(read(sequence)).toEqual(tokens.map((_, i) => entry(tokens, i + 1)))
      expect(sequence.tokenIds).toEqual(tokens)
      for (const page of sequence.table().subarray(0, Math.ceil(tokens.length / PAGE_SIZE))) used.add(page)
    }
    // No page is both free and used, and none is lost.
    expect(cache.livePages).toBe(used.size)
    expect(cache.freePages + used.size).toBe(pages)
  }
  for (const { sequence } of live) sequence.release()
  expect([cache.livePages, cache.counts.empty + cache.unpinnedPages]).toEqual([0, pages])
  cache.evictAll()
  expect([cache.unpinnedPages, cache.counts.empty]).toEqual([0, pages])
  for (const tokens of past) expect(cache.tree.match(tokens).length).toBe(0)
}

test('random histories: every sequence reads its own, no page leaks, and what may be evicted can be', () => {
  fc.assert(fc.property(fc.array(command, { maxLength: 60 }), run), { numRuns: 300 })
})
