import { pushAll } from '../../core/push-all.ts'
import { PAGE_SIZE } from '../decoder/decoder.ts'
import { misuse, PageCounts } from './page-counts.ts'
import { pagesFor, RadixTree } from './radix-tree.ts'

export interface PageCopy {
  readonly from: number
  readonly to: number
  readonly positions: number
}

/**
 * The key-value cache of a decoder. Pages have reference counts: forking a sequence shares all of its pages. Of a shared
 * page, positions that nobody has written may be appended to in place by one sequence; a second one that wants to write
 * there gets a copy of the entries before (copy on write). After Apache TVM, `src/runtime/vm/paged_kv_cache.cc`,
 * ForkSequence. What sequences have executed stays known in a radix tree, also when they are gone, until its pages are
 * needed.
 */
export class PrefixCache {
  readonly pages: number
  readonly pagesPerSequence: number
  readonly counts: PageCounts
  readonly tree: RadixTree
  private readonly copyPages: (copies: readonly PageCopy[]) => void

  constructor(
    size: { readonly pages: number; readonly pagesPerSequence: number },
    copyPages: (copies: readonly PageCopy[]) => void,
  ) {
    this.pages = size.pages
    this.pagesPerSequence = size.pagesPerSequence
    this.copyPages = copyPages
    this.counts = new PageCounts(size.pages)
    this.tree = new RadixTree(this.counts)
  }

  /** Pages that can be had: empty ones, and those that only the tree keeps. */
  get freePages(): number {
    return this.counts.empty + this.counts.evictable
  }

  /** Pages that only the tree keeps. */
  get unpinnedPages(): number {
    return this.counts.evictable
  }

  /** Pages that sequences hold. */
  get livePages(): number {
    return this.pages - this.freePages
  }

  /** An empty sequence. */
  create(): CacheSequence {
    return new CacheSequence(this, [], [])
  }

  /** An empty page, evicting one where there is none. */
  allocate(): number {
    if (this.counts.empty === 0) this.tree.evict(1)
    return this.counts.take()
  }

  copy(copies: readonly PageCopy[]): void {
    this.copyPages(copies)
  }

  /** Forgets what no sequence holds. */
  evictAll(): void {
    this.tree.evict(this.pages)
  }
}

/** The pages of one sequence: positions 0 … length − 1 are executed. Released exactly once. */
export class CacheSequence {
  private readonly cache: PrefixCache
  private readonly ids: number[]
  private pages: number[]
  /** Positions length … reserved − 1 may be written. */
  private reserved: number
  private released = false

  /** @internal Use `PrefixCache.create` and `fork`. */
  constructor(cache: PrefixCache, pages: number[], ids: number[]) {
    this.cache = cache
    this.pages = pages
    this.ids = ids
    this.reserved = ids.length
  }

  get length(): number {
    return this.ids.length
  }

  /** The executed tokens. */
  get tokenIds(): readonly number[] {
    return this.ids
  }

  /** The first `length` positions as a sequence of its own; nothing is copied. */
  fork(length = this.length): CacheSequence {
    this.check()
    if (length > this.length) throw misuse(`a fork at ${length} of a sequence of ${this.length} positions`)
    const pages = this.pages.slice(0, pagesFor(length))
    for (const page of pages) this.cache.counts.retain(page)
    return new CacheSequence(this.cache, pages, this.ids.slice(0, length))
  }

  /** Pages that `reserve(end)` would take from the pool. */
  pagesNeeded(end: number): number {
    if (end <= this.length) return 0
    return pagesFor(end) - pagesFor(this.length) + (this.mustCopy() ? 1 : 0)
  }

  /**
   * Makes positions up to `end` − 1 writable.
   * @returns false, with nothing changed, where the pool has too few pages
   */
  reserve(end: number): boolean {
    this.check()
    const from = this.length
    if (this.reserved !== from) throw misuse('positions are already reserved')
    if (pagesFor(end) > this.cache.pagesPerSequence) throw misuse(`position ${end - 1} lies outside the page table`)
    if (end <= from) return true
    if (this.pagesNeeded(end) > this.cache.freePages) return false
    const first = Math.floor(from / PAGE_SIZE)
    const shared = this.pages[first]
    if (shared !== undefined && this.mustCopy()) {
      const own = this.cache.allocate()
      this.cache.copy([{ from: shared, to: own, positions: from % PAGE_SIZE }])
      this.cache.counts.release(shared)
      this.pages[first] = own
    }
    while (this.pages.length < pagesFor(end)) this.pages.push(this.cache.allocate())
    for (let index = first; index < this.pages.length; index++) {
      const page = this.pages[index]
      if (page !== undefined) this.cache.counts.setWritten(page, Math.min(PAGE_SIZE, end - index * PAGE_SIZE))
    }
    this.reserved = end
    return true
  }

