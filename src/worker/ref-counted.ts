/** Something that several engines hold at once; it is disposed of with the last of them. */
export class RefCounted<T> {
  readonly value: T
  private readonly free: () => void
  private holders = 1

  /** The maker is the first holder. */
  constructor(value: T, free: (value: T) => void) {
    this.value = value
    this.free = () => free(value)
  }

  /** One more holder, who releases it once. */
  retain(): this {
    if (this.holders === 0) throw new RangeError('what was released is held again')
    this.holders += 1
    return this
  }

  release(): void {
    if (this.holders === 0) throw new RangeError('released more often than held')
    this.holders -= 1
    if (this.holders === 0) this.free()
  }
}
