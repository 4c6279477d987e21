/** Where a command writes. Results go to `out`, everything else to `err`. */
export interface Output {
  out(text: string): void
  err(text: string): void
  /** Whether results may be coloured. */
  readonly color: boolean
  /** Whether somebody watches `err`: progress is shown only then. */
  readonly progress: boolean
}

/** One line on a terminal that is written over until it is cleared; silent elsewhere. */
export class ProgressLine {
  private readonly output: Output

  constructor(output: Output) {
    this.output = output
  }

  show(text: string): void {
    if (this.output.progress) this.output.err(`\r\x1b[K${text}`)
  }

  clear(): void {
    if (this.output.progress) this.output.err('\r\x1b[K')
  }
}
