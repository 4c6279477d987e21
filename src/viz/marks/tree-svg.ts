import type { NodeId } from '../../search/events.ts'
import type { SearchTree } from '../../search/tree.ts'
import type { TruthLabel } from '../layout/node-appearance.ts'
import { layoutTree } from '../layout/tree-layout.ts'
import { paintColumnNames } from './paint-axis.ts'
import { paintEdges } from './paint-edges.ts'
import { paintReadableNodes } from './paint-nodes.ts'
import { escapeXml, SvgContext } from './svg-context.ts'
import type { VizTheme } from './theme.ts'
import type { TreeScene } from './tree-scene.ts'
import { contentOf } from './tree-scene.ts'

export interface TreeSvgOptions {
  /** Colours as any SVG reader knows them: hex or rgb(). */
  readonly theme: VizTheme
  /** Exact labels, where they are revealed. */
  readonly truth?: ReadonlyMap<NodeId, TruthLabel> | null
}

/** Around the tree; above it also the names of the steps. */
const BORDER = 20

/**
 * The whole tree as a picture that stands alone, at the size where every step can be read and painted as on the canvas.
 * Fonts are generic families, so that it reads the same elsewhere.
 */
export function treeSvg(tree: SearchTree, { theme, truth = null }: TreeSvgOptions): string {
  const layout = layoutTree(tree)
  const { left, top, right, bottom } = layout.bounds
  const size = { width: Math.ceil(right - left + 2 * BORDER), height: Math.ceil(bottom - top + 2 * BORDER) }
  const scene: TreeScene = {
    layout,
    content: contentOf(tree, new WeakMap()),
    left: layout.left,
    top: layout.top,
    settled: true,
    view: { scaleX: 1, scaleY: 1, offsetX: BORDER - left, offsetY: BORDER - top },
    size,
    pixelRatio: 1,
    theme: { ...theme, mono: 'monospace', sans: 'sans-serif' },
    selected: null,
    hovered: null,
    onHoverPath: null,
    touched: [],
    pulse: 1,
    truth,
  }
  const context = new SvgContext()
  context.fillStyle = theme.background
  context.fillRect(0, 0, size.width, size.height)
  paintColumnNames(context, scene)
  paintEdges(context, scene, 'text')
  paintReadableNodes(context, scene, layout.levels, 'text')
  const title = `Search tree: ${tree.started?.setup.problem ?? 'problem'}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    context.content,
    '</svg>\n',
  ].join('\n')
}
