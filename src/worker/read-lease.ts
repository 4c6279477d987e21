/** Stored models are kept from being deleted while a load reads them; what is opened after its end is let go at once. */
export class ReadLease {
  private readonly releases: (() => void)[] = []
  private ended = false

  add(release: () => void): void {
    if (this.ended) release()
    else this.releases.push(release)
  }

  end(): void {
    this.ended = true
    for (const release of this.releases.splice(0)) release()
  }
}
