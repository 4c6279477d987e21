import type { NodeId } from '../../search/events.ts'
import { scoreRamp } from '../layout/color-scale.ts'
import { isLost } from '../layout/node-appearance.ts'
import { screenBox } from './paint-nodes.ts'
import type { NodeFace, TreeScene } from './tree-scene.ts'

/** Which of several nodes on one row of pixels is drawn. */
export const CELL_PRIORITY: Readonly<Record<NodeFace['appearance'], number>> = {
  root: 9,
  answer: 8,
  finishedRight: 7,
  given: 6,
  kept: 5,
  proposed: 4,
  finishedWrong: 3,
  finished: 3,
  pruned: 2,
  rolledOut: 1,
}

/**
 * Far out a node is a cell: a bar as long as its score in the score's colour, faint where pruned, on a track where it
 * is not. Nodes that share a row of device pixels are drawn once, the most telling of them, so the cost is bounded
 * by the screen, not by the tree.
 */
export function paintCells(context: CanvasRenderingContext2D, scene: TreeScene, levels: readonly NodeId[][]): void {
  for (const level of levels) {
    let row = Number.NEGATIVE_INFINITY
    let best: NodeId | null = null
    let rank = 0
    for (const id of level) {
      const here = pixelRow(scene, id)
      const priority =
        CELL_PRIORITY[scene.content.faces[id]?.appearance ?? 'rolledOut'] + (scene.content.onAnswer[id] === 1 ? 10 : 0)
      if (here !== row) {
        if (best !== null) paintCell(context, scene, best)
        row = here
        best = id
        rank = priority
      } else if (priority > rank) {
        best = id
        rank = priority
      }
    }
    if (best !== null) paintCell(context, scene, best)
  }
  // A path that is pointed out is never hidden by its neighbours, nor too thin to see.
  const { content, onHoverPath, theme, layout } = scene
  for (const level of levels) {
    for (const id of level) {
      if (layout.parent[id] === -1) continue
      if (content.onAnswer[id] === 1) paintPathCell(context, scene, id, theme.accent)
      else if (onHoverPath?.[id] === 1) paintPathCell(context, scene, id, theme.text)
    }
  }
  context.globalAlpha = 1
}

const PATH_THICKNESS = 6

function paintPathCell(context: CanvasRenderingContext2D, scene: TreeScene, id: NodeId, color: string): void {
  const { theme, content } = scene
  const face = content.faces[id]
  if (face === undefined) return
  const box = screenBox(scene, id)
  const grow = Math.max(0, PATH_THICKNESS - box.height) / 2
  const { x, width } = box
  const y = box.y - grow
  const height = box.height + 2 * grow
  context.fillStyle = theme.surface
  context.fillRect(x, y, width, height)
  if (face.level >= 0) {
    context.fillStyle = scoreRamp(theme.scheme)[face.level] as string
    context.fillRect(x, y, width * face.value, height)
  }
  context.strokeStyle = color
  context.lineWidth = 1.75
  context.strokeRect(x, y, width, height)
}

function pixelRow({ top, view, pixelRatio }: TreeScene, id: NodeId): number {
  return Math.floor(((top[id] as number) * view.scaleY + view.offsetY) * pixelRatio)
}

function paintCell(context: CanvasRenderingContext2D, scene: TreeScene, id: NodeId): void {
  const { theme, layout, pixelRatio, content, truth } = scene
  const face = content.faces[id]
  if (face === undefined) return
  const box = screenBox(scene, id)
  const snap = (value: number) => Math.round(value * pixelRatio) / pixelRatio
  const thin = layout.tail[id] === 1
  const x = snap(box.x)
  const y = snap(box.y)
  const width = Math.max(1 / pixelRatio, snap(box.width))
  const height = Math.max(1 / pixelRatio, snap(box.height))

  if (face.appearance === 'root') {
    context.fillStyle = theme.text
    context.globalAlpha = 1
    // The problem stays findable however small its row is.
    const least = Math.max(height, 3)
    context.fillRect(x, y - (least - height) / 2, width, least)
    return
  }
  const bar = face.level < 0 ? width : Math.max(2, width * face.value)
  const pruned = face.appearance === 'pruned'
  if (!pruned && !thin && height >= 2) {
    context.globalAlpha = 0.5
    context.fillStyle = theme.line
    context.fillRect(x, y, width, height)
  }
  context.globalAlpha = thin ? 0.5 : pruned ? 0.45 : 1
  const label = truth?.get(id)
  const colour = isLost(label) ? theme.muted : (scoreRamp(theme.scheme)[face.level] as string)
  context.fillStyle = face.level < 0 ? theme.line : colour
  const across = thin || (pruned && height >= 3) ? Math.max(1 / pixelRatio, height * 0.6) : height
  const inset = (height - across) / 2
  context.fillRect(x, y + inset, bar, across)
  context.globalAlpha = 1

  const state =
    content.onAnswer[id] === 1 ? theme.accent : pruned || thin || face.appearance === 'proposed' ? null : theme.text
  if (state !== null) {
    context.fillStyle = state
    const mark = 1.5
    context.fillRect(x - mark, y, mark, height)
    if (face.verdict === 'right') context.fillRect(x + width + 2, y, 3, height)
  }
  if (label?.valid && label.reachable) {
    context.fillStyle = theme.text
    context.fillRect(x - 7, y, 3, height)
  }
}
