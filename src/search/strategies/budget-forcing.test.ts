import { describe, expect, it } from 'vitest'
import { toErrorDetails } from '../../core/errors.ts'
import { describeEvent } from '../describe-event.ts'
import type { Checker } from '../models.ts'
import type { StrategyConfig } from '../settings.ts'
import { collect, setupOf, testChecker, treeOf } from '../testing/collect.ts'
import { endOf, ofType, scripted, sequence } from '../testing/script.ts'

/** A character is a token, so that `a\n` has 2 and `Wait\n` has 5. */
const TABLE = {
  '': ['a\n'],
  'a\n': ['A no\n'],
  'a\nWait\n': ['b\n'],
  'a\nWait\nb\n': ['A no\n'],
  'a\nWait\nb\nWait\n': ['A yes\n'],
  'a\nWait\nA ': ['yes\n'],
  'a\nA ': ['yes\n'],
  'a\nWait\nb\nA ': ['no\n'],
}

async function forced(config: Partial<StrategyConfig>, table: Readonly<Record<string, readonly string[]>> = TABLE) {
  const { policy } = scripted(table)
  const events = await collect(setupOf('budget-forcing', config), { policy, reward: null })
  expect(policy.live).toBe(0)
  const { policy: ledger, reward } = endOf(events).ledger
  expect(ledger.executed).toBe(ledger.unique + ledger.merged + ledger.overrun)
  expect(reward.executed).toBe(0)
  return { events, tree: treeOf(events), policy }
}

