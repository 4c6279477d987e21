import { describe, expect, it } from 'vitest'
import { PROMPT, testChecker } from '../search/testing/collect.ts'
import { randomModels } from '../search/testing/random-models.ts'
import { ScriptedPolicy } from '../search/testing/scripted-models.ts'
import type { LabelProblem } from './monte-carlo-labels.ts'
import type { OmegaOptions, ProblemTree } from './omega-prm.ts'
import { omegaLabels } from './omega-prm.ts'
import { treeRows, valueTree } from './value-tree.ts'

const problem = (...responses: LabelProblem['responses'][number][]): LabelProblem => ({
  prompt: PROMPT,
  isFinal: testChecker.isFinal,
  verify: testChecker.verify,
  responses,
})
const response = (...steps: string[]) => ({ steps, ended: false, tokens: steps.join('').length })

async function search(policy: ScriptedPolicy, problems: readonly LabelProblem[], options: Partial<OmegaOptions> = {}) {
  const results: ProblemTree[] = []
  for await (const result of omegaLabels(policy, problems, { seed: 7, ...options })) results.push(result)
  expect(policy.live).toBe(0)
  return results
}

/** Right completions of a prefix in four, by whether it has `x` in it. */
const halfRight = () =>
  new ScriptedPolicy(({ text, sample }) => ({ text: text.includes('x') || sample % 2 === 1 ? 'A no\n' : 'A yes\n' }))

describe('omegaLabels', () => {
  it('finds the first wrong step by halves', async () => {
    const steps = ['a\n', 'b\n', 'c\n', 'd\n', 'e\n', 'x\n', 'g\n', 'A no\n']
    const policy = halfRight()
    const given = [response(...steps), response('A yes\n')]
    const [found] = await search(policy, [problem(...given)], { settings: { k: 4, searches: 1 } })
    expect(found?.prefixes.map(({ steps, value }) => [steps.length, value])).toEqual([
      [0, 0.5],
      [8, 0],
      [4, 0.5],
      [6, 0],
      [5, 0.5],
    ])
    expect(found).toMatchObject({ searches: 1, completions: 12 })
    expect(found?.tree).toEqual({
      text: PROMPT,
      value: 0.5,
      children: [
        {
          text: 'a\nb\nc\nd\n',
          value: 0.5,
          children: [
            {
              text: 'e\n',
              value: 0.5,
              children: [{ text: 'x\n', value: 0, children: [{ text: 'g\nA no\n', value: 0, children: [] }] }],
            },
          ],
        },
      ],
    })
    expect(found && treeRows(found.tree)).toEqual([
      { completions: ['a\nb\nc\nd\n', 'e\n', 'x\n', 'g\nA no\n'], values: [0.5, 0.5, 0, 0] },
    ])
  })

  it('chooses the better prefix and the shorter rollout, and explores', async () => {
    // Half of the completions are right, after `a` three of four.
    const script = () =>
      new ScriptedPolicy(({ text, sample }) => {
        const wrong = text === 'a\n' ? sample === 0 : sample % 2 === 0
        return { text: wrong ? 'A no\n' : 'A yes\n' }
      })
    const right = response('A yes\n')
    const given = [response('a\n', 'b\n', 'A no\n'), response('c\n', 'A no\n'), right, right]
    const found = async (searches: number, exploration: number, responses = given) => {
      const settings = { k: 4, searches, exploration }
      const [result] = await search(script(), [problem(...responses)], { settings })
      return result?.prefixes.map(({ steps }) => steps.join('').trimEnd().replaceAll('\n', '/'))
    }
    const shorterFirst = ['', 'c/A no', 'c']
    expect(await found(1, 0)).toEqual(shorterFirst)
    // Then the wrong rollout of `c`, which is shorter again and tells nothing new; then the longer one.
    expect(await found(3, 0)).toEqual([...shorterFirst, 'a/b/A no', 'a', 'a/b'])
    // `a` is the best of them.
    expect(await found(4, 0)).toEqual([...shorterFirst, 'a/b/A no', 'a', 'a/b', 'a/A no'])
    // Where the prompt is right more often than `c`, it is chosen again, unless exploration counts.
    const often = [...given, right, right, right, right, right, right]
    expect(await found(2, 0, often)).toEqual([...shorterFirst, 'a/b/A no', 'a', 'a/b'])
    expect(await found(2, 100, often)).toEqual(shorterFirst)
  })

  it('draws its own rollouts where none are given, keeps to its limits, and repeats', async () => {
    const problems = Array.from({ length: 5 }, () => problem())
    const few = await search(randomModels(4).policy, problems, { settings: { k: 8, searches: 3 }, concurrency: 1 })
    const again = await search(randomModels(4).policy, problems, { settings: { k: 8, searches: 3 }, concurrency: 4 })
    expect(again).toEqual(few)
    expect(few.every(({ searches }) => searches <= 3)).toBe(true)
    const [budgeted] = await search(randomModels(4).policy, problems, { settings: { k: 8, searches: 99, budget: 16 } })
    const [whole] = await search(randomModels(4).policy, problems, { settings: { k: 8, searches: 99 } })
    expect(budgeted?.completions).toBeLessThan(whole?.completions ?? 0)
    expect(budgeted?.prefixes).toEqual(whole?.prefixes.slice(0, budgeted?.prefixes.length))
    for (const { value } of whole?.prefixes ?? []) expect(value * 8).toBe(Math.round(value * 8))
  })

  it('leaves alone what is always right or never', async () => {
    const sure = new ScriptedPolicy(() => ({ text: 'A yes\n' }))
    expect((await search(sure, [problem()]))[0]).toMatchObject({ searches: 0, tree: { value: 1, children: [] } })
    const lost = new ScriptedPolicy(() => ({ text: 'A no\n' }))
    expect((await search(lost, [problem()]))[0]).toMatchObject({ searches: 0, tree: { value: 0, children: [] } })
  })

  it('finds no wrong step in a rollout that broke off where others go on', async () => {
    const policy = new ScriptedPolicy(({ text, sample }) =>
      text === '' && sample % 2 === 0 ? { text: 'a\n' } : { text: sample === 2 ? '' : 'A yes\n', finish: 'eos' },
    )
    const [found] = await search(policy, [problem()], { settings: { k: 8 } })
    expect(found?.prefixes.every(({ value }) => value > 0)).toBe(true)
  })
})

describe('valueTree', () => {
  it('hangs a prefix found later between those that stand', () => {
    const steps = ['a\n', 'b\n', 'c\n']
    const prefixes = [0, 3, 1, 2].map((length) => ({ steps: steps.slice(0, length), value: length }))
    const tree = valueTree(PROMPT, prefixes)
    expect(treeRows(tree)).toEqual([{ completions: steps, values: [1, 2, 3] }])
    expect(() => valueTree(PROMPT, prefixes.slice(1))).toThrow(RangeError)
  })
})
