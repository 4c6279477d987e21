import { pushAll } from '../../core/push-all.ts'
import { PAGE_SIZE } from '../decoder/decoder.ts'
import { LeafQueue } from './leaf-queue.ts'
import type { PageCounts } from './page-counts.ts'

/** What somebody who read a head output at a position wants to know again without running it. */
export type Memo = readonly number[]

/** A run of tokens after its parent's; the root has none. */
interface TreeNode {
  /** Position of its first token. */
  start: number
  tokens: number[]
  /**
   * Pages from that of its first token on. A page belongs to one node: the one that reaches the page's end, or a leaf
   * that ends within it. Where a node with children ends within a page, every child has the entries before its start
   * in its own first page, so the node needs none.
   */
  pages: number[]
  parent: TreeNode | null
  readonly children: Map<number, TreeNode>
  lastUse: number
  /** By position. */
  memos: Map<number, Memo> | null
}

/** The longest known prefix of some tokens. */
export interface Match {
  readonly length: number
  /** Of positions 0 … length − 1. */
  readonly pages: readonly number[]
}

/**
 * Executed tokens that are known, whoever ran them: a radix tree over token ids whose nodes keep pages of keys and values.
 * Sequences do not point into it. They hold references to the pages they use, which is what pins a page, so the tree may
 * be cut and split while they live. After SGLang's radix cache; eviction is by whole pages from the ends of the leaves.
 */
export class RadixTree {
  /** Pages evicted so far. */
  evictedPages = 0
  private readonly counts: PageCounts
  private readonly root: TreeNode = node(0, [], [], null)
  private readonly leaves = new LeafQueue<TreeNode>()
  /** Counts uses; a clock without time, so that eviction is the same in every run. */
  private clock = 0

  constructor(counts: PageCounts) {
    this.counts = counts
  }

  /** The longest known prefix, `limit` positions at most. Takes no references. */
  match(tokens: readonly number[], limit = tokens.length): Match {
    const pages: number[] = []
    const { at, last } = this.walk(tokens, limit, (passed) => putPages(pages, passed))
    this.use(last)
    const end = pagesFor(at)
    if (pages.length < end) pages.push(partialPage(last))
    return { length: at, pages: pages.slice(0, end) }
  }

  /**
   * Keeps what a sequence has executed.
   * @param pages of all its positions; whole ones that the tree knows already come back as the tree's own
   */
  insert(tokens: readonly number[], pages: readonly number[]): readonly number[] {
    const known: number[] = []
    const { at, last, inside } = this.walk(tokens, tokens.length, (passed) => putPages(known, passed))
    this.use(last)
    const shared = known.slice(0, Math.floor(at / PAGE_SIZE))
    if (at < tokens.length) {
      const parent = inside > 0 && inside < last.tokens.length ? this.split(last, inside) : last
      if (parent.children.size > 0 || parent === this.root) this.add(parent, tokens.slice(at), pages)
      else this.lengthen(parent, tokens.slice(at), pages)
    }
    return [...shared, ...pages.slice(shared.length)]
  }

  /** What was remembered at a position of known tokens. */
  recall(tokens: readonly number[], position: number): Memo | undefined {
    const { at, last } = this.walk(tokens, position + 1)
    return at === position + 1 ? last.memos?.get(position) : undefined
  }

  /** Remembers something small at a position of known tokens, for as long as they are known. */
  remember(tokens: readonly number[], position: number, memo: Memo): void {
    const { at, last } = this.walk(tokens, position + 1)
    if (at !== position + 1) return
    last.memos ??= new Map()
    last.memos.set(position, memo)
  }

  /** Frees at least `wanted` pages, least recently used first. @returns how many it freed, fewer where there are no more */
  evict(wanted: number): number {
    const before = this.counts.empty
    const pinned: TreeNode[] = []
    const freed = () => this.counts.empty - before
    while (freed() < wanted) {
      const leaf = this.leaves.pop()
      if (leaf === undefined) break
      while (leaf.parent !== null && freed() < wanted && this.isUnpinned(leaf)) this.cut(leaf)
      if (leaf.parent === null) continue
      if (this.isUnpinned(leaf)) this.leaves.push(leaf)
      else pinned.push(leaf)
    }
    // Pages below a leaf in use can be free of users where its user has copies of its own. Rare; nothing is lost but the
    // place in the tree.
    for (const leaf of pinned) {
      while (leaf.parent !== null && freed() < wanted && this.counts.evictable > 0) this.cut(leaf)
      if (leaf.parent !== null) this.leaves.push(leaf)
    }
    const count = freed()
    this.evictedPages += count
    return count < wanted && this.counts.evictable > 0 ? count + this.evict(wanted - count) : count
  }

