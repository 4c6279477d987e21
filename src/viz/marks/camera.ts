import type { Size, View } from '../layout/view-transform.ts'
import { mixViews } from '../layout/view-transform.ts'

/** Time in which the view goes all but 1/e of its way, in milliseconds. */
const TIME_CONSTANT = 85
/** Pixels on the screen within which the view is where it goes. */
const NEAR = 0.5

/**
 * The view now, and where it is going: at every moment it covers a share of what is left, so that it keeps up with a
 * place that moves on with every event.
 */
export class Camera {
  view: View = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 }
  private to: View | null = null
  private last = 0

  /** Where the view will come to rest. */
  get destination(): View {
    return this.to ?? this.view
  }

  jump(view: View): void {
    this.view = view
    this.to = null
  }

  glide(view: View, now: number): void {
    if (this.to === null) this.last = now
    this.to = view
  }

  /** Advances to a time; true while the view is still moving. */
  advance(now: number, size: Size): boolean {
    if (this.to === null) return false
    const share = 1 - Math.exp(-Math.max(0, now - this.last) / TIME_CONSTANT)
    this.last = Math.max(this.last, now)
    this.view = mixViews(this.view, this.to, share, size)
    if (isFar(this.view, this.to, size)) return true
    this.jump(this.to)
    return false
  }
}

/** Whether anything on the screen would move visibly from one view to the other. */
function isFar(a: View, b: View, size: Size): boolean {
  const apart = (scaleA: number, offsetA: number, scaleB: number, offsetB: number, room: number) => {
    const [middleA, middleB] = [(room / 2 - offsetA) / scaleA, (room / 2 - offsetB) / scaleB]
    return Math.abs(middleA - middleB) * scaleB + (Math.abs(scaleA / scaleB - 1) * room) / 2
  }
  return (
    apart(a.scaleX, a.offsetX, b.scaleX, b.offsetX, size.width) > NEAR ||
    apart(a.scaleY, a.offsetY, b.scaleY, b.offsetY, size.height) > NEAR
  )
}
