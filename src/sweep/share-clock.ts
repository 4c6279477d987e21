/**
 * A clock that goes as fast as one worker's part of the time: while k of them are at work, a second is 1/k of a second to
 * each. What they read between their beginning and their end adds up to the time by the clock.
 */
export class ShareClock {
  private readonly now: () => number
  private active = 0
  private told = 0
  private read = 0

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.now = now
    this.read = now()
  }

  enter(): void {
    this.advance()
    this.active += 1
  }

  leave(): void {
    this.advance()
    this.active -= 1
  }

  /** Seconds of one worker's part so far. */
  seconds(): number {
    this.advance()
    return this.told
  }

  private advance(): void {
    const now = this.now()
    if (this.active > 0) this.told += (now - this.read) / 1000 / this.active
    this.read = now
  }
}
