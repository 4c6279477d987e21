import type { NodeId } from '../../search/events.ts'
import type { TreeLayout } from './tree-layout.ts'

/** A direction in the structure, whichever way the tree is drawn. */
export type TreeDirection = 'parent' | 'child' | 'previous' | 'next'

const ARROWS: Readonly<Record<string, TreeDirection>> = {
  ArrowLeft: 'parent',
  ArrowRight: 'child',
  ArrowUp: 'previous',
  ArrowDown: 'next',
}

/** What an arrow key means in a drawing; undefined for other keys. */
export function arrowDirection(key: string): TreeDirection | undefined {
  return ARROWS[key]
}

/**
 * The node one step away: the parent, the first child as drawn (the best), or the neighbour on the same depth,
 * which is a cousin past the last sibling. Null at the border.
 */
export function neighbour(layout: TreeLayout, node: NodeId, direction: TreeDirection): NodeId | null {
  if (direction === 'parent') {
    const parent = layout.parent[node] ?? -1
    return parent < 0 ? null : parent
  }
  if (direction === 'child') return layout.children[node]?.[0] ?? null
  const level = layout.levels[layout.depth[node] ?? -1]
  if (level === undefined) return null
  return level[level.indexOf(node) + (direction === 'next' ? 1 : -1)] ?? null
}
