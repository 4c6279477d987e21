import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import { openBackend } from '../compute/open-backend.ts'
import { sigmoid } from '../core/numerics.ts'
import { createDecoder } from '../engine/decoder/decoder-model.ts'
import { loadPolicy } from '../engine/load-model.ts'
import type { EnginePolicy } from '../engine/policy.ts'
import { ImplicitRewardModel } from './implicit-reward-model.ts'

const PROMPT = 'Q 3 5 7 2 > 24\n'
const STEPS = ['3*5=15 : 7 2 15\n', '15+7=22 : 2 22\n', '22+2=24 : 24\n', 'A 24\n']
const BETA = 5

let backend: Backend
/** The same model in 4 bits stands for the reference: near, and not equal. */
let policy: EnginePolicy
let reference: EnginePolicy
let model: ImplicitRewardModel

beforeAll(async () => {
  backend = (await openBackend({ choice: 'cpu' })).backend
  const files = await openCheckpointDirectory('public/checkpoints/countdown-policy')
  policy = await loadPolicy(backend, files, {}, createDecoder)
  reference = await loadPolicy(backend, files, { weights: 'int4' }, createDecoder)
  model = new ImplicitRewardModel(policy, reference, BETA)
})

afterAll(() => {
  policy.model.dispose()
  reference.model.dispose()
  backend.dispose()
})

async function score(requests: readonly (readonly string[])[], signal?: AbortSignal): Promise<(readonly number[])[]> {
  const { branch } = await model.open(PROMPT)
  try {
    const scored = await model.score(
      requests.map((steps) => ({ branch, steps })),
      signal,
    )
    for (const one of scored) model.release(one.branch)
    return scored.map(({ scores }) => scores)
  } finally {
    model.release(branch)
  }
}

test('a step’s score is the sigmoid of β times the log-ratio of all tokens up to its end', async () => {
  const text = STEPS.join('')
  const [own, other] = [await policy.read(PROMPT, text), await reference.read(PROMPT, text)]
  let ends = 0
  const expected = STEPS.map((step) => {
    ends += step.length
    const sum = own
      .slice(0, ends)
      .reduce((total, { logprob }, t) => total + logprob - (other[t]?.logprob ?? Number.NaN), 0)
    return sigmoid(BETA * sum)
  })
  const [scores = []] = await score([STEPS])
  expect(scores).toHaveLength(4)
  scores.forEach((value, step) => {
    expect(value).toBeCloseTo(expected[step] as number, 5)
  })
  expect(new Set(scores).size).toBeGreaterThan(1)
})

test('scores do not depend on how the steps are asked for, and nothing stays held', async () => {
  const [whole = []] = await score([STEPS])
  const { branch } = await model.open(PROMPT)
  const [first] = await model.score([{ branch, steps: STEPS.slice(0, 2) }])
  const [rest] = await model.score([{ branch: first?.branch ?? branch, steps: STEPS.slice(2) }])
  expect([...(first?.scores ?? []), ...(rest?.scores ?? [])]).toEqual(whole)
  for (const held of [branch, first?.branch, rest?.branch]) if (held) model.release(held)
  expect((await score([STEPS, STEPS.slice(0, 1), STEPS])).map((scores) => [...scores])).toEqual([
    whole,
    whole.slice(0, 1),
    whole,
  ])
  expect(policy.model.counters().liveBranches).toBe(0)
  expect(reference.model.counters().liveBranches).toBe(0)
})

test('a cancelled or failed call holds nothing', async () => {
  await expect(score([STEPS], AbortSignal.abort())).rejects.toThrow()
  const long = '1+1=2 : 2\n'.repeat(200)
  await expect(score([STEPS, [long]])).rejects.toThrow('longer than the model')
  expect(policy.model.counters().liveBranches).toBe(0)
  expect(reference.model.counters().liveBranches).toBe(0)
})
