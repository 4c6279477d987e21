import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tidyTree } from './tidy-tree.ts'

/** Children lists of a tree given by each node's parent. */
function childrenOf(parents: readonly number[]): number[][] {
  const children: number[][] = [[], ...parents.map(() => [])]
  for (const [index, parent] of parents.entries()) children[parent]?.push(index + 1)
  return children
}

function place(children: number[][], breadth: number[] = children.map(() => 10)) {
  return [...tidyTree({ root: 0, children, breadth: Float64Array.from(breadth), siblingGap: 2, cousinGap: 6 })]
}

/** parents[i] ≤ i is the parent of node i + 1, and every node has its own breadth. */
const randomTree = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 120 })
  .map((entries) => ({
    children: childrenOf(entries.map(([pick], index) => pick % (index + 1))),
    breadth: [10, ...entries.map(([, breadth]) => breadth)],
  }))

function levels(children: number[][]): number[][] {
  const found: number[][] = []
  for (let level = [0]; level.length > 0; level = level.flatMap((node) => children[node] ?? [])) found.push(level)
  return found
}

describe('tidyTree', () => {
  it('puts a lone root at 0 and a chain on one line', () => {
    expect(place([[]])).toEqual([0])
    expect(place([[1], [2], []])).toEqual([0, 0, 0])
  })

  it('puts siblings one breadth and one gap apart, their parent in the middle', () => {
    expect(place([[1, 2, 3], [], [], []])).toEqual([0, -12, 0, 12])
  })

  it('keeps cousins the wider gap apart', () => {
    // 0 → 1, 2; 1 → 3, 4; 2 → 5, 6: cousins 4 and 5 are 16 apart.
    expect(place([[1, 2], [3, 4], [5, 6], [], [], [], []])).toEqual([0, -14, 14, -20, -8, 8, 20])
  })

  it('uses the breadth of the nodes that meet', () => {
    expect(place([[1, 2], [], []], [10, 30, 10])).toEqual([0, -11, 11])
  })

  it('spreads small subtrees evenly between large ones', () => {
    // Children 1 and 4 have wide subtrees; 2 and 3 stand evenly between.
    const at = place([[1, 2, 3, 4], [5, 6, 7], [], [], [8, 9, 10], [], [], [], [], [], []])
    const [one = 0, two = 0, three = 0, four = 0] = at.slice(1, 5)
    expect(two - one).toBeCloseTo(three - two, 9)
    expect(four - three).toBeCloseTo(three - two, 9)
    expect(four - one).toBeCloseTo(2 * 12 + 16, 9)
  })

  it('never lets nodes of a depth overlap, keeps their order, and centres every parent', () => {
    fc.assert(
      fc.property(randomTree, ({ children, breadth }) => {
        const at = place(children, breadth)
        expect(at[0]).toBeCloseTo(0, 9)
        for (const level of levels(children)) {
          for (let i = 1; i < level.length; i++) {
            const [left, right] = [level[i - 1] ?? 0, level[i] ?? 0]
            const siblings = children.some((below) => below.includes(left) && below.includes(right))
            const room = ((breadth[left] ?? 0) + (breadth[right] ?? 0)) / 2 + (siblings ? 2 : 6)
            expect((at[right] ?? 0) - (at[left] ?? 0)).toBeGreaterThanOrEqual(room - 1e-6)
          }
        }
        children.forEach((below, node) => {
          if (below.length === 0) return
          const middle = ((at[below[0] ?? 0] ?? 0) + (at[below.at(-1) ?? 0] ?? 0)) / 2
          expect(at[node]).toBeCloseTo(middle, 6)
        })
      }),
      { numRuns: 150 },
    )
  })

  it('takes a chain of 10,000 nodes without running out of stack', () => {
    const count = 10_000
    const children = Array.from({ length: count }, (_, node) => (node + 1 < count ? [node + 1] : []))
    expect(place(children).at(-1)).toBe(0)
  })
})
