/** Undo and redo of one value. Edits of the same kind in quick succession (typing) are one step. */
export class EditHistory<T> {
  private readonly now: () => number
  private readonly before: T[] = []
  private readonly after: T[] = []
  private lastKind: string | null = null
  private lastAt = 0

  constructor(now: () => number) {
    this.now = now
  }

  get canUndo(): boolean {
    return this.before.length > 0
  }

  get canRedo(): boolean {
    return this.after.length > 0
  }

  /**
   * Call with the value before the edit.
   *
   * @param kind what is being typed; null where the edit is a step of its own
   */
  record(value: T, kind: string | null): void {
    const now = this.now()
    const continues = kind !== null && kind === this.lastKind && now - this.lastAt < TYPING_MS && this.before.length > 0
    this.lastKind = kind
    this.lastAt = now
    this.after.length = 0
    if (continues) return
    this.before.push(value)
    if (this.before.length > DEPTH) this.before.shift()
  }

  /** @returns the value to go back to, or null */
  undo(current: T): T | null {
    return this.move(this.before, this.after, current)
  }

  redo(current: T): T | null {
    return this.move(this.after, this.before, current)
  }

  private move(from: T[], to: T[], current: T): T | null {
    const value = from.pop()
    if (value === undefined) return null
    to.push(current)
    this.lastKind = null
    return value
  }
}

const TYPING_MS = 1000
const DEPTH = 100
