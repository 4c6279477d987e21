import { StepscopeError } from '../../core/errors.ts'

/**
 * Who holds which page of a decoder's key-value pool. A page is free, or held by sequences, or kept by the tree of known
 * tokens, or both. One that only the tree keeps can be evicted: it counts as available.
 */
export class PageCounts {
  readonly pages: number
  /** Holders of each page, the tree included. */
  private readonly references: Uint32Array
  /** Leading entries of each page that somebody has written or has reserved to write. */
  private readonly written: Uint8Array
  private readonly inTree: Uint8Array
  private readonly free: number[]
  private treeOnly = 0

  constructor(pages: number) {
    this.pages = pages
    this.references = new Uint32Array(pages)
    this.written = new Uint8Array(pages)
    this.inTree = new Uint8Array(pages)
    this.free = Array.from({ length: pages }, (_, i) => pages - 1 - i)
  }

  /** Pages that hold nothing. */
  get empty(): number {
    return this.free.length
  }

  /** Pages that only the tree keeps. */
  get evictable(): number {
    return this.treeOnly
  }

  /** Takes an empty page; the caller holds it. */
  take(): number {
    const page = this.free.pop()
    if (page === undefined) throw misuse('a page was taken from an empty pool')
    this.references[page] = 1
    this.written[page] = 0
    return page
  }

  retain(page: number): void {
    if (this.isEvictable(page)) this.treeOnly -= 1
    this.references[page] = this.count(page) + 1
  }

  release(page: number): void {
    const left = this.count(page) - 1
    if (left === 0 && this.inTree[page]) throw misuse(`page ${page} was released by more than held it`)
    this.references[page] = left
    if (left === 0) this.free.push(page)
    else if (this.isEvictable(page)) this.treeOnly += 1
  }

  /** The tree keeps a page that a sequence holds. */
  keep(page: number): void {
    if (this.inTree[page]) throw misuse(`page ${page} would have two places in the tree`)
    this.retain(page)
    this.inTree[page] = 1
  }

  /** The tree lets go of a page. */
  drop(page: number): void {
    if (!this.inTree[page]) throw misuse(`page ${page} is not in the tree`)
    if (this.isEvictable(page)) this.treeOnly -= 1
    this.inTree[page] = 0
    this.release(page)
  }

  isEvictable(page: number): boolean {
    return this.inTree[page] === 1 && this.references[page] === 1
  }

  /** May a holder that ends at `offset` of this page go on in place? */
  canAppend(page: number, offset: number): boolean {
    return this.count(page) === 1 || (this.written[page] ?? 0) <= offset
  }

  setWritten(page: number, entries: number): void {
    this.written[page] = entries
  }

  private count(page: number): number {
    const count = this.references[page] ?? 0
    if (count === 0) throw misuse(`page ${page} is used although it is free`)
    return count
  }
}

export function misuse(message: string): StepscopeError {
  return new StepscopeError({ code: 'internal', message: `The cache was misused: ${message}.` })
}
