import { describe, expect, it } from 'vitest'
import { collect, pathText, setupOf, sketch, testChecker, treeOf } from './testing/collect.ts'
import { endOf as last, scripted as models, ofType as of } from './testing/script.ts'
import { ScriptedPolicy, tableScript } from './testing/scripted-models.ts'

describe('greedy decoding', () => {
  it('follows the most probable steps with the policy alone', async () => {
    const { policy, reward } = models({ '': ['a\n', 'b\n'], 'a\n': ['c\n'], 'a\nc\n': ['A yes\n'] })
    const events = await collect(setupOf('greedy-decoding'), { policy, reward })
    expect(sketch(treeOf(events))).toEqual(['> a', '> a/c', '! a/c/A yes'])
    expect(last(events)).toMatchObject({
      reason: 'answered',
      node: 3,
      answer: 'yes',
      correct: true,
      response: 'a\nc\nA yes\n',
      explanation: 'It says yes.',
      candidates: [{ node: 3, answer: 'yes', correct: true, pathScore: null, count: 1 }],
    })
    expect(events.map(({ type }) => type)).toEqual(
      'started proposed kept proposed kept proposed kept finished'.split(' '),
    )
    expect(last(events).ledger.reward.executed).toBe(0)
    expect(of(events, 'started')[0]?.reward).toBeNull()
    expect(policy.calls.flat().every(({ temperature }) => temperature === 0)).toBe(true)
    // Prompt 3, "a\n" 1 + 1 pending, "c\n" 1 + 1 pending, "A yes\n" 5.
    expect(last(events).ledger.policy).toMatchObject({ executed: 12, unique: 12, merged: 0, overrun: 0 })
    // Without a cache: the prompt, then each step with all before it, but its last token.
    expect(last(events).ledger.policy.asked).toBe(3 + 4 + 6 + 12)
  })

  it('stops at maxRounds without an answer, and tells how far it came', async () => {
    const { policy } = models({ '': ['a\n'], 'a\n': ['b\n'] })
    const events = await collect(setupOf('greedy-decoding', { maxRounds: 2 }), { policy, reward: null })
    expect(last(events)).toMatchObject({ reason: 'max-rounds', node: null, answer: null, correct: false })
    expect(last(events).response).toBe('a\nb\n')
    expect(last(events).explanation).toBe('No path finished within 2 rounds.')
    expect(last(events).candidates).toEqual([])
  })
})

describe('sampling', () => {
  const table = {
    '': ['a\n', 'b\n', 'a\n', 'a\n'],
    'a\n': ['A no\n', 'A yes\n', 'A yes\n'],
    'b\n': ['A no\n'],
  }

  it('draws a shared step once and continues it by as many samples as it stands for', async () => {
    const { policy } = models(table)
    const events = await collect(setupOf('sampling', { n: 4 }), { policy, reward: null })
    expect(sketch(treeOf(events))).toEqual(['> a ×3', '> b', '! a/A no', '= a/A yes ×2', '= b/A no'])
    expect(of(events, 'proposed').map(({ samples }) => samples)).toEqual([[0, 2, 3], [1], [0], [1, 2], [0]])
    expect(policy.calls.map((call) => call.map(({ node, count }) => [node, count]))).toEqual([
      [[0, 4]],
      [
        [1, 3],
        [2, 1],
      ],
    ])
  })

  it('takes the majority, and the answer found first where votes are equal', async () => {
    const { policy } = models(table)
    const events = await collect(setupOf('sampling', { n: 4 }), { policy, reward: null })
    expect(last(events)).toMatchObject({ reason: 'enough-candidates', answer: 'no', node: 3, response: 'a\nA no\n' })
  })
})

