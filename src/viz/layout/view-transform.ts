import type { Bounds } from './tree-layout.ts'

/** World to screen: `screen = scale · world + offset`, per axis, in CSS pixels. */
export interface View {
  readonly scaleX: number
  readonly scaleY: number
  readonly offsetX: number
  readonly offsetY: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/**
 * How the depth axis scales with the zoom. A search tree is far broader than deep: thousands of nodes across, a
 * dozen rounds along. Zoomed out evenly it would be a vertical hair, so out there the depth keeps the scale at which
 * it fills the screen and only the breadth shrinks (as in a profiler's flame chart); zooming in brings both
 * together, until nodes have their true proportions.
 */
export interface ZoomRange {
  /** Scales at which the whole tree fits, across and along; at most 1. */
  readonly fitAcross: number
  readonly fitAlong: number
}

export const MAX_ZOOM = 3

/** Free border of a fitted tree: more above, where the steps are named. */
const PADDING = { x: 14, top: 22, bottom: 10 }
const BORDERS = { x: 2 * PADDING.x, y: PADDING.top + PADDING.bottom }

/** Length that a screen has along the depth of a tree. */
export function roomAlong(size: Size): number {
  return size.width - BORDERS.x
}

/** Scales at which the bounds fit the screen. */
export function zoomRange(bounds: Bounds, size: Size): ZoomRange {
  const scaleFor = (extent: number, room: number) => Math.min(1, Math.max(1, room) / Math.max(1, extent))
  const x = scaleFor(bounds.right - bounds.left, size.width - BORDERS.x)
  const y = scaleFor(bounds.bottom - bounds.top, size.height - BORDERS.y)
  return { fitAcross: y, fitAlong: x }
}

/** Scale along the depth for a scale across: `fitAlong` when the tree fits, equal to `across` from true size on. */
export function alongScale(across: number, { fitAcross, fitAlong }: ZoomRange): number {
  const atFit = Math.log(fitAlong / fitAcross)
  const proportional = Math.max(1, 2 * fitAcross)
  if (across >= proportional) return across
  // Between the two, the ratio of the scales falls evenly in log zoom.
  const progress = Math.max(0, Math.log(across / fitAcross) / Math.log(proportional / fitAcross))
  return across * Math.exp(atFit * (1 - progress))
}

/** The view that shows the whole tree, centred; a small tree at its true size. */
export function fitView(bounds: Bounds, size: Size): View {
  const { fitAcross: scaleY, fitAlong: scaleX } = zoomRange(bounds, size)
  return {
    scaleX,
    scaleY,
    offsetX: size.width / 2 - (scaleX * (bounds.left + bounds.right)) / 2,
    offsetY: (size.height + PADDING.top - PADDING.bottom) / 2 - (scaleY * (bounds.top + bounds.bottom)) / 2,
  }
}

/**
 * Zooms by a factor and keeps the world point under (x, y) where it is. The scale across ends at fit ÷ 2 and at
 * MAX_ZOOM. Where the tree has grown since the view was made, the depth eases back to its curve as one zooms.
 */
export function zoomView(view: View, factor: number, x: number, y: number, range: ZoomRange): View {
  const before = view.scaleY
  const scaleY = Math.min(MAX_ZOOM, Math.max(Math.min(before, range.fitAcross / 2), before * factor))
  const followed = (view.scaleX * alongScale(scaleY, range)) / alongScale(before, range)
  const pull = Math.min(1, 2 * Math.abs(Math.log(scaleY / before)))
  const scaleX = followed * (alongScale(scaleY, range) / followed) ** pull
  return {
    scaleX,
    scaleY,
    offsetX: x - ((x - view.offsetX) / view.scaleX) * scaleX,
    offsetY: y - ((y - view.offsetY) / view.scaleY) * scaleY,
  }
}

export function panView(view: View, dx: number, dy: number): View {
  return { ...view, offsetX: view.offsetX + dx, offsetY: view.offsetY + dy }
}

/** The view at a scale across with a world point in the middle of the screen. */
export function centreView(worldX: number, worldY: number, across: number, size: Size, range: ZoomRange): View {
  const scaleX = alongScale(across, range)
  return {
    scaleX,
    scaleY: across,
    offsetX: size.width / 2 - scaleX * worldX,
    offsetY: size.height / 2 - across * worldY,
  }
}

/** Sizes across that `partView` may choose from. */
export interface ReadingScales {
  readonly least: number
  readonly most: number
}

/** The view with a part of the tree in the middle, as large as it fits; null where even the least scale is too large. */
export function partView(part: Bounds, { least, most }: ReadingScales, size: Size, range: ZoomRange): View | null {
  const [x, y] = [(part.left + part.right) / 2, (part.top + part.bottom) / 2]
  for (let across = most; across > least - 1e-9; across -= (most - least) / 8 || 1) {
    const view = centreView(x, y, across, size, range)
    const fits =
      view.scaleX * (part.right - part.left) <= size.width - BORDERS.x &&
      view.scaleY * (part.bottom - part.top) <= size.height - BORDERS.y
    if (fits) return view
  }
  return null
}

/** What of the world is on the screen, with a margin in pixels. */
export function visibleWindow(view: View, size: Size, margin = 0): Bounds {
  return {
    left: (-margin - view.offsetX) / view.scaleX,
    top: (-margin - view.offsetY) / view.scaleY,
    right: (size.width + margin - view.offsetX) / view.scaleX,
    bottom: (size.height + margin - view.offsetY) / view.scaleY,
  }
}

/** Between two views: scales geometrically, and the middle of the screen travels straight in the world. */
export function mixViews(a: View, b: View, t: number, size: Size): View {
  if (t >= 1) return b
  const axis = (scaleA: number, offsetA: number, scaleB: number, offsetB: number, middle: number) => {
    const scale = scaleA * (scaleB / scaleA) ** t
    const from = (middle - offsetA) / scaleA
    const to = (middle - offsetB) / scaleB
    // Where the scale changes, moving the centre in step with it keeps the apparent speed even.
    const share = scaleA === scaleB ? t : (1 - scaleA / scale) / (1 - scaleA / scaleB)
    return { scale, offset: middle - scale * (from + (to - from) * share) }
  }
  const x = axis(a.scaleX, a.offsetX, b.scaleX, b.offsetX, size.width / 2)
  const y = axis(a.scaleY, a.offsetY, b.scaleY, b.offsetY, size.height / 2)
  return { scaleX: x.scale, scaleY: y.scale, offsetX: x.offset, offsetY: y.offset }
}
