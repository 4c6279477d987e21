import { describe, expect, it } from 'vitest'
import { describeEvent } from '../describe-event.ts'
import { collect, pathText, setupOf, treeOf } from '../testing/collect.ts'
import { endOf, ofType, scripted, sequence } from '../testing/script.ts'

const TABLE = {
  '': ['a\n', 'b\n'],
  'a\n': ['c\n', 'd\n', 'c\n'],
  'a\nc\n': ['A no\n'],
  'a\nd\n': ['A no\n', 'A yes\n'],
  'b\n': ['A no\n'],
}
const SCORES = { a: 0.8, c: 0.3, d: 0.7, b: 0.5, 'a/c/A no': 0.2, 'a/d/A no': 0.1, 'a/d/A yes': 0.9, 'b/A no': 0.4 }

describe('sequential revision', () => {
  it('goes on from before the step whose score fell most, with a fresh sample, and takes the best attempt', async () => {
    const models = scripted(TABLE, SCORES)
    const events = await collect(setupOf('revision', { attempts: 4 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + a',
      '1.1 = 0.8',
      '1.1 kept only-child 0.8 1/1',
      '1.2 + c',
      '1.2 = 0.3',
      '1.2 kept only-child 0.3 1/1',
      '1.3 + A no',
      '1.3 = 0.2',
      '1.3 kept candidate 0.2 1/1',
      // Falls: 1 − 0.8, 0.8 − 0.3, 0.3 − 0.2.
      '1.2 revised 0.8 to 0.3',
      '2.4 + d',
      '2.4 = 0.7',
      '2.4 kept only-child 0.7 1/1',
      '2.5 + A no',
      '2.5 = 0.1',
      '2.5 kept candidate 0.1 1/1',
      '2.5 revised 0.7 to 0.1',
      '3.6 + A yes',
      '3.6 = 0.9',
      '3.6 kept candidate 0.9 1/1',
      // Falls: 0.2 at a, 0.1 at d, none at the end: the problem is sampled from again.
      '3.1 revised 1 to 0.8',
      '4.7 + b',
      '4.7 = 0.5',
      '4.7 kept only-child 0.5 1/1',
      '4.8 + A no',
      '4.8 = 0.4',
      '4.8 kept candidate 0.4 1/1',
      '4.6 kept answer 0.9 to 0.4 1/4',
      '4.8 pruned not-answer 0.4 to 0.9 2/4',
      '4.3 pruned not-answer 0.2 to 0.9 3/4',
      '4.5 pruned not-answer 0.1 to 0.9 4/4',
      'finished attempts 6 yes',
    ])
    expect(models.policy.calls.flat().map(({ node, firstSample }) => [node, firstSample])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [1, 1],
      [4, 0],
      [4, 1],
      [0, 1],
      [7, 0],
    ])
    const tree = treeOf(events)
    const chain = tree.attempts.map(({ end, revised }) => [pathText(tree, end), revised?.node ?? null])
    expect(chain).toEqual([
      ['a/c/A no', 2],
      ['a/d/A no', 5],
      ['a/d/A yes', 1],
      ['b/A no', null],
    ])
    const [revised] = ofType(events, 'revised')
    if (!revised) throw new Error('nothing was revised')
    expect(describeEvent(revised, tree)).toBe(
      'Revised: in attempt 1 the score falls most at “c”, from 0.80 to 0.30; the next attempt goes on from before it.',
    )
    expect(models.policy.live + models.reward.live).toBe(0)
  })

  it('that draws the same step again is at the same node, with further samples below it', async () => {
    const table = { '': ['a\n'], 'a\n': ['A no\n', 'A no\n', 'A yes\n'] }
    const models = scripted(table, { a: 0.9, 'A no': 0.3, 'A yes': 0.8 })
    const events = await collect(setupOf('revision', { attempts: 3 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + a',
      '1.1 = 0.9',
      '1.1 kept only-child 0.9 1/1',
      '1.2 + A no',
      '1.2 = 0.3',
      '1.2 kept candidate 0.3 1/1',
      '1.2 revised 0.9 to 0.3',
      '2.2 ~ A no ×2',
      '2.2 kept candidate 0.3 1/1',
      '2.2 revised 0.9 to 0.3',
      '3.3 + A yes',
      '3.3 = 0.8',
      '3.3 kept candidate 0.8 1/1',
      '3.3 kept answer 0.8 to 0.3 1/2',
      '3.2 pruned not-answer 0.3 to 0.8 2/2',
      'finished attempts 3 yes',
    ])
    // Prompt 3, a 1 and its end 1, A no 4, A yes 5; A no again 4.
    expect(endOf(events).ledger.policy).toMatchObject({ unique: 14, merged: 4 })
    expect(endOf(events).candidates.map(({ count }) => count)).toEqual([2, 1])
  })

  it('ends where no score fell, and cuts attempts at the round limit', async () => {
    const sure = scripted({ '': ['a\n'], 'a\n': ['$'] }, { a: 1 })
    const events = await collect(setupOf('revision'), sure)
    expect(sequence(events).slice(-3)).toEqual([
      '1.2 kept candidate 1 1/1',
      '1.2 kept answer 1 1/1',
      'finished no-fall 2 no answer',
    ])
    const long = await collect(setupOf('revision', { attempts: 2, maxRounds: 1 }), scripted(TABLE, SCORES))
    expect(sequence(long).slice(-7)).toEqual([
      '1.1 revised 1 to 0.8',
      '2.2 + b',
      '2.2 = 0.5',
      '2.2 kept only-child 0.5 1/1',
      '2.1 pruned search-ended 0.8 1/2',
      '2.2 pruned search-ended 0.5 2/2',
      'finished attempts nothing no answer',
    ])
  })

  it('takes an outcome reward model, which it asks after every step', async () => {
    const events = await collect(setupOf('revision'), scripted(TABLE, SCORES, { kind: 'outcome' }))
    expect(endOf(events)).toMatchObject({ answer: 'yes', reason: 'attempts' })
  })
})
