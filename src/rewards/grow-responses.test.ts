import { describe, expect, it } from 'vitest'
import { PROMPT, testChecker } from '../search/testing/collect.ts'
import { randomModels } from '../search/testing/random-models.ts'
import { ScriptedPolicy, tableScript } from '../search/testing/scripted-models.ts'
import type { GrowthRoot } from './grow-responses.ts'
import { DEFAULT_SAMPLING, growResponses } from './grow-responses.ts'
import { completionTokens } from './sample-responses.ts'

const isFinal = testChecker.isFinal

async function grow(policy: ScriptedPolicy, roots: readonly Omit<GrowthRoot, 'branch'>[], sampling = {}) {
  const opened = await Promise.all(roots.map(async (root) => ({ ...root, ...(await policy.open(PROMPT)) })))
  const grown = await growResponses(policy, opened, isFinal, { ...DEFAULT_SAMPLING, ...sampling })
  for (const { branch } of opened) policy.release(branch)
  expect(policy.live).toBe(0)
  return { ...grown, texts: grown.responses.map((list) => list.map(({ steps }) => steps.map(({ text }) => text))) }
}

describe('growResponses', () => {
  it('runs equal histories once, and keeps every token with its log-probability', async () => {
    const policy = new ScriptedPolicy(
      tableScript({ '': ['a\n', 'b\n', 'a\n'], 'a\n': ['A yes\n', '$'], 'b\n': ['A no$'] }),
    )
    const { responses, texts } = await grow(policy, [{ count: 3, seed: 1 }])
    expect(texts).toEqual([
      [
        ['a\n', 'A yes\n'],
        ['b\n', 'A no'],
        ['a\n', ''],
      ],
    ])
    expect(responses[0]?.map(({ end }) => end)).toEqual(['answer', 'eos', 'eos'])
    // Two of three histories after the first step are one.
    expect(policy.calls.map((call) => call.map(({ count }) => count))).toEqual([[3], [2, 1]])
    const [, second, third] = responses[0] ?? []
    if (!second || !third) throw new Error('responses are missing')
    const code = (text: string) => [...text].map((character) => character.charCodeAt(0))
    expect(completionTokens(second)).toEqual({ tokenIds: [...code('b\nA no'), 0], logprobs: Array(7).fill(-0.1) })
    expect(third.steps.at(-1)).toEqual({ text: '', tokenIds: [0], logprobs: [-0.1], finish: 'eos' })
  })

  it('goes on after the answer where it is told to, and stops at the limits', async () => {
    const table = tableScript({ '': ['A yes\n'], 'A yes\n': ['$'] })
    const on = await grow(new ScriptedPolicy(table), [{ count: 1, seed: 1 }], { stopAtAnswer: false })
    expect(on.texts).toEqual([[['A yes\n', '']]])
    const endless = () => new ScriptedPolicy(() => ({ text: 'abcdef\n' }))
    const steps = await grow(endless(), [{ count: 2, seed: 1 }], { maxSteps: 3 })
    expect(steps.responses[0]?.map(({ end, steps }) => [end, steps.length])).toEqual(Array(2).fill(['max-steps', 3]))
    const cut = await grow(endless(), [{ count: 1, seed: 1 }], { maxStepTokens: 4 })
    expect(cut.responses[0]).toMatchObject([{ end: 'length', steps: [{ text: 'abcd', finish: 'length' }] }])
    const short = new ScriptedPolicy(() => ({ text: 'abcdef\n' }), { contextLength: PROMPT.length + 14 })
    expect((await grow(short, [{ count: 1, seed: 1 }])).responses[0]).toMatchObject([
      { end: 'length', steps: [{ finish: 'step' }, { finish: 'step' }] },
    ])
    const bounded = await grow(endless(), [{ count: 1, seed: 1 }], { maxTokens: PROMPT.length + 9 })
    expect(bounded.responses[0]).toMatchObject([
      {
        end: 'length',
        steps: [
          { text: 'abcdef\n', finish: 'step' },
          { text: 'ab', finish: 'length' },
        ],
      },
    ])
  })

  it('gives a response by its root and number alone', async () => {
    const { texts } = await grow(randomModels(3).policy, [{ count: 12, seed: 5 }])
    const fewer = await grow(randomModels(3).policy, [{ count: 5, seed: 5 }])
    expect(fewer.texts[0]).toEqual(texts[0]?.slice(0, 5))
    const beside = await grow(randomModels(3).policy, [
      { count: 7, seed: 6 },
      { count: 12, seed: 5 },
      { count: 0, seed: 5 },
    ])
    expect(beside.texts[1]).toEqual(texts[0])
    expect(beside.texts[0]).not.toEqual(texts[0]?.slice(0, 7))
    expect(beside.texts[2]).toEqual([])
    expect(new Set(texts[0]?.map((steps) => steps.join(''))).size).toBeGreaterThan(3)
  })

  it('gives everything back where it is aborted', async () => {
    const controller = new AbortController()
    const policy = new ScriptedPolicy(({ text }) => {
      if (text.length > 4) controller.abort()
      return { text: 'ab\n' }
    })
    const { branch } = await policy.open(PROMPT)
    const root = { branch, count: 3, seed: 1 }
    await expect(growResponses(policy, [root], isFinal, DEFAULT_SAMPLING, controller.signal)).rejects.toThrow('abort')
    expect(policy.live).toBe(1)
  })
})
