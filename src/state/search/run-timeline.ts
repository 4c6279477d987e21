import { applyEvent, emptyTree } from '../../search/apply-event.ts'
import type { SearchEvent } from '../../search/events.ts'
import type { SearchTree } from '../../search/tree.ts'

/** Events between two kept trees: a jump replays at most this many. */
const STRIDE = 200

/** The tree after any number of a run's events, without replaying them all. */
export class RunTimeline {
  private readonly events: SearchEvent[] = []
  /** `checkpoints[i]` is the tree after i · STRIDE events. */
  private readonly checkpoints: SearchTree[] = [emptyTree()]
  /** Trees asked for last, at the playhead and at the end: playing and following apply only what is new. */
  private recent: readonly Place[] = []

  get length(): number {
    return this.events.length
  }

  append(events: readonly SearchEvent[]): void {
    for (const event of events) this.events.push(event)
  }

  /** @param cursor number of events applied; outside 0 … length it is clamped */
  treeAt(cursor: number): SearchTree {
    const target = Math.max(0, Math.min(cursor, this.events.length))
    const base = Math.min(Math.floor(target / STRIDE), this.checkpoints.length - 1)
    let from: Place = { cursor: base * STRIDE, tree: this.checkpoints[base] ?? emptyTree() }
    for (const place of this.recent) if (place.cursor <= target && place.cursor >= from.cursor) from = place
    let { tree } = from
    for (let at = from.cursor; at < target; at += 1) {
      const event = this.events[at]
      if (event) tree = applyEvent(tree, event)
      if ((at + 1) % STRIDE === 0) this.checkpoints[(at + 1) / STRIDE] ??= tree
    }
    const place = { cursor: target, tree }
    this.recent = [place, ...this.recent.filter((other) => other !== from && other.cursor !== target)].slice(0, RECENT)
    return tree
  }
}

interface Place {
  readonly cursor: number
  readonly tree: SearchTree
}

/** The playhead, the end, and the place of equal FLOPs. */
const RECENT = 3
