import { describe, expect, it } from 'vitest'
import { idsFromRoot } from '../node-appearance.ts'
import { syntheticTree } from './synthetic-tree.ts'

describe('syntheticTree', () => {
  it('is the same tree for the same options', () => {
    const options = { seed: 4, n: 16, m: 4, rounds: 4, lookahead: 2 }
    expect(syntheticTree(options)).toEqual(syntheticTree(options))
    expect(syntheticTree({ ...options, seed: 5 })).not.toEqual(syntheticTree(options))
  })

  it('is a beam search that ends with a right answer', () => {
    const tree = syntheticTree({ seed: 3, n: 16, m: 4, rounds: 4 })
    const answer = tree.nodes[tree.finished?.node ?? -1]
    expect(answer).toMatchObject({ state: 'answer', depth: 4, verdict: { correct: true } })
    const path = idsFromRoot(tree, answer?.id ?? null).map((id) => tree.nodes[id]?.state)
    expect(path).toEqual(['root', 'kept', 'kept', 'kept', 'answer'])
    expect(tree.nodes.filter(({ depth, state }) => depth === 1 && state === 'kept')).toHaveLength(4)
    for (const { id, parent, children } of tree.nodes) {
      if (parent !== null) expect(tree.nodes[parent]?.children).toContain(id)
      for (const child of children) expect(tree.nodes[child]?.parent).toBe(id)
    }
  })

  it('leaves a round open when asked, half of it scored', () => {
    const tree = syntheticTree({ seed: 3, n: 16, m: 4, rounds: 4, decided: 1 })
    const open = tree.nodes.filter(({ depth }) => depth === 2)
    expect(open.every(({ state }) => state === 'proposed')).toBe(true)
    expect(open.filter(({ score }) => score === null)).toHaveLength(Math.floor(open.length / 2))
    expect(tree.finished).toBeNull()
  })
})
