import { describe, expect, it } from 'vitest'
import { treeOf } from './testing/tree-of.ts'
import { layoutTree } from './tree-layout.ts'
import { arrowDirection, neighbour } from './tree-navigation.ts'

// 0 → 1 (0.9), 2 (0.4); 1 → 3 (0.2), 4 (0.8); 2 → 5
const layout = layoutTree(
  treeOf([
    { parent: null },
    { parent: 0, score: 0.9 },
    { parent: 0, score: 0.4 },
    { parent: 1, score: 0.2 },
    { parent: 1, score: 0.8 },
    { parent: 2, score: 0.5 },
  ]),
)

describe('neighbour', () => {
  it('goes to the parent and to the best child', () => {
    expect(neighbour(layout, 3, 'parent')).toBe(1)
    expect(neighbour(layout, 1, 'child')).toBe(4)
    expect(neighbour(layout, 0, 'parent')).toBeNull()
    expect(neighbour(layout, 5, 'child')).toBeNull()
  })

  it('goes along the depth as drawn, from the last sibling on to a cousin', () => {
    expect(neighbour(layout, 4, 'next')).toBe(3)
    expect(neighbour(layout, 3, 'next')).toBe(5)
    expect(neighbour(layout, 5, 'previous')).toBe(3)
    expect(neighbour(layout, 5, 'next')).toBeNull()
    expect(neighbour(layout, 4, 'previous')).toBeNull()
  })

  it('knows no neighbour of a node that is not there', () => {
    expect(neighbour(layout, 99, 'next')).toBeNull()
    expect(neighbour(layout, 99, 'parent')).toBeNull()
  })
})

describe('arrowDirection', () => {
  it('follows the drawing', () => {
    expect(arrowDirection('ArrowRight')).toBe('child')
    expect(arrowDirection('ArrowDown')).toBe('next')
    expect(arrowDirection('a')).toBeUndefined()
  })
})