describe('best of n', () => {
  const table = {
    '': ['a\n', 'b\n', 'a\n', 'c\n'],
    'a\n': ['A no\n', 'A yes\n'],
    'b\n': ['A yes\n'],
    'c\n': ['A no\n'],
  }
  const scores = { a: 0.9, b: 0.2, c: 0.6, 'a/A no': 0.7, 'a/A yes': 0.8, 'b/A yes': 0.85, 'c/A no': 0.95 }

  it('scores every step once and takes the best path', async () => {
    const { policy, reward } = models(table, scores)
    const events = await collect(setupOf('best-of-n-prm', { n: 4 }), { policy, reward })
    expect(sketch(treeOf(events))).toEqual(['> a ×2', '> b', '> c', '= a/A no', '= a/A yes', '= b/A yes', '! c/A no'])
    expect(reward.scored).toHaveLength(7)
    expect(last(events)).toMatchObject({ reason: 'enough-candidates', node: 7, answer: 'no', correct: false })
    expect(of(events, 'pruned').map(({ node, decision }) => [node, decision.score, decision.against])).toEqual([
      [6, 0.85, 0.95],
      [5, 0.8, 0.95],
      [4, 0.7, 0.95],
    ])
  })
})

describe('the aggregation that is set', () => {
  /** Paths of two steps, each of which another aggregation prefers. */
  const paths = {
    min: [0.6, 0.6],
    product: [0.55, 0.75],
    mean: [0.4, 0.95],
    last: [0.05, 0.995],
    'sum-log-odds': [0.3, 0.99],
  } as const
  const names = Object.keys(paths) as (keyof typeof paths)[]

  it.each(names)('%s ranks the paths', async (aggregation) => {
    const table = Object.fromEntries(names.map((name) => [`${name}\n`, ['A yes\n']]))
    const scores = Object.fromEntries(
      names.flatMap((name) => [
        [name, paths[name][0]],
        [`${name}/A yes`, paths[name][1]],
      ]),
    )
    const both = models({ '': names.map((name) => `${name}\n`), ...table }, scores)
    const events = await collect(setupOf('best-of-n-prm', { n: 5, aggregation }), both)
    expect(pathText(treeOf(events), last(events).node ?? 0)).toBe(`${aggregation}/A yes`)
  })
})

describe('greedy tree search', () => {
  it('keeps the best of m proposals each round, ties to the earlier', async () => {
    const { policy, reward } = models(
      { '': ['a\n', 'b\n', 'c\n'], 'b\n': ['A no\n', 'A yes\n', 'A yes\n'] },
      { a: 0.1, b: 0.4, c: 0.4, 'A no': 0.3, 'A yes': 0.9 },
    )
    const events = await collect(setupOf('greedy-tree', { m: 3 }), { policy, reward })
    expect(sketch(treeOf(events))).toEqual(['x a', '> b', 'x c', 'x b/A no', '! b/A yes ×2'])
    const decisions = [...of(events, 'kept'), ...of(events, 'pruned')].map(({ node, decision }) => [node, decision])
    expect(decisions).toEqual([
      [2, { rule: 'rank', score: 0.4, against: 0.4, rank: 1, of: 3, kept: 1 }],
      [5, { rule: 'rank', score: 0.9, against: 0.3, rank: 1, of: 2, kept: 1 }],
      [5, { rule: 'answer', score: 0.9, against: null, rank: 1, of: 1, kept: 1 }],
      [3, { rule: 'rank', score: 0.4, against: 0.4, rank: 2, of: 3, kept: 1 }],
      [1, { rule: 'rank', score: 0.1, against: 0.4, rank: 3, of: 3, kept: 1 }],
      [4, { rule: 'rank', score: 0.3, against: 0.9, rank: 2, of: 2, kept: 1 }],
    ])
    expect(last(events)).toMatchObject({ reason: 'answered', node: 5, correct: true })
    // The prompt 3, a b c 1 each, b's end 1, A no 4, A yes 5 and again 5.
    expect(last(events).ledger.policy).toMatchObject({ executed: 21, unique: 16, merged: 5, overrun: 0 })
    // The prompt 3, a b c 2 each, A no 5, A yes 6.
    expect(last(events).ledger.reward).toMatchObject({ executed: 20, unique: 20, merged: 0 })
  })
})

