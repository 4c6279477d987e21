import type { NodeId } from '../../search/events.ts'
import type { Bounds, TreeLayout } from './tree-layout.ts'

/** A run of consecutive nodes of one depth: `levels[depth][from … to − 1]`. */
export interface LevelRange {
  readonly depth: number
  readonly from: number
  readonly to: number
}

/** First index in [0, count) for which `holds`, which turns true once and stays; count where it never does. */
function firstWhere(count: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** Ends of a node's box, across the tree and along its depth. */
function ends({ left, top, width, height }: TreeLayout) {
  return {
    low: (id: NodeId) => top[id] as number,
    high: (id: NodeId) => (top[id] as number) + (height[id] as number),
    near: (id: NodeId) => left[id] as number,
    far: (id: NodeId) => (left[id] as number) + (width[id] as number),
  }
}

/** Nodes whose box meets the window: one run per depth, by binary search, since a level is sorted across the tree. */
export function visibleNodes(layout: TreeLayout, window: Bounds): LevelRange[] {
  const { low, high, near, far } = ends(layout)
  const ranges: LevelRange[] = []
  layout.levels.forEach((level, depth) => {
    const first = level[0] as NodeId
    if (far(first) < window.left || near(first) > window.right) return
    const from = firstWhere(level.length, (index) => high(level[index] as NodeId) >= window.top)
    const to = firstWhere(level.length, (index) => low(level[index] as NodeId) > window.bottom)
    if (from < to) ranges.push({ depth, from, to })
  })
  return ranges
}

/**
 * Edges that meet the window, each named by its child. Edges of one depth never cross, so both of their ends are
 * sorted across the tree, and so are the lower and the upper of the two: again one run per depth.
 */
export function visibleEdges(layout: TreeLayout, window: Bounds): LevelRange[] {
  const { low, high, near, far } = ends(layout)
  const ranges: LevelRange[] = []
  layout.levels.forEach((level, depth) => {
    if (depth === 0) return
    const first = level[0] as NodeId
    if (near(first) < window.left || far(layout.parent[first] as NodeId) > window.right) return
    const parent = (index: number) => layout.parent[level[index] as NodeId] as NodeId
    const from = firstWhere(
      level.length,
      (index) => Math.max(high(level[index] as NodeId), high(parent(index))) >= window.top,
    )
    const to = firstWhere(
      level.length,
      (index) => Math.min(low(level[index] as NodeId), low(parent(index))) > window.bottom,
    )
    if (from < to) ranges.push({ depth, from, to })
  })
  return ranges
}

/**
 * The node at a point; else, of those whose box lies within `slackX`, `slackY` of it, the one of most weight, then
 * the nearest across the tree; else null.
 */
export function nodeAt(
  layout: TreeLayout,
  x: number,
  y: number,
  slackX = 0,
  slackY = 0,
  weight: (id: NodeId) => number = () => 0,
): NodeId | null {
  const { low, high } = ends(layout)
  const window = { left: x - slackX, top: y - slackY, right: x + slackX, bottom: y + slackY }
  let best: NodeId | null = null
  let bestWeight = Number.NEGATIVE_INFINITY
  let bestDistance = Number.POSITIVE_INFINITY
  for (const { depth, from, to } of visibleNodes(layout, window)) {
    for (const id of layout.levels[depth]?.slice(from, to) ?? []) {
      const here = weight(id)
      const distance = Math.abs((low(id) + high(id)) / 2 - y)
      if (here < bestWeight || (here === bestWeight && distance >= bestDistance)) continue
      best = id
      bestWeight = here
      bestDistance = distance
    }
  }
  return best
}
