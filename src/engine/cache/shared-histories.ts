/** Samples of one request that start together, to run once what they have in common: few enough to find room soon. */
export const GROUP_SIZE = 32

interface History {
  readonly next: Map<number, History>
}

/**
 * Token histories that start from the same point. What they have in common is run once, so it is charged once: to the
 * first of them. Depends on their tokens alone, so it is the same however they were batched.
 */
export class SharedHistories {
  private readonly start: History = { next: new Map() }

  /** Adds a history. @returns how many of its leading tokens an earlier one had too */
  add(tokenIds: readonly number[]): number {
    let at = this.start
    let known = 0
    let fresh = false
    for (const id of tokenIds) {
      const next = at.next.get(id)
      if (next === undefined) fresh = true
      else if (!fresh) known += 1
      const child = next ?? { next: new Map() }
      at.next.set(id, child)
      at = child
    }
    return known
  }
}
