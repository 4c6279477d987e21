/** Counts the bytes on a device by purpose: what is there now, and the most there has been. */
export class MemoryMeter {
  private readonly live = new Map<string, number>()
  private readonly peak = new Map<string, number>()
  private total = 0
  private most = 0

  add(purpose: string, bytes: number): void {
    const now = (this.live.get(purpose) ?? 0) + bytes
    this.live.set(purpose, now)
    this.peak.set(purpose, Math.max(now, this.peak.get(purpose) ?? 0))
    this.total += bytes
    this.most = Math.max(this.most, this.total)
  }

  remove(purpose: string, bytes: number): void {
    const left = (this.live.get(purpose) ?? 0) - bytes
    if (left === 0) this.live.delete(purpose)
    else this.live.set(purpose, left)
    this.total -= bytes
  }

  get liveBytes(): number {
    return this.total
  }

  get peakBytes(): number {
    return this.most
  }

  /** Bytes now on the device, by purpose. */
  liveByPurpose(): Record<string, number> {
    return Object.fromEntries(this.live)
  }

  /** The most bytes each purpose has had; their sum may exceed `peakBytes`. */
  peakByPurpose(): Record<string, number> {
    return Object.fromEntries(this.peak)
  }
}