  /** Follows tokens down; `last` holds position at − 1, its token `inside` − 1. */
  private walk(
    tokens: readonly number[],
    limit: number,
    passing: (node: TreeNode) => void = () => {},
  ): { at: number; last: TreeNode; inside: number } {
    let last = this.root
    let at = 0
    while (at < limit) {
      const next = last.children.get(tokens[at] ?? -1)
      if (next === undefined) return { at, last, inside: last.tokens.length }
      const most = Math.min(next.tokens.length, limit - at)
      let inside = 0
      while (inside < most && next.tokens[inside] === tokens[at + inside]) inside += 1
      passing(next)
      at += inside
      last = next
      if (inside < next.tokens.length) return { at, last, inside }
    }
    return { at, last, inside: last.tokens.length }
  }

  private use(last: TreeNode): void {
    this.clock += 1
    for (let at: TreeNode | null = last; at !== null; at = at.parent) at.lastUse = this.clock
  }

  /** Cuts a node before its token `inside`. @returns the new node above it */
  private split(lower: TreeNode, inside: number): TreeNode {
    const middle = lower.start + inside
    const whole = Math.floor(middle / PAGE_SIZE) - firstPage(lower)
    const upper = node(lower.start, lower.tokens.slice(0, inside), lower.pages.slice(0, whole), lower.parent)
    upper.lastUse = lower.lastUse
    lower.parent?.children.set(upper.tokens[0] ?? -1, upper)
    lower.start = middle
    lower.tokens = lower.tokens.slice(inside)
    lower.pages = lower.pages.slice(whole)
    lower.parent = upper
    upper.children.set(lower.tokens[0] ?? -1, lower)
    const memos = [...(lower.memos ?? [])]
    upper.memos = memosOf(memos.filter(([position]) => position < middle))
    lower.memos = memosOf(memos.filter(([position]) => position >= middle))
    return upper
  }

  private add(parent: TreeNode, tokens: number[], pages: readonly number[]): void {
    const start = parent.start + parent.tokens.length
    const child = node(start, tokens, [], parent)
    child.pages = pages.slice(firstPage(child), pagesFor(start + tokens.length))
    for (const page of child.pages) this.counts.keep(page)
    child.lastUse = this.clock
    parent.children.set(tokens[0] ?? -1, child)
    this.leaves.push(child)
  }

  /** A leaf grows; where it ended within a page, the longer page takes the place of its own. */
  private lengthen(leaf: TreeNode, tokens: readonly number[], pages: readonly number[]): void {
    const first = firstPage(leaf)
    const whole = Math.floor((leaf.start + leaf.tokens.length) / PAGE_SIZE) - first
    const [partial] = leaf.pages.splice(whole)
    pushAll(leaf.tokens, tokens)
    const more = pages.slice(first + whole, pagesFor(leaf.start + leaf.tokens.length))
    if (partial !== undefined && partial !== more[0]) this.counts.drop(partial)
    for (const page of more) if (page !== partial) this.counts.keep(page)
    pushAll(leaf.pages, more)
  }

  private isUnpinned(leaf: TreeNode): boolean {
    const page = leaf.pages[leaf.pages.length - 1]
    return page !== undefined && this.counts.isEvictable(page)
  }

  /** Cuts a leaf's last page off. */
  private cut(leaf: TreeNode): void {
    const page = leaf.pages.pop()
    if (page === undefined || leaf.parent === null) return
    const end = (firstPage(leaf) + leaf.pages.length) * PAGE_SIZE
    if (end > leaf.start) {
      leaf.tokens.length = end - leaf.start
      for (const position of leaf.memos?.keys() ?? []) if (position >= end) leaf.memos?.delete(position)
      this.counts.drop(page)
      return
    }
    const { parent } = leaf
    parent.children.delete(leaf.tokens[0] ?? -1)
    leaf.parent = null
    const offset = leaf.start % PAGE_SIZE
    if (parent.children.size > 0 || offset === 0) this.counts.drop(page)
    else {
      // The entries before belong to the parent, which is a leaf from now on and keeps the page.
      parent.pages.push(page)
      if (this.counts.isEvictable(page)) this.counts.setWritten(page, offset)
    }
    if (parent.children.size === 0 && parent !== this.root) this.leaves.push(parent)
  }
}

/** Pages that hold so many positions. */
export function pagesFor(positions: number): number {
  return Math.ceil(positions / PAGE_SIZE)
}

function node(start: number, tokens: number[], pages: number[], parent: TreeNode | null): TreeNode {
  return { start, tokens, pages, parent, children: new Map(), lastUse: 0, memos: null }
}

function firstPage({ start }: TreeNode): number {
  return Math.floor(start / PAGE_SIZE)
}

function putPages(table: number[], node: TreeNode): void {
  table.splice(firstPage(node), Number.POSITIVE_INFINITY, ...node.pages)
}

/** The page with a node's last entries, where the node ends within it and has children: any child has them too. */
function partialPage(node: TreeNode): number {
  let at = node
  do {
    const [child] = at.children.values()
    if (child === undefined) throw new RangeError('a leaf without its last page')
    at = child
  } while (at.pages.length === 0)
  return at.pages[0] ?? 0
}

function memosOf(entries: readonly (readonly [number, Memo])[]): Map<number, Memo> | null {
  return entries.length === 0 ? null : new Map(entries)
}
