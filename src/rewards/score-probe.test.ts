import { expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import type { Prompt } from '../core/prompt.ts'
import type { RewardModel } from '../search/models.ts'
import { probeResponses } from './probe-responses.ts'
import type { Probe } from './probes.ts'
import { scoreProbe } from './score-probe.ts'
import { NO_USAGE } from './usage.ts'

const PROBE: Probe = { kind: 'delete-step', steps: ['a', 'c'], at: 1, before: 2, expects: 'lower' }
const unwritten = () => new StepscopeError({ code: 'bad-problem', message: 'The vocabulary has no “ж”' })

it('compares the step that should tell, and the lowest score, before and after', async () => {
  expect(await scoreProbe(PROBE, [0.9, 0.4, 0.8], () => Promise.resolve([0.7, 0.2]))).toEqual({
    kind: 'delete-step',
    expects: 'lower',
    before: 0.8,
    after: 0.2,
    lowestBefore: 0.4,
    lowestAfter: 0.2,
  })
})

it('takes the one score of a model of outcomes for every step', async () => {
  expect(await scoreProbe(PROBE, [0.9], () => Promise.resolve([0.1]))).toMatchObject({ before: 0.9, after: 0.1 })
})

it('is nothing where the vocabulary cannot hold the change; other errors are told', async () => {
  expect(await scoreProbe(PROBE, [0.9], () => Promise.reject(unwritten()))).toBeNull()
  const lost = new StepscopeError({ code: 'device-lost', message: 'gone' })
  await expect(scoreProbe(PROBE, [0.9], () => Promise.reject(lost))).rejects.toBe(lost)
})

it('of many responses only the changes that cannot be written are left out, not their whole kind', async () => {
  // Steps of the second problem cannot be written once they are changed.
  const model = {
    open: (prompt: Prompt) => Promise.resolve({ branch: prompt, usage: NO_USAGE }),
    score: (requests: readonly { readonly steps: readonly string[] }[]) =>
      requests.some(({ steps }) => steps.some((step) => step.includes('ж')))
        ? Promise.reject(unwritten())
        : Promise.resolve(requests.map(({ steps }) => ({ branch: '', scores: steps.map(() => 0.5), usage: NO_USAGE }))),
    release: () => {},
  } as unknown as RewardModel
  const group = (text: string, steps: readonly string[]) => ({
    text,
    prompt: text as unknown as Prompt,
    responses: [{ steps }],
    task: {},
  })
  const groups = [group('p', ['3+4=7\n', '7*2=14\n']), group('q', ['ж3+4=7\n', 'ж7*2=14\n'])]
  const scores = [[[0.9, 0.8]], [[0.9, 0.8]]]
  const { results, unwritten: left } = await probeResponses(model, groups, scores, {
    seed: 0,
    signal: new AbortController().signal,
  })
  const kinds = ['swap-numbers', 'delete-step', 'repeat-step', 'pad']
  expect(results.map(({ kind }) => kind)).toEqual(kinds)
  expect(left).toEqual(kinds.map((kind) => ({ kind, count: 1 })))
})