  /** Tokens have been executed at the next positions; what was reserved beyond is given back. */
  commit(tokenIds: readonly number[]): void {
    this.check()
    const length = this.length + tokenIds.length
    if (length > this.reserved) throw misuse(`commit of ${length} positions, ${this.reserved} are reserved`)
    const held = this.reserved > this.length
    pushAll(this.ids, tokenIds)
    this.reserved = length
    this.trim()
    const last = this.pages[this.pages.length - 1]
    // Nobody can have read what was reserved, so the entries beyond the end are free for others again.
    if (held && last !== undefined && length % PAGE_SIZE !== 0) {
      this.cache.counts.setWritten(last, length % PAGE_SIZE)
    }
  }

  /**
   * Lets any later sequence start from what this one has executed. Whole pages of which there is a copy already are
   * given back for it.
   */
  share(): void {
    this.check()
    if (this.reserved !== this.length) throw misuse('a sequence was shared while it is being written')
    this.exchange(this.cache.tree.insert(this.ids, this.pages))
  }

  /**
   * Goes on by tokens that are known already, up to `limit` positions. To be called where a page that only the tree
   * keeps may be taken into use.
   * @param spare pages that may be taken into use
   * @param next tokens that are to follow; as many as are known, and no more than leave room for the rest, are taken
   * @param most how many of them may be taken
   * @returns how many were taken, where all of `next` can be reserved within `spare`; otherwise null, nothing is changed
   */
  adopt(next: readonly number[], most: number, spare: number): number | null {
    this.check()
    if (this.reserved !== this.length) throw misuse('a sequence was continued while it is being written')
    const from = this.length
    const end = from + next.length
    if (most > 0) {
      const ids = [...this.ids, ...next]
      const { length, pages } = this.cache.tree.match(ids, from + most)
      // A match that ends within a page costs a copy; where there is no room for it, whole pages will do.
      for (const at of [length, length - (length % PAGE_SIZE)]) {
        if (at <= from) break
        const table = pages.slice(0, pagesFor(at))
        const evictable = table.filter((page) => this.cache.counts.isEvictable(page)).length
        const copied = at % PAGE_SIZE !== 0 && end > at ? 1 : 0
        if (evictable + pagesFor(end) - table.length + copied > spare) continue
        this.exchange(table)
        pushAll(this.ids, next.slice(0, at - from))
        this.reserved = at
        return at - from
      }
    }
    return this.pagesNeeded(end) > spare ? null : 0
  }

  /** Cuts the sequence to its first `length` positions. */
  truncate(length: number): void {
    this.check()
    if (length > this.length) throw misuse(`a cut at ${length} of a sequence of ${this.length} positions`)
    this.reserved = this.ids.length = length
    this.trim()
  }

  /** Its page table, `pagesPerSequence` entries. */
  table(): Uint32Array {
    this.check()
    const table = new Uint32Array(this.cache.pagesPerSequence)
    table.set(this.pages)
    return table
  }

  release(): void {
    this.check()
    this.released = true
    for (const page of this.pages) this.cache.counts.release(page)
    this.pages.length = 0
  }

  private exchange(pages: readonly number[]): void {
    const { counts } = this.cache
    for (const page of pages) counts.retain(page)
    for (const page of this.pages) counts.release(page)
    this.pages = [...pages]
  }

  private trim(): void {
    for (const page of this.pages.splice(pagesFor(this.length))) this.cache.counts.release(page)
  }

  private mustCopy(): boolean {
    const offset = this.length % PAGE_SIZE
    const page = this.pages[Math.floor(this.length / PAGE_SIZE)]
    return offset > 0 && page !== undefined && !this.cache.counts.canAppend(page, offset)
  }

  private check(): void {
    if (this.released) throw misuse('a sequence was used after its release')
  }
}

/** A pool of hidden-state slots; each has one owner. */
export class SlotPool {
  private readonly free: number[]
  private readonly used = new Set<number>()

  constructor(slots: number) {
    this.free = Array.from({ length: slots }, (_, i) => slots - 1 - i)
  }

  get freeSlots(): number {
    return this.free.length
  }

  get liveSlots(): number {
    return this.used.size
  }

  allocate(): number {
    const slot = this.free.pop()
    if (slot === undefined) throw misuse('a slot was taken from an empty pool')
    this.used.add(slot)
    return slot
  }

  release(slot: number): void {
    if (!this.used.delete(slot)) throw misuse(`slot ${slot} was released twice`)
    this.free.push(slot)
  }
}