describe('beam search', () => {
  const table = {
    '': ['a\n', 'b\n', 'a\n', 'c\n'],
    'a\n': ['d\n', 'A no\n'],
    'b\n': ['e\n', 'f\n'],
    'c\n': ['A yes\n', 'g\n'],
    'a\nd\n': ['A no\n', 'A yes\n'],
    'c\ng\n': ['A no\n', 'A no\n'],
  }
  const scores = {
    a: 0.5,
    b: 0.1,
    c: 0.3,
    d: 0.6,
    g: 0.2,
    'a/A no': 0.4,
    'c/A yes': 0.7,
    'a/d/A no': 0.65,
    'a/d/A yes': 0.66,
    'c/g/A no': 0.1,
  }

  it('proposes n first, keeps n / m, then proposes m from each; finished paths take no place', async () => {
    const { policy, reward } = models(table, scores)
    const events = await collect(setupOf('beam', { n: 4, m: 2 }), { policy, reward })
    expect(sketch(treeOf(events))).toEqual([
      '> a ×2',
      'x b',
      '> c',
      '> a/d',
      '= a/A no',
      '! c/A yes',
      '> c/g',
      '= a/d/A no',
      '= a/d/A yes',
      '= c/g/A no ×2',
    ])
    expect(policy.calls.map((call) => call.map(({ node, count }) => [node, count]))).toEqual([
      [[0, 4]],
      [
        [1, 2],
        [3, 2],
      ],
      [
        [4, 2],
        [7, 2],
      ],
    ])
    expect(last(events)).toMatchObject({
      reason: 'enough-candidates',
      node: 6,
      response: 'c\nA yes\n',
      candidates: [
        { node: 5, pathScore: 0.4, count: 1 },
        { node: 6, pathScore: 0.7, count: 1 },
        { node: 8, pathScore: 0.65, count: 1 },
        { node: 9, pathScore: 0.66, count: 1 },
        { node: 10, pathScore: 0.1, count: 2 },
      ],
    })
    const first = of(events, 'pruned')[0]
    expect(first?.decision).toEqual({ rule: 'rank', score: 0.1, against: 0.3, rank: 3, of: 3, kept: 2 })
  })

  it('answers by weighted vote where it is set', async () => {
    const { policy, reward } = models(table, scores)
    const config = { n: 4, m: 2, answerBy: 'weighted-vote' } as const
    const events = await collect(setupOf('beam', config), { policy, reward })
    // no: 0.4 + 0.65 + 2 · 0.1 = 1.25; yes: 0.7 + 0.66 = 1.36.
    expect(last(events).node).toBe(6)
    const decisions = of(events, 'pruned').filter(({ decision }) => decision.rule === 'not-answer')
    expect(decisions.map(({ node, decision }) => [node, Number(decision.score?.toFixed(6))])).toEqual([
      [9, 1.36],
      [8, 1.25],
      [5, 1.25],
      [10, 1.25],
    ])
  })

  it('ends where no path is open, and after maxRounds', async () => {
    const ended = models({ '': ['A no\n', 'A yes\n'] }, { 'A no': 0.5, 'A yes': 0.4 })
    const all = await collect(setupOf('beam', { n: 2, m: 1 }), ended)
    expect(last(all)).toMatchObject({ reason: 'enough-candidates', answer: 'no' })
    const one = models({ '': ['a\n'], 'a\n': ['A yes\n'] }, { a: 0.5, 'A yes': 0.4 })
    const events = await collect(setupOf('beam', { n: 4, m: 2 }), one)
    expect(last(events)).toMatchObject({ reason: 'no-open-path', answer: 'yes', candidates: [{ count: 2 }] })
    const cut = models(table, scores)
    const early = await collect(setupOf('beam', { n: 4, m: 2, maxRounds: 1 }), cut)
    expect(last(early)).toMatchObject({ reason: 'max-rounds', node: null, response: 'a\n' })
    expect(sketch(treeOf(early))).toEqual(['x a ×2', 'x b', 'x c'])
    expect(of(early, 'pruned').every(({ decision }) => decision.rule === 'search-ended')).toBe(true)
  })

  it('ends a path at eos, which has no score of its own', async () => {
    const { policy, reward } = models(
      { '': ['a\n', 'b\n'], 'a\n': ['$', 'A yes\n'], 'b\n': ['A no$', 'A no$'] },
      { a: 0.9, b: 0.8, 'A yes': 0.3, 'A no': 0.1 },
    )
    const events = await collect(setupOf('beam', { n: 2, m: 1 }), { policy, reward })
    const tree = treeOf(events)
    expect(sketch(tree)).toEqual(['> a', '> b', '= a/∅', '! b/A no'])
    expect(tree.nodes[3]).toMatchObject({ text: '', finish: 'eos', score: null, pathScore: 0.9 })
    expect(of(events, 'scored').at(-1)).toMatchObject({ node: 4, score: 0.1, pathScore: 0.1 })
    // A path without an answer is the answer only where there is no other.
    expect(last(events)).toMatchObject({ node: 4, answer: 'no', response: 'b\nA no' })
    // Prompt 3; a, b and their ends 4; eos alone is never run; "A no" + eos runs 4.
    expect(last(events).ledger.policy).toMatchObject({ executed: 11, unique: 11 })
    expect(reward.scored).toEqual(['a\n', 'b\n', 'b\nA no'])
  })

  it('cuts a step that is too long, or that leaves the context, and ends its path there', async () => {
    const script = { '': ['abcdef\n'] }
    const long = models(script, { abcd: 0.4 })
    const events = await collect(setupOf('beam', { n: 1, m: 1, maxStepTokens: 4 }), long)
    expect(treeOf(events).nodes[1]).toMatchObject({ text: 'abcd', finish: 'length', score: 0.4 })
    expect(last(events)).toMatchObject({ reason: 'enough-candidates', answer: null, response: 'abcd' })
    const policy = new ScriptedPolicy(tableScript({ ...script, 'abcdef\n': ['ghi\n'] }), { contextLength: 12 })
    const near = await collect(setupOf('greedy-decoding'), { policy, reward: null })
    expect(last(near)).toMatchObject({ reason: 'answered', answer: null, response: 'abcdef\ngh' })
    const full = new ScriptedPolicy(tableScript(script), { contextLength: 3 })
    await expect(collect(setupOf('greedy-decoding'), { policy: full, reward: null })).rejects.toThrow('no room')
    expect(full.live).toBe(0)
  })
})

