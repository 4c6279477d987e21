import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRunFile } from '../../formats/run-file.ts'
import { aggregate } from '../../search/aggregate.ts'
import { applyEvent, emptyTree } from '../../search/apply-event.ts'
import { rankings, scoresTo } from './rankings.ts'

const { events } = readRunFile(readFileSync('public/runs/first-visit.json', 'utf8'), 'first-visit.json')
const tree = events.reduce(applyEvent, emptyTree())
const ranked = tree.nodes.filter((node) => node.decision?.rule === 'rank')

describe('a round ranked again', () => {
  it('agrees with the search under the search’s own aggregation', () => {
    expect(ranked.length).toBeGreaterThan(20)
    for (const node of ranked) {
      const own = rankings(tree, node, aggregate).find(({ aggregation }) => aggregation === tree.aggregation)
      expect(own).toMatchObject({
        score: node.pathScore,
        rank: node.decision?.rank,
        of: node.decision?.of,
        kept: node.state !== 'pruned',
      })
    }
  })

  it('gives a row for every aggregation, each keeping as many as the search did', () => {
    const [node] = ranked
    if (!node) throw new Error('no ranked node')
    const rows = rankings(tree, node, aggregate)
    expect(rows.map(({ aggregation }) => aggregation)).toEqual(['last', 'min', 'product', 'mean', 'sum-log-odds'])
    for (const row of rows) expect(row.keeps).toHaveLength(node.decision?.kept ?? -1)
  })

  it('has nothing to say of a node that no ranking decided', () => {
    const [root] = tree.nodes
    if (!root) throw new Error('no root')
    expect(rankings(tree, root, aggregate)).toEqual([])
  })

  it('reads the scores of a path from its first step on', () => {
    const answer = tree.nodes[tree.finished?.node ?? -1]
    if (!answer) throw new Error('no answer')
    const scores = scoresTo(tree, answer)
    expect(scores).toHaveLength(answer.depth)
    expect(scores.at(-1)).toBe(answer.score)
  })
})
