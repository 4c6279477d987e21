import { describe, expect, it } from 'vitest'
import { subtreeRounds } from '../subtree-rounds.ts'
import { collect, setupOf, sketch, treeOf } from '../testing/collect.ts'
import { endOf, ofType, scripted, sequence } from '../testing/script.ts'

/** Three subtrees of two proposals: a b, b a, c c. */
const TABLE = {
  '': ['a\n', 'b\n', 'b\n', 'a\n', 'c\n', 'c\n'],
  'a\n': ['A no\n', 'e\n', 'e\n', 'f\n'],
  'c\n': ['A yes\n', 'A yes\n'],
  'a\ne\n': ['A no\n', 'g\n', '$', 'A no\n'],
}
const SCORES = {
  ...{ a: 0.5, b: 0.4, c: 0.3, e: 0.6, f: 0.2, g: 0.1 },
  ...{ 'a/A no': 0.45, 'c/A yes': 0.7, 'a/e/A no': 0.65 },
}

describe('DVTS', () => {
  it('searches each subtree greedily; subtrees that took the same step are sampled together, each its own part', async () => {
    const models = scripted(TABLE, SCORES)
    const events = await collect(setupOf('dvts', { n: 6, m: 2 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + a ×2',
      '1.2 + b ×2',
      '1.3 + c ×2',
      '1.1 = 0.5',
      '1.2 = 0.4',
      '1.3 = 0.3',
      // Subtrees 0 and 1 keep a; b, which both of them lose, is pruned once. Subtree 2 has c alone.
      '1.1 kept rank 0.5 to 0.4 1/2',
      '1.2 pruned rank 0.4 to 0.5 2/2',
      '1.1 kept rank 0.5 to 0.4 1/2',
      '1.3 kept rank 0.3 1/1',
      // Below a: samples 0 and 1 (A no, e) are of subtree 0, samples 2 and 3 (e, f) of subtree 1.
      '2.4 + A no',
      '2.5 + e ×2',
      '2.6 + f',
      '2.7 + A yes ×2',
      '2.4 = 0.45',
      '2.5 = 0.6',
      '2.6 = 0.2',
      '2.7 = 0.7',
      '2.4 kept candidate 0.45 1/2',
      '2.7 kept candidate 0.7 2/2',
      // A no is finished and not the best of subtree 0, which goes on with e; subtree 2 has ended.
      '2.5 kept rank 0.6 to 0.45 1/2',
      '2.5 kept rank 0.6 to 0.2 1/2',
      '2.6 pruned rank 0.2 to 0.6 2/2',
      '3.8 + A no ×2',
      '3.9 + g',
      '3.10 + ∅',
      '3.8 = 0.65',
      '3.9 = 0.1',
      '3.10 = – path 0.6',
      '3.8 kept candidate 0.65 1/2',
      '3.10 kept candidate 0.6 2/2',
      '3.9 pruned rank 0.1 to 0.65 2/2',
      '3.7 kept answer 0.7 to 0.65 1/4',
      '3.8 pruned not-answer 0.65 to 0.7 2/4',
      '3.4 pruned not-answer 0.45 to 0.7 3/4',
      '3.10 pruned not-answer 0.6 to 0.7 4/4',
      'finished subtrees-ended 7 yes',
    ])
    expect(ofType(events, 'proposed').map(({ node, subtrees }) => [node, subtrees])).toEqual([
      [1, [0, 1]],
      [2, [0, 1]],
      [3, [2]],
      [4, [0]],
      [5, [0, 1]],
      [6, [1]],
      [7, [2]],
      [8, [0, 1]],
      [9, [0]],
      [10, [1]],
    ])
    expect(ofType(events, 'kept').flatMap(({ decision }) => decision.subtree ?? [])).toEqual([0, 1, 2, 0, 1])
    expect(models.policy.calls.flat().map(({ node, count }) => [node, count])).toEqual([
      [0, 6],
      [1, 4],
      [3, 2],
      [5, 4],
    ])
    // Every path that finished is a candidate, with its samples: A no of a, A yes twice, A no of e twice, the bare end.
    expect(endOf(events).candidates.map(({ node, count }) => [node, count])).toEqual([
      [4, 1],
      [7, 2],
      [8, 2],
      [10, 1],
    ])
  })

  it('is shown as a row of rounds for each subtree, the best proposal first', async () => {
    const events = await collect(setupOf('dvts', { n: 6, m: 2 }), scripted(TABLE, SCORES))
    const rows = subtreeRounds(treeOf(events)).map(({ rounds }) =>
      rounds.map(({ proposals }) => proposals.map(({ text }) => text.trim() || '∅').join()),
    )
    expect(rows).toEqual([
      ['a,b', 'e,A no', 'A no,g'],
      ['a,b', 'e,f', 'A no,∅'],
      ['c', 'A yes'],
    ])
    const begun = subtreeRounds(treeOf(events.slice(0, 3)))
    expect(begun.map(({ rounds }) => rounds[0]?.decided)).toEqual([false, false])
    expect(subtreeRounds(treeOf(await collect(setupOf('greedy-tree', { m: 6 }), scripted(TABLE, SCORES))))).toEqual([])
  })

  it('answers by weighted vote where it is set', async () => {
    const events = await collect(setupOf('dvts', { n: 6, m: 2, answerBy: 'weighted-vote' }), scripted(TABLE, SCORES))
    // no: 0.45 + 2 · 0.65 = 1.75; yes: 2 · 0.7 = 1.4.
    expect(endOf(events)).toMatchObject({ node: 8, answer: 'no' })
  })

  it('cuts every open path at the round limit', async () => {
    const events = await collect(setupOf('dvts', { n: 6, m: 2, maxRounds: 2 }), scripted(TABLE, SCORES))
    expect(sketch(treeOf(events))).toEqual([
      ...['> a ×2', 'x b ×2', '> c ×2', '= a/A no', 'x a/e ×2', 'x a/f', '! c/A yes ×2'],
    ])
    expect(endOf(events)).toMatchObject({ reason: 'max-rounds', node: 7 })
  })

  it('with one subtree keeps what greedy tree search keeps', async () => {
    const scores = { ...SCORES, 'a/e/A no': 0.65 }
    const events = await collect(setupOf('dvts', { n: 4, m: 4 }), scripted(TABLE, scores))
    const greedy = await collect(setupOf('greedy-tree', { m: 4 }), scripted(TABLE, scores))
    const kept = (of: typeof events) =>
      ofType(of, 'kept').flatMap(({ node, decision }) => (decision.rule === 'rank' ? [node] : []))
    expect(kept(events)).toEqual([1, 4])
    expect(kept(greedy)).toEqual([1, 4, 6])
    expect(endOf(events).node).toBe(endOf(greedy).node)
  })

  it('ends without an answer where no path has one', async () => {
    const events = await collect(
      setupOf('dvts', { n: 2, m: 1 }),
      scripted({ '': ['a\n', '$'], 'a\n': ['$'] }, { a: 0.3 }),
    )
    expect(sequence(events).slice(-4)).toEqual([
      '2.3 kept candidate 0.3 1/1',
      '2.3 kept answer 0.3 to 0 1/2',
      '2.2 pruned not-answer 0 to 0.3 2/2',
      'finished subtrees-ended 3 no answer',
    ])
  })

  it('takes an outcome reward model, which it asks after every step', async () => {
    const models = scripted(TABLE, SCORES, { kind: 'outcome' })
    const [, ...events] = await collect(setupOf('dvts', { n: 6, m: 2 }), models)
    const [, ...process] = await collect(setupOf('dvts', { n: 6, m: 2 }), scripted(TABLE, SCORES))
    expect(sequence([events[0] as never, ...events])).toEqual(sequence([process[0] as never, ...process]))
    expect(models.reward.scored).toContain('a\ne\n')
  })

  it('refuses an n that m does not divide', async () => {
    const models = scripted({})
    await expect(collect(setupOf('dvts', { n: 6, m: 4 }), models)).rejects.toThrow('n = 6 is not divisible by m = 4')
    expect(models.policy.calls).toEqual([])
  })
})
