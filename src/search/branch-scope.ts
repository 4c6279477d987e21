import type { Branch } from './models.ts'

/** What can take a branch back: a policy or a reward model. */
interface BranchOwner {
  release(branch: Branch): void
}

/**
 * Owns every branch of a run and gives each back exactly once. Closing releases all that are left, so that a run
 * frees everything however it ends.
 */
export class BranchScope {
  private readonly live = new Map<Branch, BranchOwner>()
  private closed = false

  /** Takes a branch over; one that arrives after closing is released at once. */
  own(branch: Branch, owner: BranchOwner): Branch {
    if (this.closed) owner.release(branch)
    else this.live.set(branch, owner)
    return branch
  }

  /** Gives a branch back before the end. Branches that are not owned (any more) are left alone. */
  release(branch: Branch): void {
    const owner = this.live.get(branch)
    if (!owner) return
    this.live.delete(branch)
    owner.release(branch)
  }

  /** Gives back all that is left, in the order it came. */
  close(): void {
    this.closed = true
    for (const branch of [...this.live.keys()]) this.release(branch)
  }
}
