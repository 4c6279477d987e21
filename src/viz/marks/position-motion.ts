import type { NodeId } from '../../search/events.ts'
import type { TreeLayout } from '../layout/tree-layout.ts'

/** Time in which a box goes all but 1/e of its way, in milliseconds. */
const TIME_CONSTANT = 65
/** Distance at which a box is at its place, in world units. */
const NEAR = 0.25

/**
 * Where the boxes are now, on their way from one layout to the next: at every moment each covers a share of what is
 * left of its way. So a tree that changes with every frame is never far behind, and a box that gets another place has
 * no sudden turn. A node that is new starts at its parent.
 */
export class PositionMotion {
  left: Float64Array = new Float64Array(0)
  top: Float64Array = new Float64Array(0)
  private target: TreeLayout | null = null
  private last = 0

  get settled(): boolean {
    return this.target === null || this.left === this.target.left
  }

  /** Puts every box at its place. */
  jump(layout: TreeLayout): void {
    this.target = layout
    this.left = layout.left
    this.top = layout.top
  }

  /** Takes a new layout from the present positions on; stays put where nothing moves. */
  move(layout: TreeLayout, now: number): void {
    const known = this.left.length
    const left = new Float64Array(layout.count)
    const top = new Float64Array(layout.count)
    let moving = false
    for (let id: NodeId = 0; id < layout.count; id++) {
      const origin = layout.parent[id] as NodeId
      // A parent always has a lower id, so its own start is known.
      left[id] = (id < known ? this.left[id] : left[origin]) ?? 0
      top[id] = (id < known ? this.top[id] : top[origin]) ?? 0
      moving ||= left[id] !== layout.left[id] || top[id] !== layout.top[id]
    }
    if (this.settled) this.last = now
    this.target = layout
    if (!moving) {
      this.jump(layout)
      return
    }
    this.left = left
    this.top = top
  }

  /** Advances to a time; true while boxes are still moving. */
  advance(now: number): boolean {
    const { target } = this
    if (target === null || this.settled) return false
    const share = 1 - Math.exp(-Math.max(0, now - this.last) / TIME_CONSTANT)
    this.last = Math.max(this.last, now)
    let farthest = 0
    for (let id = 0; id < target.count; id++) {
      const [left, top] = [this.left[id] as number, this.top[id] as number]
      const [dx, dy] = [(target.left[id] as number) - left, (target.top[id] as number) - top]
      this.left[id] = left + dx * share
      this.top[id] = top + dy * share
      farthest = Math.max(farthest, Math.abs(dx), Math.abs(dy))
    }
    if (farthest * (1 - share) > NEAR) return true
    this.jump(target)
    return false
  }
}
