import { describe, expect, it } from 'vitest'
import { applyEvent, emptyTree } from './apply-event.ts'
import { describeEvent } from './describe-event.ts'
import type { SearchEvent } from './events.ts'
import { STRATEGY_IDS } from './settings.ts'
import { collect, setupOf, treeOf } from './testing/collect.ts'
import { randomModels } from './testing/random-models.ts'
import { ScriptedPolicy, ScriptedRewardModel, tableScript } from './testing/scripted-models.ts'
import { pathScoreUnder, pathTo, stepScores, stepsTo, wouldHaveKept } from './tree-paths.ts'

const scripted = () => ({
  policy: new ScriptedPolicy(
    tableScript({
      '': ['a\n', 'b\n', 'a\n', 'c\n'],
      'a\n': ['A no\n', 'd\n'],
      'b\n': ['$', 'A yes\n'],
      'c\n': ['A yes\n'],
      'a\nd\n': ['A yes\n', 'A no\n'],
    }),
  ),
  reward: new ScriptedRewardModel((text) => {
    const scores: Record<string, number> = {
      'a\n': 0.47,
      'b\n': 0.314,
      'c\n': 0.92,
      'a\nd\n': 0.6,
      'a\nA no\n': 0.05,
      'c\nA yes\n': 0.999,
      'a\nd\nA yes\n': 0.7,
      'a\nd\nA no\n': 0.4,
    }
    return scores[text] ?? 0.5
  }),
})
const beam = () => collect(setupOf('beam', { n: 4, m: 2 }), scripted())

/** Each event of a run in a sentence. */
function story(events: readonly SearchEvent[]): string[] {
  let tree = emptyTree()
  return events.map((event) => {
    tree = applyEvent(tree, event)
    return describeEvent(event, tree)
  })
}

describe('applyEvent', () => {
  it('builds the tree, sharing what an event does not touch', async () => {
    const events = await beam()
    let tree = emptyTree()
    for (const event of events) {
      const before = JSON.stringify(tree)
      const next = applyEvent(tree, event)
      expect(JSON.stringify(tree)).toBe(before)
      const changed = next.nodes.filter((node, id) => node !== tree.nodes[id]).length
      expect(changed).toBeLessThanOrEqual(2)
      expect(next.ledger).toBe(event.ledger)
      tree = next
    }
    expect(tree.nodes[0]).toMatchObject({ state: 'root', children: [1, 2, 3], depth: 0 })
    expect(tree.nodes[1]).toMatchObject({ parent: 0, depth: 1, text: 'a\n', count: 2, score: 0.47, state: 'kept' })
    expect(tree.round).toBe(3)
    expect(tree.finished).toBe(events.at(-1))
  })

  it('refuses events about nodes that do not stand', async () => {
    const [started, proposed] = await beam()
    if (!started || !proposed) throw new Error('no events')
    expect(() => applyEvent(emptyTree(), proposed)).toThrow(RangeError)
    expect(() => applyEvent(applyEvent(emptyTree(), started), { ...proposed, node: 5 } as SearchEvent)).toThrow(
      RangeError,
    )
  })

  it('counts backups for tree search with statistics', async () => {
    const events = await beam()
    const { ledger } = events[0] ?? {}
    if (!ledger) throw new Error('no events')
    const tree = applyEvent(treeOf(events), { type: 'backedUp', round: 4, node: 1, visits: 3, value: 0.5, ledger })
    expect(tree.nodes[1]).toMatchObject({ visits: 3, value: 0.5 })
  })

  it('replays a long run from any prefix to the same tree', async () => {
    const events = await collect(setupOf('best-of-n-prm', { n: 512, maxRounds: 12 }, { seed: 2 }), randomModels(4))
    const whole = treeOf(events)
    for (const share of [0, 0.1, 0.5, 0.9, 1]) {
      const length = Math.floor(share * events.length)
      const tree = treeOf(events.slice(0, length))
      const before = JSON.stringify(tree)
      expect(events.slice(length).reduce(applyEvent, tree)).toEqual(whole)
      expect(JSON.stringify(tree)).toBe(before)
    }
  })
})

