import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { collect, setupOf } from '../testing/collect.ts'
import { endOf, ofType, scripted, sequence } from '../testing/script.ts'
import { shareWidth } from './rebase.ts'

const TABLE = {
  '': ['a\n', 'b\n', 'c\n', 'A no\n', 'a\n', 'b\n'],
  'a\n': ['d\n', 'A yes\n', 'e\n', 'A yes\n'],
  'b\n': ['A no\n'],
  'a\nd\n': ['A no\n', 'A yes\n'],
}
const SCORES = { a: 0.8, b: 0.6, c: 0.2, d: 0.5, e: 0.3, 'A no': 0.4, 'A yes': 0.9 }

describe('REBASE', () => {
  it('shares a round’s width by the softmax of the scores; finished responses lower it', async () => {
    const models = scripted(TABLE, SCORES)
    const events = await collect(setupOf('rebase', { n: 6, balance: 0.2 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + a ×2',
      '1.2 + b ×2',
      '1.3 + c',
      '1.4 + A no',
      '1.1 = 0.8',
      '1.2 = 0.6',
      '1.3 = 0.2',
      '1.4 = 0.4',
      '1.4 kept candidate 0.4 1/1',
      // Width 5. e⁴ = 54.6, e³ = 20.1, e¹ = 2.7, in all 77.4: ⌈5 · 54.6 / 77.4⌉ = ⌈3.53⌉ = 4, ⌈1 · 20.1 / 22.8⌉ = 1, then nothing is left.
      '1.1 kept share 0.8 1/3',
      '1.2 kept share 0.6 2/3',
      '1.3 pruned share 0.2 3/3',
      '2.5 + d',
      '2.6 + A yes ×2',
      '2.7 + e',
      '2.8 + A no',
      '2.5 = 0.5',
      '2.6 = 0.9',
      '2.7 = 0.3',
      '2.8 = 0.4',
      '2.6 kept candidate 0.9 1/2',
      '2.8 kept candidate 0.4 2/2',
      // Width 6 − 1 − 3 = 2. e^2.5 = 12.2, e^1.5 = 4.5: ⌈2 · 12.2 / 16.7⌉ = ⌈1.46⌉ = 2.
      '2.5 kept share 0.5 1/2',
      '2.7 pruned share 0.3 2/2',
      '3.9 + A no',
      '3.10 + A yes',
      '3.9 = 0.4',
      '3.10 = 0.9',
      '3.9 kept candidate 0.4 1/2',
      '3.10 kept candidate 0.9 2/2',
      '3.6 kept answer 0.9 to 0.9 1/5',
      '3.10 pruned not-answer 0.9 to 0.9 2/5',
      '3.4 pruned not-answer 0.4 to 0.9 3/5',
      '3.8 pruned not-answer 0.4 to 0.9 4/5',
      '3.9 pruned not-answer 0.4 to 0.9 5/5',
      'finished enough-candidates 6 yes',
    ])
    expect(models.policy.calls.flat().map(({ node, count }) => [node, count])).toEqual([
      [0, 6],
      [1, 4],
      [2, 1],
      [5, 2],
    ])
    const shares = [...ofType(events, 'kept'), ...ofType(events, 'pruned')].flatMap(({ node, decision: { share } }) =>
      share ? [[node, share.children, share.left]] : [],
    )
    expect(shares).toEqual([
      [1, 4, 5],
      [2, 1, 1],
      [5, 2, 2],
      [3, 0, 0],
      [7, 0, 0],
    ])
  })

  it('ends where no path is open, and at the round limit', async () => {
    const ended = scripted({ '': ['a\n'], 'a\n': ['A yes\n', '$'] }, { a: 0.5, 'A yes': 0.4 })
    const events = await collect(setupOf('rebase', { n: 3 }), ended)
    expect(sequence(events).at(-1)).toBe('finished enough-candidates 2 yes')
    const cut = await collect(setupOf('rebase', { n: 6, maxRounds: 2 }), scripted(TABLE, SCORES))
    expect(sequence(cut).slice(-6)).toEqual([
      '2.5 pruned search-ended 0.5 1/2',
      '2.7 pruned search-ended 0.3 2/2',
      '2.6 kept answer 0.9 to 0.4 1/3',
      '2.4 pruned not-answer 0.4 to 0.9 2/3',
      '2.8 pruned not-answer 0.4 to 0.9 3/3',
      'finished max-rounds 6 yes',
    ])
    expect(endOf(cut).candidates).toHaveLength(3)
  })
})

describe('shareWidth', () => {
  it('gives to the best alone where the balance is low, and to all alike where it is high', () => {
    expect(shareWidth([0.9, 0.8, 0.1], 8, 0.001)).toEqual([8, 0, 0])
    expect(shareWidth([0.9, 0.6, 0.1, 0], 8, 100)).toEqual([3, 2, 2, 1])
    expect(shareWidth([0.5, 0.5, 0.5], 6, 0.2)).toEqual([2, 2, 2])
    expect(shareWidth([0.5, 0.5, 0.5], 2, 0.2)).toEqual([1, 1, 0])
  })

  it('gives out the whole width, never more to a lower score', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 64 }),
        fc.constantFrom(0.001, 0.05, 0.2, 1, 100),
        (scores, width, temperature) => {
          const ranked = scores.toSorted((a, b) => b - a)
          const shares = shareWidth(ranked, width, temperature)
          expect(shares.reduce((sum, share) => sum + share, 0)).toBe(width)
          expect(shares.every((share) => Number.isInteger(share) && share >= 0)).toBe(true)
          expect(shares).toEqual(shares.toSorted((a, b) => b - a))
        },
      ),
    )
  })
})
