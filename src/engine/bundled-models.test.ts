import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import { openBackend } from '../compute/open-backend.ts'
import type { ProposeRequest } from '../search/models.ts'
import { createDecoder } from './decoder-model.ts'
import { loadPolicy, loadRewardModel } from './load-model.ts'
import type { EnginePolicy } from './policy.ts'
import type { EngineRewardModel } from './reward-model.ts'

interface Expected {
  readonly prompt: string
  readonly greedy_response: string
  readonly prm_step_scores: readonly number[]
  readonly response_logprob_with_eos: number
}
const expected = JSON.parse(readFileSync('tests/fixtures/expected.json', 'utf8')) as readonly Expected[]
const stepsOf = (response: string) => response.split(/(?<=\n)/)

const GREEDY: Omit<ProposeRequest, 'branch'> = {
  count: 1,
  temperature: 0,
  topP: 1,
  topK: 0,
  seed: 7,
  node: 0,
  firstSample: 0,
  maxTokens: 64,
}

let backend: Backend
let policy: EnginePolicy
let reward: EngineRewardModel

beforeAll(async () => {
  backend = (await openBackend({ choice: 'cpu' })).backend
  const folder = (id: string) => openCheckpointDirectory(`public/checkpoints/${id}`)
  policy = await loadPolicy(backend, await folder('countdown-policy'), {}, createDecoder)
  reward = await loadRewardModel(backend, await folder('countdown-prm'), {}, createDecoder)
})

afterAll(() => {
  policy.model.dispose()
  reward.model.dispose()
  backend.dispose()
})

async function greedy(prompt: string): Promise<{ text: string; logprob: number; finish: string }> {
  let { branch } = await policy.open(prompt)
  let text = ''
  let logprob = 0
  for (;;) {
    const [proposal] = await policy.propose([{ ...GREEDY, branch }])
    policy.release(branch)
    if (!proposal) throw new Error('no proposal')
    branch = proposal.branch
    text += proposal.text
    logprob += proposal.tokens.reduce((sum, token) => sum + token.logprob, 0)
    if (proposal.finish !== 'step') {
      policy.release(branch)
      return { text, logprob, finish: proposal.finish }
    }
  }
}

test('greedy responses and their log-probabilities are those of PyTorch', async () => {
  const found = await Promise.all(expected.map(({ prompt }) => greedy(prompt)))
  expect(found.map(({ text, finish }) => ({ text, finish }))).toEqual(
    expected.map(({ greedy_response }) => ({ text: greedy_response, finish: 'eos' })),
  )
  for (const [i, { logprob }] of found.entries()) {
    expect(Math.abs(logprob - (expected[i]?.response_logprob_with_eos ?? 0))).toBeLessThan(2e-3)
  }
})