describe('paths', () => {
  it('give steps, scores, and the path score under each aggregation', async () => {
    const tree = treeOf(await beam())
    const end = tree.nodes.find(({ text, depth }) => text === 'A yes\n' && depth === 3)?.id ?? 0
    expect(pathTo(tree, end).map(({ text }) => text)).toEqual(['a\n', 'd\n', 'A yes\n'])
    expect(pathTo(tree, 0)).toEqual([])
    expect(stepsTo(tree, end)).toEqual(['a\n', 'd\n', 'A yes\n'])
    expect(stepScores(tree, end)).toEqual([0.47, 0.6, 0.7])
    expect(pathScoreUnder(tree, end, 'min')).toBe(0.47)
    expect(pathScoreUnder(tree, end, 'product')).toBeCloseTo(0.1974, 6)
    expect(pathScoreUnder(tree, 0, 'last')).toBeNull()
  })

  it('tell what another aggregation would have kept', async () => {
    const policy = new ScriptedPolicy(
      tableScript({
        '': ['a\n', 'b\n'],
        'a\n': ['c\n', 'd\n'],
        'b\n': ['e\n', 'f\n'],
        'a\nc\n': ['A yes\n'],
        'b\ne\n': ['A no\n'],
      }),
    )
    const scores: Record<string, number> = { a: 0.9, b: 0.3, c: 0.5, d: 0.1, e: 0.6, f: 0.2, 'A yes': 0.9, 'A no': 0.8 }
    const reward = new ScriptedRewardModel((text) => scores[text.trimEnd().split('\n').at(-1) ?? ''] ?? 0)
    const tree = treeOf(await collect(setupOf('beam', { n: 4, m: 2 }), { policy, reward }))
    const names = (ids: readonly number[]) => ids.map((id) => tree.nodes[id]?.text.trim())
    expect(names(wouldHaveKept(tree, 2, 'last'))).toEqual(['e', 'c'])
    expect(names(wouldHaveKept(tree, 2, 'mean'))).toEqual(['c', 'd'])
    expect(wouldHaveKept(tree, 9, 'last')).toEqual([])
  })
})

