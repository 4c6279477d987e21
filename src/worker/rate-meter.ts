/** How fast a running total grows, from looks at it: per second, over what was seen in about the last `windowMs`. */
export class RateMeter {
  private readonly now: () => number
  private readonly windowMs: number
  /** Oldest first. */
  private looks: { readonly at: number; readonly total: number }[] = []

  constructor(now: () => number, windowMs = 1000) {
    this.now = now
    this.windowMs = windowMs
  }

  /** @returns growth per second; 0 at the first look. A total that fell (another engine) starts afresh. */
  look(total: number): number {
    const at = this.now()
    const last = this.looks.at(-1)
    if (last && total < last.total) this.looks = []
    this.looks.push({ at, total })
    while ((this.looks[0]?.at ?? at) < at - this.windowMs * 1.5) this.looks.shift()
    const first = this.looks[0]
    return first && at > first.at ? ((total - first.total) * 1000) / (at - first.at) : 0
  }
}
