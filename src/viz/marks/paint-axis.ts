import type { NodeId } from '../../search/events.ts'
import type { PaintContext } from './paint-context.ts'
import type { TreeScene } from './tree-scene.ts'

/** Step numbers above the columns of a tree, at the border of the screen whatever is below. */
export function paintColumnNames(context: PaintContext, { layout, view, size, theme }: TreeScene): void {
  context.font = `10.5px ${theme.sans}`
  context.textBaseline = 'alphabetic'
  context.textAlign = 'left'
  context.fillStyle = theme.muted
  layout.levels.forEach((level, depth) => {
    const first = level[0] as NodeId
    const x = (layout.left[first] as number) * view.scaleX + view.offsetX
    const room = ((layout.width[first] as number) + 40) * view.scaleX
    if (x > size.width || x + room < 0 || (room < 22 && depth % 5 !== 0)) return
    context.fillText(depth === 0 ? 'problem' : room < 48 ? String(depth) : `step ${depth}`, x, 14)
  })
}