describe('describeEvent', () => {
  it('tells a beam search in plain sentences, with the numbers compared', async () => {
    expect(story(await beam())).toEqual([
      'Started: Beam search on ?, seed 7.',
      'Proposed, 2 times: “a” (probability 82%).',
      'Proposed: “b” (probability 82%).',
      'Proposed: “c” (probability 82%).',
      'Scored: “a” gets 0.47.',
      'Scored: “b” gets 0.31.',
      'Scored: “c” gets 0.92.',
      'Kept: “c” with 0.92 is place 1 of 3, and 2 are kept; the best one pruned has 0.31, by last-step score.',
      'Kept: “a” with 0.47 is place 2 of 3, and 2 are kept; the best one pruned has 0.31, by last-step score.',
      'Pruned: “b” with 0.31 is below the 2 kept (lowest 0.47), by last-step score.',
      'Proposed, 2 times: “A yes” (probability 55%).',
      'Proposed: “A no” (probability 61%).',
      'Proposed: “d” (probability 82%).',
      'Scored: “A yes” gets 0.999.',
      'Scored: “A no” gets 0.05.',
      'Scored: “d” gets 0.60.',
      'Finished: “A yes” ends its path with 0.999 and is a candidate for the answer.',
      'Finished: “A no” ends its path with 0.05 and is a candidate for the answer.',
      'Kept: “d” with 0.60 is the only open path.',
      'Proposed: “A yes” (probability 55%).',
      'Proposed: “A no” (probability 61%).',
      'Scored: “A yes” gets 0.70.',
      'Scored: “A no” gets 0.40.',
      'Finished: “A yes” ends its path with 0.70 and is a candidate for the answer.',
      'Finished: “A no” ends its path with 0.40 and is a candidate for the answer.',
      'Answer: “A yes” is chosen with 0.999; the next is 0.70, by last-step score.',
      'Not the answer: “A yes” with 0.70 is below the chosen 0.999, by last-step score.',
      'Not the answer: “A no” with 0.40 is below the chosen 0.999, by last-step score.',
      'Not the answer: “A no” with 0.05 is below the chosen 0.999, by last-step score.',
      'Finished: enough paths are finished. The answer yes is right: It says yes.',
    ])
  })

  it('tells rollouts, reuse and an early stop', async () => {
    const policy = new ScriptedPolicy(
      tableScript({
        '': ['a\n', 'b\n'],
        'a\n': ['c\n', 'd\n'],
        'b\n': ['A no\n'],
        'a\nc\n': ['A yes\n'],
        'a\nd\n': ['A no\n'],
      }),
    )
    const reward = new ScriptedRewardModel((text) => 1 / (text.length + 2))
    const setup = setupOf('lookahead', { n: 2, m: 2 }, { prefix: [] })
    expect(story(await collect(setup, { policy, reward })).slice(3)).toEqual([
      'Scored: “a” gets 0.25.',
      'Scored: “b” gets 0.25.',
      'Rolled out 1 greedy step from “a”: the path ends at 0.17.',
      'Rolled out 1 greedy step from “b”: the path ends at 0.11.',
      'Kept: “a” with 0.17 is place 1 of 2, and 1 is kept; the best one pruned has 0.11, by last-step score at the end of the rollout.',
      'Pruned: “b” with 0.11 is below the one kept (0.17), by last-step score at the end of the rollout.',
      'Proposed: “c”, which a rollout had found already (probability 82%).',
      'Proposed: “d” (probability 82%).',
      'Scored: “d” gets 0.17.',
      'Rolled out 1 greedy step from “c”: the path ends at 0.08; its answer passes the check, which stops the search.',
      'Rolled out 1 greedy step from “d”: the path ends at 0.09.',
      'Kept: the rollout of “c” is the answer.',
      'Left open: the search ended with “d” at 0.09.',
      'Answer: “A yes” passes the task’s check without knowing the solution.',
      'Finished: a rollout’s answer passed the check. The answer yes is right: It says yes.',
    ])
  })

  it('shows digits enough to tell the numbers apart, and says when they are equal', async () => {
    const policy = new ScriptedPolicy(tableScript({ '': ['a\n', 'b\n', 'c\n'], 'a\n': ['A no\n'] }))
    const scores: Record<string, number> = { 'a\n': 0.4712, 'b\n': 0.4711, 'c\n': 0.4712 }
    const reward = new ScriptedRewardModel((text) => scores[text] ?? 0.5)
    const sentences = story(await collect(setupOf('greedy-tree', { m: 3 }), { policy, reward }))
    expect(sentences.filter((sentence) => sentence.startsWith('Pruned'))).toEqual([
      'Pruned: “c” with 0.47 only equals the one kept (0.47), proposed earlier, by last-step score.',
      'Pruned: “b” with 0.4711 is below the one kept (0.4712), by last-step score.',
    ])
  })

  it('names a score too small or too near to 1 to be read by its bound, or by its power of ten in a comparison', async () => {
    const policy = new ScriptedPolicy(tableScript({ '': ['a\n', 'b\n', 'c\n', 'd\n'], 'a\n': ['A no\n'] }))
    const scores: Record<string, number> = { 'a\n': 3e-7, 'b\n': 2e-8, 'c\n': 1e-9, 'd\n': 0, 'a\nA no\n': 1 - 1e-9 }
    const reward = new ScriptedRewardModel((text) => scores[text] ?? 0.0004)
    const sentences = story(await collect(setupOf('greedy-tree', { m: 4 }), { policy, reward }))
    expect(sentences.filter((sentence) => sentence.startsWith('Scored'))).toEqual([
      'Scored: “a” gets <0.0001.',
      'Scored: “b” gets <0.0001.',
      'Scored: “c” gets <0.0001.',
      'Scored: “d” gets 0.',
      'Scored: “A no” gets >0.9999.',
    ])
    expect(sentences).toContain('Pruned: “b” with 2.0e-8 is below the one kept (3.0e-7), by last-step score.')
  })

  it('tells votes', async () => {
    const policy = new ScriptedPolicy(tableScript({ '': ['A no\n', 'A yes\n', 'A no\n', 'A  no\n'] }))
    const sentences = story(await collect(setupOf('sampling', { n: 4 }), { policy, reward: null }))
    expect(sentences.slice(-4)).toEqual([
      'Answer: “A no” is chosen with 3; the next is 1, by votes.',
      'Not shown: “A  no” has the same votes as the answer; another of its paths is shown.',
      'Not the answer: “A yes” with 1 is below the chosen 3, by votes.',
      'Finished: enough paths are finished. The answer no is wrong: It says no. Votes: 4 of 4 responses have one, for 2 different results.',
    ])
  })

  it('has a sentence for every event of every strategy', async () => {
    for (const strategy of STRATEGY_IDS) {
      const config = { n: 8, m: 2, aggregation: 'sum-log-odds', answerBy: 'weighted-vote', maxRounds: 4 } as const
      const sentences = story(await collect(setupOf(strategy, config, { prefix: ['a\n'] }), randomModels(8)))
      for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z][^\n]*\.$/)
      expect(sentences.join(' ')).not.toMatch(/undefined|NaN|null/)
    }
  })
})
