import { describe, expect, it } from 'vitest'
import { syntheticTree } from './testing/synthetic-tree.ts'
import { treeOf } from './testing/tree-of.ts'
import type { TreeLayout } from './tree-layout.ts'
import { CHARACTER, layoutTree, METRICS } from './tree-layout.ts'

const box = ({ left, top, width, height }: TreeLayout, id: number) => [left[id], top[id], width[id], height[id]]

describe('layoutTree', () => {
  // 0 → 1, 2, 3; labels `s1`… of two characters count as four.
  const small = treeOf([
    { parent: null, text: 'go' },
    { parent: 0, score: 0.2 },
    { parent: 0, score: 0.9 },
    { parent: 0 },
  ])
  const length = (4 + 5) * CHARACTER + 28
  const rootLength = 4 * CHARACTER + 20

  it('moves columns together before they become shorter, and never cuts the step', () => {
    const steps = treeOf([
      { parent: null },
      { parent: 0, text: '3*5=15 : 7 2 15 7 2 15\n' },
      { parent: 1, text: 'A 24\n' },
    ])
    const lengthOf = ({ bounds }: TreeLayout) => bounds.right - bounds.left
    const spread = layoutTree(steps)
    const full = lengthOf(spread)
    expect(layoutTree(steps, full + 1)).toEqual(spread)
    const closer = layoutTree(steps, full - 20)
    expect(lengthOf(closer)).toBeCloseTo(full - 20)
    expect(closer.width).toEqual(spread.width)
    const shorter = layoutTree(steps, full - 100)
    expect(lengthOf(shorter)).toBeCloseTo(full - 100)
    const step = ('3*5=15'.length + 5) * CHARACTER + 32
    const answer = ('A 24'.length + 5) * CHARACTER + 28
    expect(shorter.width[1]).toBeGreaterThanOrEqual(step)
    expect(shorter.squeeze).toBe(0)
    // No room for the step font at all: columns for one of 8 px, at 0.6 em a character, and a score such as ".123".
    const least = layoutTree(steps, 0)
    expect(least.squeeze).toBe(1)
    expect(least.width[1]).toBeLessThan(step)
    expect(least.width[1]).toBeGreaterThanOrEqual(('3*5=15'.length + 4) * 4.8 + 8)
    expect(least.width[2]).toBeLessThan(answer)
    expect(least.width[2]).toBeGreaterThanOrEqual(('A 24'.length + 4) * 4.8 + 8)
    const between = layoutTree(steps, (step + answer + lengthOf(least)) / 2 + 36)
    expect(between.squeeze).toBeGreaterThan(0)
    expect(between.squeeze).toBeLessThan(1)
    expect(lengthOf(between)).toBeCloseTo((step + answer + lengthOf(least)) / 2 + 36)
  })

  it('stands children in a column right of their parent, best score first, unscored last', () => {
    const layout = layoutTree(small)
    expect(layout.levels).toEqual([[0], [2, 1, 3]])
    expect(box(layout, 0)).toEqual([0, -10, rootLength, 20])
    expect(box(layout, 2)).toEqual([rootLength + 44, -33, length, 20])
    expect(box(layout, 1)).toEqual([rootLength + 44, -10, length, 20])
    expect(box(layout, 3)).toEqual([rootLength + 44, 13, length, 20])
    expect(layout.bounds).toEqual({ left: 0, top: -33, right: rootLength + 44 + length, bottom: 33 })
    expect([...layout.parent]).toEqual([-1, 0, 0, 0])
    expect([...layout.depth]).toEqual([0, 1, 1, 1])
  })

  it('leaves equal scores in order of appearance', () => {
    const tie = treeOf([
      { parent: null },
      { parent: 0, score: 0.5 },
      { parent: 0, score: 0.5 },
      { parent: 0, score: 0.7 },
    ])
    expect(layoutTree(tie).children[0]).toEqual([3, 1, 2])
  })

  it('draws a rollout as a thin tail on the row of its proposal', () => {
    const tree = treeOf([
      { parent: null },
      { parent: 0, score: 0.5, rollout: { end: 3, pathScore: 0.8, accepted: false } },
      { parent: 1, state: 'rolledOut', score: 0.6 },
      { parent: 2, state: 'rolledOut', score: 0.8 },
    ])
    const layout = layoutTree(tree)
    expect([...layout.tail]).toEqual([0, 0, 1, 1])
    expect([layout.top[2], layout.height[2]]).toEqual([-6.5, 13])
    expect([layout.top[3], layout.height[3]]).toEqual([-6.5, 13])
  })

  it('widens a column by whole steps only, and leaves the root where it is, as the tree grows', () => {
    const grown = treeOf([
      { parent: null, text: 'go' },
      { parent: 0, score: 0.2 },
      { parent: 0, score: 0.9 },
      { parent: 0 },
      { parent: 2, text: '12*11=132 : 8 6 132\n' },
      { parent: 0, text: 's5xx\n' },
    ])
    const [before, after] = [layoutTree(small), layoutTree(grown)]
    expect(after.left[2]).toBe(before.left[2])
    expect(after.width[2]).toBe(before.width[2])
    expect((after.top[0] ?? 0) + (after.height[0] ?? 0) / 2).toBe(0)
    expect(after.width[4]).toBe((20 + 5) * CHARACTER + 28)
  })

  it('gives an empty layout for an empty tree', () => {
    expect(layoutTree(treeOf([])).levels).toEqual([])
  })

  it('keeps 5,000 nodes apart, in order of score, children beyond their parents', () => {
    const tree = syntheticTree({ seed: 1, n: 1080, m: 4, rounds: 8 })
    expect(tree.nodes.length).toBe(5000)
    const layout = layoutTree(tree)
    expect(layout.levels.flat().length).toBe(tree.nodes.length)
    for (const level of layout.levels) {
      for (let index = 1; index < level.length; index++) {
        const [above, below] = [level[index - 1] ?? 0, level[index] ?? 0]
        const gap = (layout.top[below] ?? 0) - (layout.top[above] ?? 0) - (layout.height[above] ?? 0)
        const siblings = layout.parent[above] === layout.parent[below]
        const { siblingGap, cousinGap } = METRICS
        expect(gap).toBeGreaterThanOrEqual((siblings ? siblingGap : cousinGap) - 1e-6)
        if (siblings) expect(tree.nodes[above]?.score).toBeGreaterThanOrEqual(tree.nodes[below]?.score ?? 0)
      }
    }
    for (const { id, parent } of tree.nodes) {
      if (parent === null) continue
      expect(layout.left[id]).toBe((layout.left[parent] ?? 0) + (layout.width[parent] ?? 0) + 44)
    }
  })
})