describe('budget forcing', () => {
  it('replaces ends that come too early, r times, then lets the next one stand', async () => {
    const { events, tree, policy } = await forced({ waits: 2, minTokens: 1000, maxTokens: 0 })
    expect(sequence(events)).toEqual([
      '1.1 + a',
      '1.1 kept only-child 1/1',
      '2.2 + A no',
      '2.2 pruned too-early 1/1',
      '2.3 + Wait (wait)',
      '2.3 kept forced 1/1',
      '3.4 + b',
      '3.4 kept only-child 1/1',
      '4.5 + A no',
      '4.5 pruned too-early 1/1',
      '4.6 + Wait (wait)',
      '4.6 kept forced 1/1',
      '5.7 + A yes',
      '5.7 kept candidate 1/1',
      '5.7 kept answer 1/1',
      'finished answered 7 yes',
    ])
    expect(endOf(events).response).toBe('a\nWait\nb\nWait\nA yes\n')
    // The replaced end is the sibling of what stands in its place, and no candidate.
    expect(tree.nodes[2]).toMatchObject({ parent: 1, state: 'pruned', forced: null })
    expect(tree.nodes[3]).toMatchObject({ parent: 1, state: 'kept', forced: 'wait' })
    expect(endOf(events).candidates.map(({ node }) => node)).toEqual([7])
    // One noise for each place: no node is sampled from twice.
    expect(policy.calls.flat().map(({ node, firstSample }) => [node, firstSample])).toEqual([
      [0, 0],
      [1, 0],
      [3, 0],
      [4, 0],
      [6, 0],
    ])
    const [early] = ofType(events, 'pruned')
    const put = ofType(events, 'proposed').find(({ forced: how }) => how === 'wait')
    if (!early || !put) throw new Error('nothing was forced')
    // 2 tokens of a and 5 of the end.
    expect(describeEvent(early, tree)).toBe(
      'Too early: “A no” ends the response after 7 of at least 1000 tokens; “Wait” is put in its place (1 of 2).',
    )
    expect(describeEvent(put, tree)).toBe('Put in: “Wait”, which stands for “Wait”, in place of the end.')
  })

  it('runs every token of the chain once, put-in ones and the replaced end’s beginning among them', async () => {
    const { events } = await forced({ waits: 1, minTokens: 8, maxTokens: 0 })
    // Prompt 3; a 2, Wait 5, b 2; of each end all but the last token, which nobody continues: 4 and 4.
    expect(sequence(events).at(-1)).toBe('finished answered 5 no')
    expect(endOf(events).ledger.policy).toMatchObject({ executed: 3 + 2 + 4 + 5 + 2 + 4, merged: 0, overrun: 0 })
  })

  it('lets an end stand that has the tokens, or where none may be replaced', async () => {
    for (const config of [
      { waits: 2, minTokens: 7 },
      { waits: 0, minTokens: 8 },
      { waits: 2, minTokens: 0 },
    ]) {
      const { events } = await forced(config)
      expect(sequence(events).slice(2)).toEqual([
        '2.2 + A no',
        '2.2 kept candidate 1/1',
        '2.2 kept answer 1/1',
        'finished answered 2 no',
      ])
    }
  })

  it('asks for the answer after the step that reaches the limit, and reads it', async () => {
    const { events, tree, policy } = await forced({ waits: 1, minTokens: 0, maxTokens: 2 })
    expect(sequence(events)).toEqual([
      '1.1 + a',
      '1.1 kept only-child 1/1',
      '2.2 + A yes (answer)',
      '2.2 kept candidate 1/1',
      '2.2 kept answer 1/1',
      'finished token-limit 2 yes',
    ])
    expect(tree.nodes[2]).toMatchObject({
      text: 'A yes\n',
      forced: 'answer',
      verdict: { answer: 'yes', correct: true },
    })
    expect(tree.nodes[2]?.tokens.map(({ text }) => text).join('')).toBe('A yes\n')
    expect(policy.calls).toHaveLength(2)
    const asked = ofType(events, 'proposed').find(({ forced: how }) => how === 'answer')
    if (!asked) throw new Error('nothing was asked for')
    expect(describeEvent(asked, tree)).toBe(
      'Asked for the answer: “A yes” begins with the task’s marker, and the policy completed it.',
    )
  })

  it('counts put-in tokens, so that a wait may reach the limit', async () => {
    // a 2 and Wait 5 make 7: the answer is asked for after the wait.
    const { events } = await forced(
      { waits: 3, minTokens: 7, maxTokens: 7, maxRounds: 9 },
      { ...TABLE, 'a\n': ['A n\n'] },
    )
    expect(sequence(events).slice(2)).toEqual([
      '2.2 + A n',
      '2.2 pruned too-early 1/1',
      '2.3 + Wait (wait)',
      '2.3 kept forced 1/1',
      '3.4 + A yes (answer)',
      '3.4 kept candidate 1/1',
      '3.4 kept answer 1/1',
      'finished token-limit 4 yes',
    ])
  })

  it('replaces an end of the sequence without a word, and judges the response without what was put in', async () => {
    const judged: (readonly string[])[] = []
    const verify = (steps: readonly string[]) => {
      judged.push(steps)
      return testChecker.verify(steps)
    }
    const { policy } = scripted({ '': ['a\n'], 'a\n': ['$'], 'a\nWait\n': ['A yes\n'] })
    const models = { policy, reward: null, checker: { ...testChecker, verify } }
    const events = await collect(setupOf('budget-forcing', { waits: 1, minTokens: 100, maxTokens: 0 }), models)
    expect(sequence(events).slice(2, 5)).toEqual(['2.2 + ∅', '2.2 pruned too-early 1/1', '2.3 + Wait (wait)'])
    expect(judged.at(-1)).toEqual(['a\n', 'A yes\n'])
    expect(endOf(events)).toMatchObject({ answer: 'yes', response: 'a\nWait\nA yes\n' })
  })

  it('has no answer where the round limit comes first, and what it wrote stays as the response', async () => {
    const { events } = await forced({ waits: 1, minTokens: 100, maxTokens: 0, maxRounds: 3 })
    expect(sequence(events).slice(-2)).toEqual(['3.4 pruned search-ended 1/1', 'finished max-rounds nothing no answer'])
    expect(endOf(events).response).toBe('a\nWait\nb\n')
  })

  it('closes a think block before it asks for the answer', async () => {
    const table = { '': ['<think>\n'], '<think>\n</think>\n\nA ': ['yes\n'] }
    const { events, tree } = await forced({ waits: 0, minTokens: 0, maxTokens: 1 }, table)
    expect(tree.nodes[2]?.text).toBe('</think>\n\nA yes\n')
    expect(endOf(events).reason).toBe('token-limit')
  })

  it('is refused where the task names no such step, and where the least is above the most', async () => {
    const { policy } = scripted(TABLE)
    const { forcing: _, ...unnamed } = testChecker
    const run = (config: Partial<StrategyConfig>, task: Checker = testChecker) =>
      collect(setupOf('budget-forcing', config), { policy, reward: null, checker: task }).catch(toErrorDetails)
    expect(await run({}, unnamed)).toMatchObject({ code: 'bad-setting', place: { field: 'strategy' } })
    expect(await run({ minTokens: 9, maxTokens: 8 })).toMatchObject({
      code: 'bad-setting',
      place: { field: 'minTokens' },
    })
    expect(policy.live).toBe(0)
  })
})