describe('lookahead search', () => {
  const table = {
    '': ['a\n', 'b\n'],
    'a\n': ['c\n', 'd\n'],
    'b\n': ['e\n', 'e\n'],
    'b\ne\n': ['f\n', 'A no\n'],
    'b\ne\nf\n': ['A no\n', 'A no\n'],
    'a\nc\n': ['f\n'],
  }
  const scores = { a: 0.9, b: 0.2, c: 0.1, e: 0.7, f: 0.5, 'b/e/A no': 0.3, 'b/e/f/A no': 0.4 }

  it('ranks a proposal by the score at the end of its rollout, and takes a rollout step up again', async () => {
    const { policy, reward } = models(table, scores)
    const events = await collect(setupOf('lookahead', { n: 2, m: 2, lookahead: 1 }), { policy, reward })
    const tree = treeOf(events)
    expect(sketch(tree)).toEqual(['x a', '> b', '. a/c', '> b/e ×2', '> b/e/f', '= b/e/A no', '! b/e/f/A no ×2'])
    expect(of(events, 'rolledOut').map(({ node, pathScore, steps }) => [node, pathScore, steps.length])).toEqual([
      [1, 0.1, 1],
      [2, 0.7, 1],
      [4, 0.5, 1],
      [5, 0.4, 1],
      [6, 0.3, 0],
      [7, 0.4, 0],
    ])
    expect(of(events, 'pruned')[0]?.decision).toMatchObject({ rule: 'rank', score: 0.1, against: 0.7 })
    expect(of(events, 'proposed').map(({ node, reused }) => [node, reused])).toEqual([
      [1, false],
      [2, false],
      [4, true],
      [5, true],
      [6, false],
      [7, true],
    ])
    // Every step is scored once, though rollout steps are proposed again.
    expect(new Set(reward.scored).size).toBe(reward.scored.length)
    expect(of(events, 'scored').map(({ node }) => node)).toEqual([1, 2, 6])
    // Both e, the f, and both last "A no" had been found by rollouts: 1 + 1 + 1 + 4 + 4 tokens.
    expect(last(events).ledger.policy.merged).toBe(11)
    expect(tree.nodes[2]?.rollout).toEqual({ end: 4, pathScore: 0.7, accepted: false })
  })

  it('stops at a rollout that the check accepts, after scoring it', async () => {
    const { policy, reward } = models(
      { '': ['a\n', 'b\n', 'c\n', 'c\n'], 'a\n': ['A no\n'], 'b\n': ['A yes\n'], 'c\n': ['A yes\n'] },
      { a: 0.9, b: 0.2, c: 0.8, 'A no': 0.95, 'b/A yes': 0.3, 'c/A yes': 0.9 },
    )
    const events = await collect(setupOf('lookahead', { n: 4, m: 2, lookahead: 1 }), { policy, reward })
    expect(sketch(treeOf(events))).toEqual(['x a', '> b', 'x c ×2', '. a/A no', '! b/A yes', '. c/A yes'])
    expect(of(events, 'rolledOut').map(({ accepted, pathScore }) => [accepted, pathScore])).toEqual([
      [false, 0.95],
      [true, 0.3],
      [true, 0.9],
    ])
    expect(reward.scored).toContain('b\nA yes\n')
    expect(last(events)).toMatchObject({
      reason: 'accepted',
      node: 5,
      answer: 'yes',
      correct: true,
      response: 'b\nA yes\n',
      candidates: [{ node: 5, pathScore: 0.3, count: 1 }],
    })
    expect(of(events, 'pruned').every(({ decision }) => decision.rule === 'search-ended')).toBe(true)
  })

  it('rolls out k steps, and no further once one is accepted', async () => {
    const { policy, reward } = models(
      { '': ['a\n', 'b\n'], 'a\n': ['A yes\n'], 'b\n': ['c\n'], 'b\nc\n': ['d\n'] },
      { a: 0.1, b: 0.9, c: 0.9, d: 0.9, 'A yes': 0.1 },
    )
    const events = await collect(setupOf('lookahead', { n: 2, m: 2, lookahead: 3 }), { policy, reward })
    expect(sketch(treeOf(events))).toEqual(['> a', 'x b', '! a/A yes', '. b/c'])
    expect(last(events).reason).toBe('accepted')
  })

  it('with a check that accepts nothing goes on; with none as well', async () => {
    const setup = setupOf('lookahead', { n: 1, m: 1, lookahead: 1 })
    for (const accepts of [() => false, null]) {
      const { policy, reward } = models({ '': ['a\n'], 'a\n': ['A yes\n'] }, { a: 0.1, 'A yes': 0.2 })
      const events = await collect(setup, { policy, reward, checker: { ...testChecker, accepts } })
      expect(last(events)).toMatchObject({ reason: 'enough-candidates', answer: 'yes' })
      expect(of(events, 'rolledOut').map(({ accepted }) => accepted)).toEqual([false, false])
    }
  })

  it('with k = 0 is beam search', async () => {
    const tree = { '': ['a\n', 'b\n'], 'a\n': ['A yes\n', 'A no\n'], 'b\n': ['A no\n'] }
    const run = async (strategy: 'beam' | 'lookahead') => {
      const both = models(tree, { a: 0.3, b: 0.5, 'A yes': 0.4, 'A no': 0.2 })
      const events = await collect(setupOf(strategy, { n: 4, m: 2, lookahead: 0 }), both)
      return events.slice(1)
    }
    expect(await run('lookahead')).toEqual(await run('beam'))
  })
})

