import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { syntheticTree } from './testing/synthetic-tree.ts'
import type { Bounds, TreeLayout } from './tree-layout.ts'
import { layoutTree } from './tree-layout.ts'
import type { LevelRange } from './tree-query.ts'
import { nodeAt, visibleEdges, visibleNodes } from './tree-query.ts'

const tree = syntheticTree({ seed: 5, n: 48, m: 4, rounds: 6, lookahead: 1 })
const layout = layoutTree(tree)
const window = fc.record({
  u: fc.double({ min: -0.2, max: 1.1, noNaN: true }),
  v: fc.double({ min: -0.2, max: 1.1, noNaN: true }),
})
const size = fc.record({
  w: fc.double({ min: 0, max: 0.5, noNaN: true }),
  h: fc.double({ min: 0, max: 0.5, noNaN: true }),
})

function windowOf({ bounds }: TreeLayout, at: { u: number; v: number }, extent: { w: number; h: number }): Bounds {
  const [width, height] = [bounds.right - bounds.left, bounds.bottom - bounds.top]
  const left = bounds.left + at.u * width
  const top = bounds.top + at.v * height
  return { left, top, right: left + extent.w * width, bottom: top + extent.h * height }
}

const ids = (layout: TreeLayout, ranges: readonly LevelRange[]) =>
  ranges.flatMap(({ depth, from, to }) => layout.levels[depth]?.slice(from, to) ?? []).sort((a, b) => a - b)

function boxOf({ left, top, width, height }: TreeLayout, id: number): Bounds {
  const [x, y] = [left[id] ?? 0, top[id] ?? 0]
  return { left: x, top: y, right: x + (width[id] ?? 0), bottom: y + (height[id] ?? 0) }
}

const meets = (a: Bounds, b: Bounds) => a.right >= b.left && a.left <= b.right && a.bottom >= b.top && a.top <= b.bottom

describe('visibleNodes', () => {
  it('finds exactly the nodes whose box meets the window', () => {
    fc.assert(
      fc.property(window, size, (at, extent) => {
        const view = windowOf(layout, at, extent)
        const expected = tree.nodes.map(({ id }) => id).filter((id) => meets(boxOf(layout, id), view))
        expect(ids(layout, visibleNodes(layout, view))).toEqual(expected)
      }),
    )
  })
})

describe('visibleEdges', () => {
  it('finds every edge whose bounding box meets the window, named by the child', () => {
    fc.assert(
      fc.property(window, size, (at, extent) => {
        const view = windowOf(layout, at, extent)
        const expected = tree.nodes
          .filter(({ id, parent }) => {
            if (parent === null) return false
            const [a, b] = [boxOf(layout, parent), boxOf(layout, id)]
            const low = { left: Math.min(a.left, b.left), top: Math.min(a.top, b.top) }
            const high = { right: Math.max(a.right, b.right), bottom: Math.max(a.bottom, b.bottom) }
            const span = { ...low, ...high }
            // Along the depth an edge only fills the room between the two columns.
            return meets({ ...span, left: a.right, right: b.left }, view)
          })
          .map(({ id }) => id)
        expect(ids(layout, visibleEdges(layout, view))).toEqual(expected)
      }),
    )
  })
})

describe('nodeAt', () => {
  it('finds every node at its middle, and nothing between two columns', () => {
    for (const { id } of tree.nodes) {
      const { left, top, right, bottom } = boxOf(layout, id)
      expect(nodeAt(layout, (left + right) / 2, (top + bottom) / 2)).toBe(id)
      expect(nodeAt(layout, right + 22, (top + bottom) / 2)).toBeNull()
    }
  })

  it('takes the nearest within the slack, unless another weighs more', () => {
    const [first = 0, second = 0] = layout.levels[1] ?? []
    const { left, bottom } = boxOf(layout, first)
    expect(nodeAt(layout, left + 5, bottom + 1, 3, 1.5)).toBe(first)
    const both = (weight?: (id: number) => number) => nodeAt(layout, left + 5, bottom + 1, 3, 1000, weight)
    expect(both()).toBe(first)
    expect(both((id) => (id === second ? 1 : 0))).toBe(second)
  })
})
