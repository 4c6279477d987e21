/**
 * How many schedulers have work under way. Models on one backend share one: a request that finds no room waits while
 * the other model works, because its callers may release branches then.
 */
export class Activity {
  private working = 0
  private waiting: (() => void)[] = []

  get busy(): boolean {
    return this.working > 0
  }

  enter(): void {
    this.working += 1
  }

  leave(): void {
    this.working -= 1
    if (this.working > 0) return
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    if (!this.busy) return Promise.resolve()
    return new Promise((resolve) => {
      this.waiting.push(resolve)
    })
  }
}
