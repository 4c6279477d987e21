/** Something with the time of its last use. */
export interface Aged {
  lastUse: number
}

/**
 * Leaves by age, oldest first: a binary heap. A leaf that is used again stays where it is; it is put back in its new
 * place when it comes up, so that a use costs nothing here.
 */
export class LeafQueue<T extends Aged> {
  private readonly heap: { readonly item: T; readonly age: number }[] = []

  push(item: T): void {
    const { heap } = this
    const entry = { item, age: item.lastUse }
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || parent.age <= entry.age) break
      heap[at] = parent
      at = above
    }
    heap[at] = entry
  }

  /** Takes out the least recently used one. */
  pop(): T | undefined {
    for (;;) {
      const first = this.heap[0]
      if (first === undefined) return undefined
      this.removeFirst()
      if (first.age === first.item.lastUse) return first.item
      this.push(first.item)
    }
  }

  private removeFirst(): void {
    const { heap } = this
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const pair = [left, left + 1].filter((child) => (heap[child]?.age ?? Number.POSITIVE_INFINITY) < last.age)
      const [a, b] = pair
      if (a === undefined) break
      const child = b !== undefined && (heap[b]?.age ?? 0) < (heap[a]?.age ?? 0) ? b : a
      const moved = heap[child]
      if (moved === undefined) break
      heap[at] = moved
      at = child
    }
    heap[at] = last
  }
}
