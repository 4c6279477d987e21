import type { NodeId } from '../../search/events.ts'
import { paintColumnNames } from './paint-axis.ts'
import { paintCells } from './paint-cells.ts'
import { paintEdges } from './paint-edges.ts'
import { isCut, nodesInView, paintReadableNodes, screenBox } from './paint-nodes.ts'
import { paintTooltip } from './paint-tooltip.ts'
import type { TreeScene } from './tree-scene.ts'
import { detailOf } from './tree-scene.ts'

/** Draws one frame. The context is in CSS pixels (scaled by the device's ratio), its canvas `scene.size` large. */
export function paintTree(context: CanvasRenderingContext2D, scene: TreeScene): void {
  const { size, theme } = scene
  context.fillStyle = theme.background
  context.fillRect(0, 0, size.width, size.height)
  if (scene.layout.count === 0) return
  const detail = detailOf(scene)
  const levels = nodesInView(scene)
  paintEdges(context, scene, detail)
  if (detail === 'cells') paintCells(context, scene, levels)
  else paintReadableNodes(context, scene, levels, detail)
  paintTouched(context, scene)
  for (const id of [scene.hovered, scene.selected]) {
    if (id !== null && id < scene.layout.count) paintRing(context, scene, id, id === scene.selected)
  }
  paintColumnBand(context, scene)
  paintColumnNames(context, scene)
  const { hovered } = scene
  if (hovered !== null && (detail !== 'text' || isCut(context, scene, hovered))) {
    paintTooltip(context, scene, hovered)
  }
}

function ring(context: CanvasRenderingContext2D, scene: TreeScene, id: NodeId, grow: number): void {
  const box = screenBox(scene, id)
  const least = Math.max(0, 6 - box.height) / 2
  context.beginPath()
  context.roundRect(
    box.x - grow,
    box.y - grow - least,
    box.width + 2 * grow,
    box.height + 2 * (grow + least),
    Math.min(4, box.height / 4) + grow,
  )
}

/** A ring stands clear of a finished node's double outline. */
function growOf({ content }: TreeScene, id: NodeId): number {
  return content.faces[id]?.verdict == null ? 3 : 5.5
}

function paintRing(context: CanvasRenderingContext2D, scene: TreeScene, id: NodeId, selected: boolean): void {
  ring(context, scene, id, growOf(scene, id))
  context.strokeStyle = selected ? scene.theme.focus : scene.theme.muted
  context.lineWidth = selected ? 2 : 1
  context.stroke()
}

/** Nodes of the current event: a steady ring, and one that grows and fades as it arrives. */
function paintTouched(context: CanvasRenderingContext2D, scene: TreeScene): void {
  const { touched, pulse, theme, layout } = scene
  if (touched.length > 64) return
  for (const id of touched) {
    if (id >= layout.count) continue
    context.strokeStyle = theme.focus
    context.globalAlpha = 0.45
    context.lineWidth = 1.25
    const grow = growOf(scene, id)
    ring(context, scene, id, grow)
    context.stroke()
    if (pulse >= 1) continue
    context.globalAlpha = 0.7 * (1 - pulse)
    context.lineWidth = 2
    ring(context, scene, id, grow + 9 * pulse)
    context.stroke()
  }
  context.globalAlpha = 1
}

const AXIS = 20

/** What is below fades out towards the step names. */
function paintColumnBand(context: CanvasRenderingContext2D, { size, theme }: TreeScene): void {
  const fade = context.createLinearGradient(0, 0, 0, AXIS + 8)
  fade.addColorStop(0, theme.background)
  fade.addColorStop(0.7, theme.background)
  fade.addColorStop(1, withAlpha(theme.background, 0))
  context.fillStyle = fade
  context.fillRect(0, 0, size.width, AXIS + 8)
}

function withAlpha(rgb: string, alpha: number): string {
  const [r = 0, g = 0, b = 0] = rgb.match(/[\d.]+/g)?.map(Number) ?? []
  return `rgba(${r}, ${g}, ${b}, ${alpha})`
}
