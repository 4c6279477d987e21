import { describe, expect, it } from 'vitest'
import { PROMPT, testChecker } from '../search/testing/collect.ts'
import { randomModels } from '../search/testing/random-models.ts'
import { ScriptedPolicy, tableScript } from '../search/testing/scripted-models.ts'
import { exactLabels } from './exact-labels.ts'
import { givenResponse } from './given-response.ts'
import type { LabelOptions, LabelProblem, ProblemLabels } from './monte-carlo-labels.ts'
import { monteCarloLabels } from './monte-carlo-labels.ts'
import { hardLabel, softLabel } from './prefix-values.ts'

const response = (...steps: string[]) => ({ steps, ended: false, tokens: steps.join('').length })
const problem = (...responses: LabelProblem['responses'][number][]): LabelProblem => ({
  prompt: PROMPT,
  isFinal: testChecker.isFinal,
  verify: testChecker.verify,
  responses,
})

async function label(policy: ScriptedPolicy, problems: readonly LabelProblem[], options: Partial<LabelOptions> = {}) {
  const results: ProblemLabels[] = []
  for await (const result of monteCarloLabels(policy, problems, { k: 4, seed: 7, ...options })) results.push(result)
  expect(policy.live).toBe(0)
  return results
}

describe('monteCarloLabels', () => {
  const table = tableScript({
    'a\n': ['A yes\n', 'A no\n', 'A yes\n', 'b\n'],
    'a\nb\n': ['A no\n'],
    'c\n': ['A yes\n'],
  })

  it('counts right completions, and estimates what responses share once', async () => {
    const policy = new ScriptedPolicy(table)
    const [found] = await label(policy, [
      problem(response('a\n', 'b\n', 'A no\n'), response('a\n', 'A yes\n'), response('c\n')),
    ])
    const drawn = (right: number) => ({ right, runs: 4, from: 'completions' })
    const told = (right: number) => ({ right, runs: 1, from: 'verdict' })
    expect(found?.values).toEqual([[drawn(2), drawn(0), told(0)], [drawn(2), told(1)], [drawn(4)]])
    expect(found?.values[0]?.map(softLabel)).toEqual([0.5, 0, 0])
    expect(found?.values[1]?.map(hardLabel)).toEqual([true, true])
    // a, a b and c: three prefixes of four completions in one call.
    expect(policy.calls[0]?.map(({ count }) => count)).toEqual([4, 4, 4])
  })

  it('does not run what the task knows to be wrong, nor what has ended', async () => {
    const policy = new ScriptedPolicy(table)
    const checked = {
      ...problem({ ...response('c\n', 'x\n', 'y'), ended: true }),
      isValid: (steps: readonly string[]) => !steps.includes('x\n'),
    }
    const [found] = await label(policy, [checked])
    expect(found?.values[0]?.map(({ right, from }) => [right, from])).toEqual([
      [4, 'completions'],
      [0, 'rule'],
      [0, 'verdict'],
    ])
    expect(policy.calls[0]?.map(({ count }) => count)).toEqual([4])
  })

  it('gives a value by prompt, prefix, k and seed alone', async () => {
    const responses = ['a\n', 'b\n', 'c\n'].map((step) => response(step, 'a\n', 'b\n'))
    const [together] = await label(randomModels(5).policy, [problem(...responses)], { k: 8 })
    const alone = await label(
      randomModels(5).policy,
      responses.map((given) => problem(given)),
      { k: 8, concurrency: 2 },
    )
    expect(alone.map(({ values }) => values[0])).toEqual(together?.values)
    const resumed = await label(
      randomModels(5).policy,
      responses.map((given) => problem(given)),
      {
        k: 8,
        from: 1,
      },
    )
    expect(resumed.map(({ problem, values }) => ({ problem, values }))).toEqual(
      alone.slice(1).map(({ problem, values }) => ({ problem, values })),
    )
    const [other] = await label(randomModels(5).policy, [problem(...responses)], { k: 8, seed: 8 })
    expect(other?.values).not.toEqual(together?.values)
    const [fewer] = await label(randomModels(5).policy, [problem(...responses)], { k: 4 })
    for (const [row, values] of (fewer?.values ?? []).entries()) {
      for (const [step, { right, runs, from }] of values.entries()) {
        if (from !== 'completions') continue
        expect(runs).toBe(4)
        // The first four of the eight.
        expect(right).toBeLessThanOrEqual(together?.values[row]?.[step]?.right ?? -1)
      }
    }
  })

  it('cuts many prefixes into calls that fit a batch', async () => {
    const many = Array.from({ length: 40 }, (_, index) => response(`${index}\n`))
    const policy = new ScriptedPolicy(() => ({ text: 'A yes\n' }))
    const [found] = await label(policy, [problem(...many)], { k: 16 })
    expect(found?.values.flat().map(softLabel)).toEqual(Array(40).fill(1))
    expect(policy.calls.map((call) => call.length)).toEqual([16, 16, 8])
  })

  it('does not take an end that stands alone for the end of the step before it', () => {
    const step = (text: string, finish: 'step' | 'eos' | 'length') => ({ text, tokenIds: [1], logprobs: [0], finish })
    expect(givenResponse({ steps: [step('a\n', 'step'), step('', 'eos')], end: 'eos' })).toEqual({
      steps: ['a\n'],
      ended: false,
      tokens: 2,
    })
    expect(givenResponse({ steps: [step('a\n', 'step'), step('A no', 'eos')], end: 'eos' }).ended).toBe(true)
    expect(givenResponse({ steps: [step('A no\n', 'step')], end: 'answer' }).ended).toBe(true)
  })
})

describe('exactLabels', () => {
  it('asks the task for every prefix', () => {
    const label = (steps: readonly string[]) => ({ label: steps.includes('x\n') ? 0 : 1 }) as const
    expect(exactLabels(['a\n', 'x\n', 'b\n'], label)).toEqual([true, false, false])
  })
})
