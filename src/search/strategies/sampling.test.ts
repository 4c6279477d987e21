import { describe, expect, it } from 'vitest'
import type { RunSetup } from '../events.ts'
import { collect, setupOf, sketch, treeOf } from '../testing/collect.ts'
import { randomModels } from '../testing/random-models.ts'
import { endOf, ofType, scripted, sequence } from '../testing/script.ts'
import { pathTo } from '../tree-paths.ts'

const TABLE = {
  '': ['a\n', 'b\n', 'a\n', 'c\n'],
  'a\n': ['A no\n', 'A yes\n'],
  'b\n': ['A yes\n'],
  'c\n': ['A no\n'],
}
const SCORES = { a: 0.9, b: 0.2, c: 0.6, 'a/A no': 0.7, 'a/A yes': 0.8, 'b/A yes': 0.85, 'c/A no': 0.95 }

describe('votes and best of n over one hand-made table', () => {
  // Responses in the order found: a/no 0.7, a/yes 0.8, b/yes 0.85, c/no 0.95, by their last step.
  it.each([
    // yes and no have two votes each; no was found first, by a.
    ['sampling', {}, 'a/A no', 2],
    // yes: 0.8 + 0.85 = 1.65; no: 0.7 + 0.95 = 1.65, found first; its best member is shown.
    ['weighted-vote-prm', {}, 'c/A no', 1.65],
    // By the lowest step: no 0.7 + 0.6 = 1.3; yes 0.8 + 0.2 = 1.0.
    ['weighted-vote-prm', { aggregation: 'min' }, 'a/A no', 1.3],
    // By the product: no 0.63 + 0.57 = 1.2; yes 0.72 + 0.17 = 0.89.
    ['weighted-vote-prm', { aggregation: 'product' }, 'a/A no', 1.2],
    // By the mean: no 0.8 + 0.775 = 1.575; yes 0.85 + 0.525 = 1.375.
    ['weighted-vote-prm', { aggregation: 'mean' }, 'a/A no', 1.575],
    // The ORM's scores are those of the last step here.
    ['weighted-vote-orm', {}, 'c/A no', 1.65],
    ['best-of-n-prm', {}, 'c/A no', 0.95],
    ['best-of-n-prm', { aggregation: 'min' }, 'a/A yes', 0.8],
    ['best-of-n-orm', {}, 'c/A no', 0.95],
    // What the reward model's aggregation is makes no difference to one score.
    ['best-of-n-orm', { aggregation: 'min' }, 'c/A no', 0.95],
    ['weighted-vote-orm', { aggregation: 'sum-log-odds' }, 'c/A no', 1.65],
  ] as const)('%s %j', async (strategy, config, path, sum) => {
    const events = await collect(setupOf(strategy, { n: 4, ...config }), scripted(TABLE, SCORES))
    const tree = treeOf(events)
    const text = pathTo(tree, endOf(events).node ?? 0).map((node) => node.text.trim())
    expect(text.join('/')).toBe(path)
    const answer = ofType(events, 'kept').find(({ decision }) => decision.rule === 'answer')
    expect(answer?.decision.score).toBeCloseTo(sum, 12)
  })

  it('an answer that nobody wrote has no vote, and identical responses have one each', async () => {
    const table = { '': ['A no\n', '$', 'A no\n', 'A yes\n'] }
    const run = async (strategy: RunSetup['strategy'], scores: Record<string, number> = {}) =>
      endOf(await collect(setupOf(strategy, { n: 4 }), scripted(table, scores)))
    expect(await run('sampling')).toMatchObject({ answer: 'no', candidates: [{ count: 2 }, { answer: null }, {}] })
    // no: 2 · 0.3 = 0.6; yes: 0.5.
    expect(await run('weighted-vote-prm', { 'A no': 0.3, 'A yes': 0.5 })).toMatchObject({ answer: 'no' })
    // no: 2 · 0.2 = 0.4; yes: 0.5.
    expect(await run('weighted-vote-orm', { 'A no': 0.2, 'A yes': 0.5 })).toMatchObject({ answer: 'yes' })
    const nothing = scripted({ '': ['$'] })
    const events = await collect(setupOf('weighted-vote-orm', { n: 2 }), nothing)
    expect(sequence(events)).toEqual([
      '1.1 + ∅ ×2',
      '1.1 kept candidate 1/1',
      '1.1 = – path 0',
      '1.1 kept answer 0 1/1',
      'finished enough-candidates 1 no answer',
    ])
    expect(nothing.reward.scored).toEqual([])
  })
})

