import { describe, expect, it } from 'vitest'
import { chooseAnswer } from './choose-answer.ts'
import type { PathNode } from './path-node.ts'

/** A finished path: answer, path score, identical samples. */
function path(id: number, answer: string | null, pathScore: number, count = 1, vote?: string | null): PathNode {
  const verdict = { answer, correct: false, explanation: '', ...(vote === undefined ? {} : { vote }) }
  return {
    id,
    parent: null,
    step: { text: '', tokens: [], logprob: 0, finish: 'step', verdict },
    texts: [],
    judged: [],
    finished: true,
    samples: Array.from({ length: count }, (_, sample) => sample),
    fresh: count,
    drawn: 0,
    children: [],
    subtrees: [],
    scored: true,
    score: pathScore,
    stepScores: [pathScore],
    pathScore,
    rankScore: pathScore,
    policyBranch: null,
    rewardBranch: null,
    greedyChild: null,
    asked: { policy: 0, reward: 0 },
  }
}

const choose = (candidates: PathNode[], answerBy: 'score' | 'weighted-vote' | 'majority', scored = true) =>
  chooseAnswer(candidates, { answerBy, aggregation: 'last' }, scored).map(({ node, decision }) => [
    node.id,
    decision.rule,
    decision.score,
    decision.against,
  ])

describe('chooseAnswer', () => {
  it('by score: the highest, ties to the first found', () => {
    const candidates = [path(1, '5', 0.5), path(2, '6', 0.75), path(3, '7', 0.75)]
    expect(choose(candidates, 'score')).toEqual([
      [2, 'answer', 0.75, 0.75],
      [3, 'not-answer', 0.75, 0.75],
      [1, 'not-answer', 0.5, 0.75],
    ])
  })

  it('by weighted vote: scores times samples summed over equal answers, the best member shown', () => {
    const candidates = [path(1, '5', 0.75), path(2, '6', 0.25, 2), path(3, '6', 0.5)]
    expect(choose(candidates, 'weighted-vote')).toEqual([
      [3, 'answer', 1, 0.75],
      [2, 'not-answer', 1, 1],
      [1, 'not-answer', 0.75, 1],
    ])
  })

  it('by majority: one vote a sample, ties to the answer found first, whose first path is shown', () => {
    const candidates = [path(1, '5', 0.1), path(2, '6', 0.9, 2), path(3, '5', 0.2)]
    expect(choose(candidates, 'majority', false)).toEqual([
      [1, 'answer', 2, 2],
      [3, 'not-answer', 2, 2],
      [2, 'not-answer', 2, 2],
    ])
  })

  it('takes a path without an answer only where none has one', () => {
    expect(choose([path(1, null, 0.9), path(2, '6', 0.1)], 'score')[0]).toEqual([2, 'answer', 0.1, 0.9])
    expect(choose([path(1, null, 0.9), path(2, '6', 0.1)], 'majority')[0]?.[0]).toBe(2)
    expect(choose([path(1, null, 0.9), path(2, null, 0.1)], 'score')[0]?.[0]).toBe(1)
    expect(choose([], 'weighted-vote')).toEqual([])
  })

  it('has no numbers to tell where nothing was scored', () => {
    expect(choose([path(1, '5', 0)], 'score', false)).toEqual([[1, 'answer', null, null]])
  })

  it('votes are over what the task says; who has no vote is not chosen while others have one', () => {
    const candidates = [path(1, '24', 0.9, 5, null), path(2, '24', 0.1, 1, '3*5+9'), path(3, '24', 0.2, 2, '4*6')]
    expect(choose(candidates, 'majority')).toEqual([
      [3, 'answer', 2, 1],
      [2, 'not-answer', 1, 2],
      [1, 'not-answer', 0, 2],
    ])
    expect(choose(candidates.slice(0, 1), 'majority')).toEqual([[1, 'answer', 0, null]])
  })
})
