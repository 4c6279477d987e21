import { easeCubicInOut } from 'd3'
import type { Size, View } from '../layout/view-transform.ts'
import { mixViews } from '../layout/view-transform.ts'

const DURATION = 380

/** The view now, and where it is going. */
export class Camera {
  view: View = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 }
  private from: View | null = null
  private to: View | null = null
  private startedAt = 0

  /** Where the view will come to rest. */
  get destination(): View {
    return this.to ?? this.view
  }

  jump(view: View): void {
    this.view = view
    this.to = null
  }

  glide(view: View, now: number): void {
    if (sameView(view, this.destination)) return
    this.from = this.view
    this.to = view
    this.startedAt = now
  }

  /** Advances to a time; true while the view is still moving. */
  advance(now: number, size: Size): boolean {
    if (this.from === null || this.to === null) return false
    const progress = (now - this.startedAt) / DURATION
    if (progress >= 1) {
      this.jump(this.to)
      return false
    }
    this.view = mixViews(this.from, this.to, easeCubicInOut(Math.max(0, progress)), size)
    return true
  }
}

function sameView(a: View, b: View): boolean {
  const near = (p: number, q: number) => Math.abs(p - q) < 1e-6 * Math.max(1, Math.abs(p))
  return (
    near(a.scaleX, b.scaleX) && near(a.scaleY, b.scaleY) && near(a.offsetX, b.offsetX) && near(a.offsetY, b.offsetY)
  )
}