describe('a given prefix', () => {
  it('is read, scored, and continued', async () => {
    const { policy, reward } = models(
      { 'x\ny\n': ['A no\n', 'A yes\n'] },
      { x: 0.5, 'x/y': 0.6, 'A no': 0.2, 'A yes': 0.8 },
    )
    const setup = setupOf('greedy-tree', { m: 2, aggregation: 'min' }, { prefix: ['x\n', 'y\n'] })
    const events = await collect(setup, { policy, reward })
    expect(sketch(treeOf(events))).toEqual(['> x', '> x/y', 'x x/y/A no', '! x/y/A yes'])
    expect(of(events, 'proposed').map(({ given, round }) => [given, round])).toEqual([
      [true, 0],
      [true, 0],
      [false, 1],
      [false, 1],
    ])
    expect(treeOf(events).nodes[4]?.pathScore).toBe(0.5)
    expect(last(events).response).toBe('x\ny\nA yes\n')
    expect(last(events).ledger.policy).toMatchObject({ executed: 3 + 4 + 4 + 5, unique: 16 })
  })

  it('ends as the policy’s own steps do', async () => {
    const { policy, reward } = models({ 'x\n\n': ['A yes\n'] }, { x: 0.5, 'A yes': 0.8 })
    const events = await collect(setupOf('beam', {}, { prefix: ['x\n'] }), {
      policy: Object.assign(policy, { info: { ...policy.info, stepEnds: ['\n\n'] } }),
      reward,
    })
    expect(last(events).response).toBe('x\n\nA yes\n')
  })

  it('may have line ends inside where these do not end the policy’s steps; several steps in one are refused', async () => {
    const { policy, reward } = models({ 'x\ny\n\n': ['A yes\n'] }, { 'x/y': 0.5, 'A yes': 0.8 })
    const blank = Object.assign(policy, { info: { ...policy.info, stepEnds: ['\n\n'] } })
    const events = await collect(setupOf('beam', {}, { prefix: ['x\ny'] }), { policy: blank, reward })
    expect(last(events).response).toBe('x\ny\n\nA yes\n')
    const several = setupOf('beam', {}, { prefix: ['x\ny'] })
    await expect(collect(several, models({}, {}))).rejects.toThrow(
      /prefix: A given step has several steps in it .*without "\\n", which ends this policy’s steps, found "x\\ny\\n"/,
    )
  })

  it('goes no further than the answer: what follows it is refused before a model is asked', async () => {
    const { policy, reward } = models({}, { x: 0.5, 'A yes': 0.8 })
    const setup = setupOf('beam', {}, { prefix: ['A yes\n', 'x\n'] })
    await expect(collect(setup, { policy, reward })).rejects.toThrow(
      /prefix: A given step follows the answer .*no step after "A yes\\n", found "x\\n"/,
    )
    expect(policy.calls).toEqual([])
  })

  it('that ends the response is the answer', async () => {
    const { policy, reward } = models({}, { x: 0.5, 'A yes': 0.8 })
    const events = await collect(setupOf('beam', {}, { prefix: ['x\n', 'A yes\n'] }), { policy, reward })
    expect(last(events)).toMatchObject({ reason: 'answered', node: 2, correct: true })
    expect(policy.calls).toEqual([])
  })
})
