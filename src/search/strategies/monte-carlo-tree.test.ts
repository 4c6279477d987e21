import { describe, expect, it } from 'vitest'
import { pcg4d, toUnit } from '../../core/random.ts'
import { describeEvent } from '../describe-event.ts'
import { collect, setupOf, sketch, treeOf } from '../testing/collect.ts'
import { endOf, ofType, scripted, sequence } from '../testing/script.ts'
import { ScriptedPolicy, ScriptedRewardModel } from '../testing/scripted-models.ts'

/** A character is a token of log-probability −0.1: a has prior 1 / (1 + e^−0.2) = 0.5498 beside bbb. */
const TABLE = {
  '': ['a\n', 'bbb\n'],
  'a\n': ['c\n', 'A no\n'],
  'bbb\n': ['A yes\n', 'A yes\n'],
  'a\nc\n': ['A no\n', '$'],
}
const SCORES = { a: 0.6, bbb: 0.5, c: 0.4, 'a/A no': 0.3, 'bbb/A yes': 0.9, 'a/c/A no': 0.2 }

describe('Monte Carlo tree search', () => {
  it('selects, expands, evaluates and backs up: a tree by hand, iteration by iteration, until nothing is left', async () => {
    const models = scripted(TABLE, SCORES)
    const events = await collect(setupOf('mcts', { m: 2, iterations: 9 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + a',
      '1.2 + bbb',
      '1.1 = 0.6',
      '1.2 = 0.5',
      '1.0 expanded 1:0.5498 2:0.4502',
      // √0: no exploration yet.
      '1.1 selected 1 of 1:0.6 2:0.5',
      '1.1 kept selected 0.6 to 0.5 1/2',
      '1.1 evaluated 0.6',
      '1.1 n1 0.6',
      '1.0 n1 0.6',
      // G(N) = ln((N + 19653) / 19652) + 1.25 = 1.2501 here. a: 0.6 + 0.5498 · √1 / 2 · G; bbb: 0.5 + 0.4502 · √1 / 1 · G.
      '2.2 selected 2 of 1:0.9437 2:1.0628',
      '2.2 kept selected 1.0628 to 0.9437 1/2',
      '2.2 evaluated 0.5',
      '2.2 n1 0.5',
      '2.0 n2 0.55',
      '3.3 + c',
      '3.4 + A no',
      '3.3 = 0.4',
      '3.4 = 0.3',
      '3.4 kept candidate 0.3 1/1',
      // Prior of c: 1 / (1 + e^−0.3).
      '3.1 expanded 3:0.5744 4:0.4256',
      // a: 0.6 + 0.5498 · √2 / 2 · G; bbb: 0.5 + 0.4502 · √2 / 2 · G. Below a: c: 0.4 + 0.5744 · G; A no: 0.3 + 0.4256 · G.
      '3.3 selected 1 of 1:1.086 2:0.8979, 3 of 3:1.1181 4:0.832',
      '3.3 kept selected 1.1181 to 0.832 1/2',
      '3.3 evaluated 0.4',
      '3.3 n1 0.4',
      '3.1 n2 0.5',
      '3.0 n3 0.5',
      '4.5 + A yes ×2',
      '4.5 = 0.9',
      '4.5 kept candidate 0.9 1/1',
      '4.2 expanded 5:1',
      // a: (0.6 + 0.4) / 2 + 0.5498 · √3 / 3 · G; bbb: 0.5 + 0.4502 · √3 / 2 · G.
      '4.5 selected 2 of 1:0.8969 2:0.9874, 5 of 5:2.1501',
      '4.5 evaluated 0.9',
      '4.5 n1 0.9',
      '4.2 n2 0.7',
      '4.0 n4 0.6',
      // bbb has nothing left below it. c: 0.4 + 0.5744 · √2 / 2 · G; A no: 0.3 + 0.4256 · √2 · G.
      '5.4 selected 1 of 1:0.9583, 4 of 3:0.9078 4:1.0524',
      '5.4 evaluated 0.3',
      '5.4 n1 0.3',
      '5.1 n3 0.4333',
      '5.0 n5 0.54',
      '6.6 + A no',
      '6.7 + ∅',
      '6.6 = 0.2',
      '6.7 = – path 0.4',
      '6.6 kept candidate 0.2 1/2',
      '6.7 kept candidate 0.4 2/2',
      '6.3 expanded 6:0.4013 7:0.5987',
      '6.7 selected 1 of 1:0.8176, 3 of 3:1.022, 7 of 6:0.7017 7:1.1484',
      '6.7 evaluated 0.4',
      '6.7 n1 0.4',
      '6.3 n2 0.4',
      '6.1 n4 0.425',
      '6.0 n6 0.5167',
      '7.6 selected 1 of 1:0.7618, 3 of 3:0.8788, 6 of 6:0.9095',
      '7.6 evaluated 0.2',
      '7.6 n1 0.2',
      '7.3 n3 0.3333',
      '7.1 n5 0.38',
      '7.0 n7 0.4714',
      // The bare end has a higher value than two of the answers, and no answer.
      '7.5 kept answer 0.9 to 0.3 1/4',
      '7.4 pruned not-answer 0.3 to 0.9 2/4',
      '7.6 pruned not-answer 0.2 to 0.9 3/4',
      '7.7 pruned not-answer 0.4 to 0.9 4/4',
      'finished tree-exhausted 5 yes',
    ])
    const tree = treeOf(events)
    expect(tree.nodes.map(({ visits }) => visits)).toEqual([7, 5, 2, 3, 1, 1, 1, 1])
    expect(tree.nodes[1]).toMatchObject({ value: expect.closeTo(0.38, 12), prior: expect.closeTo(0.5498, 4) })
    expect(tree.iterations.map(({ round, evaluated }) => [round, evaluated?.value])).toEqual([
      [1, 0.6],
      [2, 0.5],
      [3, 0.4],
      [4, 0.9],
      [5, 0.3],
      [6, 0.4],
      [7, 0.2],
    ])
    expect(models.policy.live + models.reward.live).toBe(0)
  })

  it('with λ takes the outcome of a greedy rollout, whose steps are drawn and scored once', async () => {
    const models = scripted(TABLE, SCORES)
    const events = await collect(setupOf('mcts', { m: 2, iterations: 3, rolloutWeight: 0.5 }), models)
    expect(sequence(events)).toEqual([
      '1.1 + a',
      '1.2 + bbb',
      '1.1 = 0.6',
      '1.2 = 0.5',
      '1.0 expanded 1:0.5498 2:0.4502',
      '1.1 selected 1 of 1:0.6 2:0.5',
      '1.1 kept selected 0.6 to 0.5 1/2',
      '1.1 rollout 3+c 4+A no 0.2',
      '1.4 kept candidate 0.2 1/1',
      // 0.5 · 0.6 + 0.5 · 0: the task's check does not accept it.
      '1.1 evaluated 0.3 of 0.6 and 0',
      '1.1 n1 0.3',
      '1.0 n1 0.3',
      '2.2 selected 2 of 1:0.6437 2:1.0628',
      '2.2 kept selected 1.0628 to 0.6437 1/2',
      '2.2 rollout 5+A yes 0.9',
      '2.5 kept candidate 0.9 1/1',
      '2.2 evaluated 0.75 of 0.5 and 1',
      '2.2 n1 0.75',
      '2.0 n2 0.525',
      // Drawn again, the step of the rollout is taken up with its score.
      '3.5 ~ A yes ×2',
      '3.2 expanded 5:1',
      '3.5 selected 2 of 1:0.786 2:1.1479, 5 of 5:2.1501',
      '3.5 rollout 0.9',
      '3.5 evaluated 0.95 of 0.9 and 1',
      '3.5 n1 0.95',
      '3.2 n2 0.85',
      '3.0 n3 0.6667',
      '3.5 kept answer 0.95 to 0.2 1/2',
      '3.4 pruned not-answer 0.2 to 0.95 2/2',
      'finished iterations 5 yes',
    ])
    expect(new Set(models.reward.scored).size).toBe(models.reward.scored.length)
  })

  it('without a check of the task, the outcome is the reward model’s score at the end of the rollout', async () => {
    const models = { ...scripted(TABLE, SCORES), checker: { isFinal: isAnswer, verify, accepts: null } }
    const events = await collect(setupOf('mcts', { m: 2, iterations: 2, rolloutWeight: 1 }), models)
    expect(ofType(events, 'evaluated').map(({ outcome, value }) => [outcome, value])).toEqual([
      [0.2, 0.2],
      [0.9, 0.9],
    ])
  })

  it.each([
    // a has two of the three visits, and below it c one; neither leads to a finished path but by A no.
    [{ treeAnswer: 'visits', iterations: 3 }, '3.4 kept answer 0.3 1/1', 'iterations'],
    [{ treeAnswer: 'visits', iterations: 7 }, '7.7', 'tree-exhausted'],
    // no: 0.3 + 0.2 = 0.5; yes: 2 · 0.9 = 1.8.
    [{ treeAnswer: 'weighted-vote', iterations: 7 }, '7.5 kept answer 1.8 to 0.5 1/4', 'tree-exhausted'],
    // The leading answer is no from the third iteration, yes from the fourth to the sixth.
    [{ settle: 2 }, '6.5 kept answer 0.9 to 0.3 1/4', 'settled'],
    [{ maxRounds: 1 }, '2.', 'tree-exhausted'],
  ] as const)('%j', async (config, answer, reason) => {
    const events = await collect(setupOf('mcts', { m: 2, ...config }), scripted(TABLE, SCORES))
    expect(endOf(events).reason).toBe(reason)
    const decided = sequence(events).find((line) => line.includes('kept answer'))
    if (answer === '7.7') {
      // a 5, c 3, then A no and the bare end 1 each; paths without an answer are passed over.
      expect(decided).toBe('7.6 kept answer 0.2 to 0.9 1/4')
      const told = events.findIndex((event) => event.type === 'kept' && event.decision.rule === 'answer')
      const [event] = events.slice(told)
      if (event)
        expect(describeEvent(event, treeOf(events))).toBe('Answer: “A no” ends the path of most visits (5, 3, 1).')
    } else if (answer === '2.') expect(decided).toBeUndefined()
    else expect(decided).toBe(answer)
  })

  it('with widening samples again from a step as its visits grow, from further samples', async () => {
    const table = { '': ['a\n', 'a\n', 'b\n', 'c\n'], 'a\n': ['A no\n'], 'b\n': ['A no\n'], 'c\n': ['A yes\n'] }
    const models = scripted(table, { a: 0.5, b: 0.4, c: 0.3, 'A no': 0.1, 'A yes': 0.9 })
    const events = await collect(setupOf('mcts', { m: 1, widening: 1, iterations: 7 }), models)
    const calls = models.policy.calls.flat().filter(({ node }) => node === 0)
    // At N visits N proposals have been drawn: one more before each of the iterations 3 to 7.
    expect(calls.map(({ count, firstSample }) => [firstSample, count])).toEqual(
      Array.from({ length: 6 }, (_, sample) => [sample, 1]),
    )
    expect(sequence(events).slice(8, 26)).toEqual([
      '2.2 + A no',
      '2.2 = 0.1',
      '2.2 kept candidate 0.1 1/1',
      '2.1 expanded 2:1',
      '2.2 selected 1 of 1:1.1251, 2 of 2:1.3501',
      '2.2 evaluated 0.1',
      '2.2 n1 0.1',
      '2.1 n2 0.3',
      '2.0 n2 0.3',
      // The second samples of the problem and of a are those that stand: nothing new is below a, whose mean is said again.
      '3.1 ~ a ×2',
      '3.0 expanded 1:1',
      '3.2 ~ A no ×2',
      '3.1 expanded 2:1',
      '3.1 selected 1 of 1:0.8893',
      '3.1 kept selected 0.8893 1/1',
      '3.1 evaluated 0.3',
      '3.1 n3 0.3',
      '3.0 n3 0.3',
    ])
    expect(sketch(treeOf(events))).toEqual(['> a ×4', '= a/A no ×2', '> b', '> c', '= b/A no', '! c/A yes'])
    expect(endOf(events)).toMatchObject({ answer: 'yes' })
    expect(models.policy.live).toBe(0)
  })

  it('takes an outcome reward model, which it asks after every step', async () => {
    const events = await collect(setupOf('mcts', { m: 2, iterations: 9 }), scripted(TABLE, SCORES, { kind: 'outcome' }))
    expect(endOf(events)).toMatchObject({ reason: 'tree-exhausted', answer: 'yes' })
  })
})

const isAnswer = (steps: readonly string[]): boolean => steps.at(-1)?.startsWith('A ') === true
const verify = (steps: readonly string[]) => ({
  answer: isAnswer(steps) ? (steps.at(-1) ?? '').slice(2).trim() : null,
  correct: null,
  explanation: 'Not checked.',
})

/** A random tree of three steps from every node and paths of at most `most` steps; leaves have random values. */
function randomTree(key: number, most: number) {
  const random = (text: string, salt: number) => {
    let hash = key
    for (const character of text) hash = pcg4d(hash, character.charCodeAt(0), salt, 1)[0]
    return toUnit(pcg4d(hash, key, salt, 2)[0])
  }
  const steps = (text: string): string[] =>
    ['x', 'yy', 'zzz'].map((name) => {
      const depth = text.split('\n').length
      return depth === most || random(`${text}${name}`, 1) < 0.2 ? `A ${name}\n` : `${name}\n`
    })
  const best = new Map<string, number>()
  const bestFrom = (text: string): number => {
    const known = best.get(text)
    if (known !== undefined) return known
    const ends = text.trimEnd().split('\n').at(-1)?.startsWith('A ')
    const value = ends ? random(text, 2) : Math.max(...steps(text).map((step) => bestFrom(text + step)))
    best.set(text, value)
    return value
  }
  return {
    policy: new ScriptedPolicy(({ text, sample }) => ({ text: steps(text)[sample % 3] ?? '' })),
    reward: new ScriptedRewardModel(bestFrom),
    bestFrom,
  }
}

describe.each([
  // Without exploration straight to it: a step deeper with each iteration.
  { most: 4, config: { iterations: 4, explorationInit: 0, explorationBase: 1e8 } },
  // With it, before all of the up to 39 steps are visited.
  { most: 3, config: { iterations: 28 } },
])('with λ 0, a perfect reward model and $config', ({ most, config }) => {
  it('finds the best leaf of 1,000 random trees', async () => {
    for (let key = 0; key < 1000; key++) {
      const tree = randomTree(key, most)
      const events = await collect(setupOf('mcts', { m: 3, ...config }, { seed: key }), tree)
      expect([key, tree.bestFrom(endOf(events).response)]).toEqual([key, tree.bestFrom('')])
    }
  })
})