describe('an outcome reward model', () => {
  it('judges whole responses, each once, when all are drawn', async () => {
    const models = scripted(TABLE, SCORES, { kind: 'outcome' })
    const events = await collect(setupOf('best-of-n-orm', { n: 4 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + a ×2',
      '1.2 + b',
      '1.3 + c',
      '1.1 kept rank 1/3',
      '1.2 kept rank 2/3',
      '1.3 kept rank 3/3',
      '2.4 + A no',
      '2.5 + A yes',
      '2.6 + A yes',
      '2.7 + A no',
      '2.4 kept candidate 1/4',
      '2.5 kept candidate 2/4',
      '2.6 kept candidate 3/4',
      '2.7 kept candidate 4/4',
      '2.4 = 0.7',
      '2.5 = 0.8',
      '2.6 = 0.85',
      '2.7 = 0.95',
      '2.7 kept answer 0.95 to 0.85 1/4',
      '2.6 pruned not-answer 0.85 to 0.95 2/4',
      '2.5 pruned not-answer 0.8 to 0.95 3/4',
      '2.4 pruned not-answer 0.7 to 0.95 4/4',
      'finished enough-candidates 7 no',
    ])
    expect(models.reward.scored).toEqual(['a\nA no\n', 'a\nA yes\n', 'b\nA yes\n', 'c\nA no\n'])
    // The prompt 3; "a\nA no\n" 7, of "a\nA yes\n" what follows "a\nA " 4, "b\nA yes\n" 8, "c\nA no\n" 7.
    expect(endOf(events).ledger.reward).toMatchObject({ executed: 29, unique: 29, merged: 0, overrun: 0 })
    expect(endOf(events).ledger.reward.asked).toBe(3 + 10 + 11 + 11 + 10)
  })

  it('reads the given steps as part of each response, and says nothing of them alone', async () => {
    const models = scripted({ 'x\n': ['A no\n', 'A yes\n'] }, { 'x/A no': 0.1, 'x/A yes': 0.9 }, { kind: 'outcome' })
    const events = await collect(setupOf('best-of-n-orm', { n: 2 }, { prefix: ['x\n'] }), models)
    expect(models.reward.scored).toEqual(['x\nA no\n', 'x\nA yes\n'])
    expect(sequence(events).slice(0, 2)).toEqual(['0.1 + x', '0.1 kept given 1/1'])
    expect(endOf(events)).toMatchObject({ answer: 'yes', response: 'x\nA yes\n' })
    const given = scripted({}, { 'x/A yes': 0.4 })
    const ended = await collect(setupOf('best-of-n-orm', {}, { prefix: ['x\n', 'A yes\n'] }), given)
    expect(endOf(ended)).toMatchObject({ reason: 'answered', candidates: [{ node: 2, pathScore: 0.4 }] })
    expect(given.reward.scored).toEqual(['x\nA yes\n'])
  })

  it('judges no response that the round limit cut', async () => {
    const models = scripted({ '': ['A no\n', 'a\n'] }, { 'A no': 0.3 })
    const events = await collect(setupOf('weighted-vote-orm', { n: 2, maxRounds: 1 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + A no',
      '1.2 + a',
      '1.1 kept candidate 1/1',
      '1.1 = 0.3',
      '1.2 pruned search-ended 1/1',
      '1.1 kept answer 0.3 1/1',
      'finished max-rounds 1 no',
    ])
  })
})

describe('a vote that stops early', () => {
  const table = {
    '': ['A yes\n', 'A yes\n', 'a\n', 'A yes\n'],
    'a\n': ['A no\n'],
  }

  it('leaves the responses that cannot change it open, and spends nothing on them', async () => {
    const run = (voteStop: 'all' | 'decided') => collect(setupOf('sampling', { n: 4, voteStop }), scripted(table))
    const [all, decided] = [await run('all'), await run('decided')]
    expect(sketch(treeOf(all))).toEqual(['! A yes ×3', '> a', '= a/A no'])
    expect(sequence(decided)).toEqual([
      '1.1 + A yes ×3',
      '1.2 + a',
      '1.1 kept candidate 1/1',
      '1.2 pruned search-ended 1/1',
      '1.1 kept answer 3 1/1',
      'finished vote-decided 1 yes',
    ])
    expect(endOf(decided)).toMatchObject({ answer: 'yes', node: endOf(all).node })
    expect(endOf(all).ledger.policy.executed - endOf(decided).ledger.policy.executed).toBe('A no\n'.length)
  })

  it('goes on while the responses that are left could draw level', async () => {
    const models = scripted({ ...table, '': ['A yes\n', 'A yes\n', 'a\n', 'a\n'], 'a\n': ['A no\n', 'A no\n'] })
    const events = await collect(setupOf('sampling', { n: 4, voteStop: 'decided' }), models)
    expect(endOf(events).candidates.map(({ count }) => count)).toEqual([2, 2])
  })

  it('draws in batches: later responses go through the tree of the earlier ones, from other samples of its nodes', async () => {
    const models = scripted({ '': ['a\n', 'b\n', 'a\n', 'b\n'], 'a\n': ['A yes\n', 'A no\n'], 'b\n': ['A yes\n'] })
    const events = await collect(setupOf('sampling', { n: 6, voteStop: 'decided', voteBatch: 2 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + a',
      '1.2 + b',
      '1.1 kept rank 1/2',
      '1.2 kept rank 2/2',
      '2.3 + A yes',
      '2.4 + A yes',
      '2.3 kept candidate 1/2',
      '2.4 kept candidate 2/2',
      // Samples 2 and 3 of the problem; sample 1 below each of a and b.
      '3.1 ~ a ×2',
      '3.2 ~ b ×2',
      '3.1 kept rank 1/2',
      '3.2 kept rank 2/2',
      '4.5 + A no',
      '4.4 ~ A yes ×2',
      '4.5 kept candidate 1/2',
      '4.4 kept candidate 2/2',
      // yes 3, no 1, 2 left: 3 is not above 1 + 2.
      '5.1 ~ a ×3',
      '5.2 ~ b ×3',
      '5.1 kept rank 1/2',
      '5.2 kept rank 2/2',
      '6.3 ~ A yes ×2',
      '6.4 ~ A yes ×3',
      '6.3 kept candidate 1/2',
      '6.4 kept candidate 2/2',
      '6.3 kept answer 5 to 1 1/3',
      '6.4 pruned not-answer 5 to 5 2/3',
      '6.5 pruned not-answer 1 to 5 3/3',
      'finished enough-candidates 3 yes',
    ])
    expect(models.policy.calls.flat().map(({ node, count, firstSample }) => [node, count, firstSample])).toEqual([
      [0, 2, 0],
      [1, 1, 0],
      [2, 1, 0],
      [0, 2, 2],
      [1, 1, 1],
      [2, 1, 1],
      [0, 2, 4],
      [1, 1, 2],
      [2, 1, 2],
    ])
    // Prompt 3; a and b 1 each and their ends 1 each; A yes 5 twice, A no 4. Drawn again: a, b twice, A yes three times.
    expect(endOf(events).ledger.policy).toMatchObject({ unique: 3 + 4 + 14, merged: 4 + 15, overrun: 0 })
  })

  it('ahead by the lead: stops before it is decided, and leaves what an earlier response went through', async () => {
    const models = scripted({ '': ['a\n', 'a\n', 'a\n'], 'a\n': ['A yes\n', 'A yes\n', 'A no\n'] })
    const config = { n: 9, voteStop: 'ahead', voteLead: 2, voteBatch: 1 } as const
    const events = await collect(setupOf('sampling', config), models)
    expect(sequence(events).at(-1)).toBe('finished vote-ahead 2 yes')
    expect(endOf(events).candidates.map(({ count }) => count)).toEqual([2])
    expect(sketch(treeOf(events))).toEqual(['> a ×2', '! a/A yes ×2'])
  })

  it('when decided, has the result of all responses, for fewer tokens in some runs and more in none', async () => {
    let fewer = 0
    for (let key = 0; key < 60; key++) {
      for (const strategy of ['sampling', 'weighted-vote-prm'] as const) {
        const aggregation = key % 2 === 0 ? 'last' : 'sum-log-odds'
        const run = async (voteStop: 'all' | 'decided', voteBatch: number) =>
          endOf(await collect(setupOf(strategy, { n: 8, aggregation, voteStop, voteBatch }), randomModels(key)))
        for (const batch of [0, 3]) {
          const [all, decided] = [await run('all', batch), await run('decided', batch)]
          expect(decided.answer).toBe(all.answer)
          const saved = all.ledger.policy.executed - decided.ledger.policy.executed
          expect(saved).toBeGreaterThanOrEqual(0)
          if (saved > 0) fewer += 1
        }
      }
    }
    expect(fewer).toBeGreaterThan(40)
  })
})
