import type { NodeId } from '../../search/events.ts'
import { edgeCurve } from '../layout/edge-path.ts'
import { visibleEdges } from '../layout/tree-query.ts'
import { visibleWindow } from '../layout/view-transform.ts'
import type { PaintContext } from './paint-context.ts'
import type { Detail, TreeScene } from './tree-scene.ts'

/** Where an edge leaves its parent and meets its child, on the screen. */
function ends({ layout, left, top, view }: TreeScene, child: NodeId): [number, number, number, number] {
  const parent = layout.parent[child] as NodeId
  const x = (world: number) => world * view.scaleX + view.offsetX
  const y = (world: number) => world * view.scaleY + view.offsetY
  const width = (id: NodeId) => layout.width[id] as number
  const height = (id: NodeId) => layout.height[id] as number
  const at = (array: Float64Array, id: NodeId) => array[id] as number
  const dot = layout.tail[child] === 1 ? 4 : 0
  return [
    x(at(left, parent) + width(parent)),
    y(at(top, parent) + height(parent) / 2),
    x(at(left, child)) + dot,
    y(at(top, child) + height(child) / 2),
  ]
}

function trace(context: PaintContext, scene: TreeScene, child: NodeId): void {
  const [x0, y0, x3, y3] = ends(scene, child)
  const curve = edgeCurve(x0, y0, x3, y3)
  context.moveTo(curve.x0, curve.y0)
  context.bezierCurveTo(curve.x1, curve.y1, curve.x2, curve.y2, curve.x3, curve.y3)
}

/** Children of visible edges; every edge while nodes are on the move. */
function edgesInView(scene: TreeScene): NodeId[][] {
  const { layout, view, size } = scene
  if (!scene.settled) return layout.levels.slice(1).map((level) => [...level])
  return visibleEdges(layout, visibleWindow(view, size, 8)).map(
    ({ depth, from, to }) => layout.levels[depth]?.slice(from, to) ?? [],
  )
}

const WIDTH_STEPS = 8

/** All edges: quiet ones first, then the path under the pointer, then the answer's. */
export function paintEdges(context: PaintContext, scene: TreeScene, detail: Detail): void {
  const { theme, content, onHoverPath } = scene
  const levels = edgesInView(scene)
  if (detail === 'cells' && pitch(scene) < 4) paintFans(context, scene, levels)
  else paintCurves(context, scene, levels)

  context.lineCap = 'round'
  if (onHoverPath !== null) {
    context.beginPath()
    for (const level of levels) for (const id of level) if (onHoverPath[id] === 1) trace(context, scene, id)
    context.strokeStyle = theme.text
    context.lineWidth = 1.75
    context.stroke()
  }
  context.beginPath()
  for (const level of levels) for (const id of level) if (content.onAnswer[id] === 1) trace(context, scene, id)
  context.strokeStyle = theme.accent
  context.lineWidth = detail === 'cells' ? 2.5 : 3.5
  context.stroke()
  context.lineCap = 'butt'
}

/** Distance of two siblings on the screen. */
function pitch({ view }: TreeScene): number {
  return 24 * view.scaleY
}

function paintCurves(context: PaintContext, scene: TreeScene, levels: readonly NodeId[][]): void {
  const { content, theme } = scene
  const strokes = new Map<string, NodeId[]>()
  for (const level of levels) {
    for (const id of level) {
      const face = content.faces[id]
      if (face === undefined || content.onAnswer[id] === 1) continue
      const kind = scene.layout.tail[id] === 1 ? 'dotted' : face.appearance === 'pruned' ? 'faded' : 'plain'
      const width = kind === 'dotted' ? 0 : Math.round((face.edge / 5) * WIDTH_STEPS)
      const key = `${kind} ${width}`
      const group = strokes.get(key)
      if (group) group.push(id)
      else strokes.set(key, [id])
    }
  }
  for (const [key, ids] of strokes) {
    const [kind, width] = key.split(' ')
    context.beginPath()
    for (const id of ids) trace(context, scene, id)
    context.strokeStyle = kind === 'plain' ? theme.muted : theme.line
    context.globalAlpha = kind === 'plain' ? 0.6 : 0.9
    context.lineWidth = kind === 'dotted' ? 1.25 : Math.max(0.75, (Number(width) / WIDTH_STEPS) * 5)
    context.setLineDash(kind === 'dotted' ? [1.25, 3] : [])
    if (kind === 'dotted') context.strokeStyle = theme.muted
    context.stroke()
  }
  context.setLineDash([])
  context.globalAlpha = 1
}

/** Half of what a surface is at its thinnest. */
const THIN = 0.5

/**
 * Far out, all edges of a parent become one surface from it to its first and last child. Filling closes each outline
 * by itself; `closePath` would look through the whole path again every time (15 ms a frame at 5,000 nodes).
 */
function paintFans(context: PaintContext, scene: TreeScene, levels: readonly NodeId[][]): void {
  const { layout, theme } = scene
  context.beginPath()
  for (const level of levels) {
    for (let from = 0; from < level.length; ) {
      const first = level[from] as NodeId
      const parent = layout.parent[first]
      let to = from
      while (to + 1 < level.length && layout.parent[level[to + 1] as NodeId] === parent) to++
      const [x0, y0, x3, y3] = ends(scene, first)
      const [, , x4, y4] = ends(scene, level[to] as NodeId)
      const out = edgeCurve(x0, y0, x3, y3)
      const back = edgeCurve(x0, y0, x4, y4)
      context.moveTo(x0, y0 - THIN)
      context.bezierCurveTo(out.x1, out.y1 - THIN, out.x2, out.y2 - THIN, x3, y3 - THIN)
      context.lineTo(x4, y4 + THIN)
      context.bezierCurveTo(back.x2, back.y2 + THIN, back.x1, back.y1 + THIN, x0, y0 + THIN)
      from = to + 1
    }
  }
  context.fillStyle = theme.muted
  context.globalAlpha = 0.28
  context.fill()
  context.globalAlpha = 1
}
