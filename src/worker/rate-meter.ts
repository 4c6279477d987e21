/** Things per second over the last `windowMs`, from amounts reported as they happen. */
export class RateMeter {
  private readonly now: () => number
  private readonly windowMs: number
  private samples: { readonly at: number; readonly amount: number }[] = []

  constructor(now: () => number, windowMs = 1000) {
    this.now = now
    this.windowMs = windowMs
  }

  add(amount: number): void {
    this.samples.push({ at: this.now(), amount })
  }

  /** Amount per second; 0 where nothing happened within the window. */
  rate(): number {
    const from = this.now() - this.windowMs
    this.samples = this.samples.filter(({ at }) => at > from)
    return (this.samples.reduce((sum, { amount }) => sum + amount, 0) * 1000) / this.windowMs
  }
}
