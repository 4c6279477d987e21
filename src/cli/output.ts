/** Where a command writes. Results go to `out`, everything else to `err`. */
export interface Output {
  out(text: string): void
  err(text: string): void
  /** Whether results may be coloured. */
  readonly color: boolean
  /** Whether somebody watches `err`: progress is shown only then. */
  readonly progress: boolean
  /** What is safe by now and how to go on, in whole sentences: said where the command is interrupted. */
  kept?(text: string): void
  /** A device of WebGPU is in use from now on: its library ends the process with an error where its thread is cut off. */
  holdsDevice?(): void
}

/** What is said of a command that was interrupted. */
export function describeInterruption(kept: string | null): string {
  return `stepscope: Interrupted. ${kept ?? 'Nothing new was saved: run the command again.'}\n`
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
