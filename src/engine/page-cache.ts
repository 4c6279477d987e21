import { StepscopeError } from '../core/errors.ts'
import { PAGE_SIZE } from './decoder.ts'

export interface PageCopy {
  readonly from: number
  readonly to: number
  readonly positions: number
}

/**
 * Who uses which page of a decoder's key-value pool. Pages have reference counts: forking a sequence shares all of its
 * pages. Of a shared page, positions that nobody has written may be appended to in place by one sequence; a second
 * one that wants to write there gets a copy of the entries before (copy on write). After Apache TVM,
 * `src/runtime/vm/paged_kv_cache.cc`, ForkSequence.
 */
export class PageCache {
  readonly pages: number
  readonly pagesPerSequence: number
  private readonly copyPages: (copies: readonly PageCopy[]) => void
  private readonly references: Uint32Array
  /** Leading entries of each page that somebody has written or has reserved to write. */
  private readonly written: Uint8Array
  private readonly free: number[]

  constructor(
    size: { readonly pages: number; readonly pagesPerSequence: number },
    copyPages: (copies: readonly PageCopy[]) => void,
  ) {
    this.pages = size.pages
    this.pagesPerSequence = size.pagesPerSequence
    this.copyPages = copyPages
    this.references = new Uint32Array(size.pages)
    this.written = new Uint8Array(size.pages)
    this.free = Array.from({ length: size.pages }, (_, i) => size.pages - 1 - i)
  }

  get freePages(): number {
    return this.free.length
  }

  get livePages(): number {
    return this.pages - this.free.length
  }

  /** An empty sequence. */
  create(): CacheSequence {
    return new CacheSequence(this, [], 0)
  }

  allocate(): number {
    const page = this.free.pop()
    if (page === undefined) throw internal('a page was taken from an empty pool')
    this.references[page] = 1
    this.written[page] = 0
    return page
  }

  retain(page: number): void {
    this.references[page] = this.count(page) + 1
  }

  release(page: number): void {
    const left = this.count(page) - 1
    this.references[page] = left
    if (left === 0) this.free.push(page)
  }

  /** May a sequence that ends at `offset` of this page go on in place? */
  canAppend(page: number, offset: number): boolean {
    return this.count(page) === 1 || (this.written[page] ?? 0) <= offset
  }

  setWritten(page: number, entries: number): void {
    this.written[page] = entries
  }

  copy(copies: readonly PageCopy[]): void {
    this.copyPages(copies)
  }

  private count(page: number): number {
    const count = this.references[page] ?? 0
    if (count === 0) throw internal(`page ${page} is used although it is free`)
    return count
  }
}

/** The pages of one sequence: positions 0 … length − 1 are executed. Released exactly once. */
export class CacheSequence {
  private readonly cache: PageCache
  private readonly pages: number[]
  private end: number
  /** Positions end … reserved − 1 may be written. */
  private reserved: number
  private released = false

  /** @internal Use `PageCache.create` and `fork`. */
  constructor(cache: PageCache, pages: number[], end: number) {
    this.cache = cache
    this.pages = pages
    this.end = end
    this.reserved = end
  }

  get length(): number {
    return this.end
  }

  /** The first `length` positions as a sequence of its own; nothing is copied. */
  fork(length = this.end): CacheSequence {
    this.check()
    if (length > this.end) throw internal(`a fork at ${length} of a sequence of ${this.end} positions`)
    const pages = this.pages.slice(0, pagesFor(length))
    for (const page of pages) this.cache.retain(page)
    return new CacheSequence(this.cache, pages, length)
  }

  /** Pages that `reserve(end)` would take from the pool. */
  pagesNeeded(end: number): number {
    if (end <= this.end) return 0
    return pagesFor(end) - pagesFor(this.end) + (this.mustCopy() ? 1 : 0)
  }

  /**
   * Makes positions up to `end` − 1 writable.
   * @returns false, with nothing changed, where the pool has too few pages
   */
  reserve(end: number): boolean {
    this.check()
    if (this.reserved !== this.end) throw internal('positions are already reserved')
    if (pagesFor(end) > this.cache.pagesPerSequence) throw internal(`position ${end - 1} lies outside the page table`)
    if (end <= this.end) return true
    if (this.pagesNeeded(end) > this.cache.freePages) return false
    const first = Math.floor(this.end / PAGE_SIZE)
    const shared = this.pages[first]
    if (shared !== undefined && this.mustCopy()) {
      const own = this.cache.allocate()
      this.cache.copy([{ from: shared, to: own, positions: this.end % PAGE_SIZE }])
      this.cache.release(shared)
      this.pages[first] = own
    }
    while (this.pages.length < pagesFor(end)) this.pages.push(this.cache.allocate())
    for (let index = first; index < this.pages.length; index++) {
      const page = this.pages[index]
      if (page !== undefined) this.cache.setWritten(page, Math.min(PAGE_SIZE, end - index * PAGE_SIZE))
    }
    this.reserved = end
    return true
  }

  /** The sequence is `length` positions long from now on; what was reserved beyond is given back. */
  commit(length: number): void {
    this.check()
    if (length < this.end || length > this.reserved) throw internal(`commit of ${length} outside what was reserved`)
    const held = this.reserved > this.end
    this.reserved = this.end = length
    this.trim()
    const last = this.pages[this.pages.length - 1]
    // Nobody can have read what was reserved, so the entries beyond the end are free for others again.
    if (held && last !== undefined && length % PAGE_SIZE !== 0) this.cache.setWritten(last, length % PAGE_SIZE)
  }

  /** Cuts the sequence to its first `length` positions. */
  truncate(length: number): void {
    this.check()
    if (length > this.end) throw internal(`a cut at ${length} of a sequence of ${this.end} positions`)
    this.reserved = this.end = length
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
    for (const page of this.pages) this.cache.release(page)
    this.pages.length = 0
  }

  private trim(): void {
    for (const page of this.pages.splice(pagesFor(this.end))) this.cache.release(page)
  }

  private mustCopy(): boolean {
    const offset = this.end % PAGE_SIZE
    const page = this.pages[Math.floor(this.end / PAGE_SIZE)]
    return offset > 0 && page !== undefined && !this.cache.canAppend(page, offset)
  }

  private check(): void {
    if (this.released) throw internal('a sequence was used after its release')
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
    if (slot === undefined) throw internal('a slot was taken from an empty pool')
    this.used.add(slot)
    return slot
  }

  release(slot: number): void {
    if (!this.used.delete(slot)) throw internal(`slot ${slot} was released twice`)
    this.free.push(slot)
  }
}

function pagesFor(positions: number): number {
  return Math.ceil(positions / PAGE_SIZE)
}

function internal(message: string): StepscopeError {
  return new StepscopeError({ code: 'internal', message: `The cache was misused: ${message}.` })
}
