import { easeCubicOut } from 'd3'
import type { NodeId } from '../../search/events.ts'
import type { TreeLayout } from '../layout/tree-layout.ts'

/** Length of a move, in milliseconds. */
const DURATION = 300

/**
 * Where the boxes are now, on their way from one layout to the next. A node that is new starts at its parent, a
 * move that is interrupted goes on from where it is.
 */
export class PositionMotion {
  left: Float64Array = new Float64Array(0)
  top: Float64Array = new Float64Array(0)
  private fromLeft: Float64Array = this.left
  private fromTop: Float64Array = this.top
  private target: TreeLayout | null = null
  private startedAt = Number.NEGATIVE_INFINITY

  get settled(): boolean {
    return this.target === null || this.left === this.target.left
  }

  /** Puts every box at its place. */
  jump(layout: TreeLayout): void {
    this.target = layout
    this.left = layout.left
    this.top = layout.top
  }

  /** Starts for a new layout from the present positions; stays put where nothing moves. */
  move(layout: TreeLayout, now: number): void {
    const known = this.left.length
    const fromLeft = new Float64Array(layout.count)
    const fromTop = new Float64Array(layout.count)
    let moving = false
    for (let id: NodeId = 0; id < layout.count; id++) {
      const origin = id < known ? id : (layout.parent[id] as NodeId)
      // A parent always has a lower id, so its own start is known.
      fromLeft[id] = (id < known ? this.left[id] : fromLeft[origin]) ?? 0
      fromTop[id] = (id < known ? this.top[id] : fromTop[origin]) ?? 0
      moving ||= fromLeft[id] !== layout.left[id] || fromTop[id] !== layout.top[id]
    }
    this.target = layout
    if (!moving) {
      this.jump(layout)
      return
    }
    this.fromLeft = fromLeft
    this.fromTop = fromTop
    this.left = fromLeft.slice()
    this.top = fromTop.slice()
    this.startedAt = now
  }

  /** Advances to a time; true while boxes are still moving. */
  advance(now: number): boolean {
    const { target } = this
    if (target === null || this.settled) return false
    const progress = (now - this.startedAt) / DURATION
    if (progress >= 1) {
      this.jump(target)
      return false
    }
    const t = easeCubicOut(Math.max(0, progress))
    for (let id = 0; id < target.count; id++) {
      const [left, top] = [this.fromLeft[id] as number, this.fromTop[id] as number]
      this.left[id] = left + ((target.left[id] as number) - left) * t
      this.top[id] = top + ((target.top[id] as number) - top) * t
    }
    return true
  }
}
