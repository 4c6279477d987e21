import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import { openBackend } from '../compute/open-backend.ts'
import { MODEL_BACKENDS } from '../compute/testing/node-backends.ts'
import { createDecoder } from './decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from './load-model.ts'
import type { EnginePolicy } from './policy.ts'
import type { EngineRewardModel } from './reward-model.ts'

/** What PyTorch computes; scores with five decimals, log-probabilities with five digits. */
interface Expected {
  readonly prompt: string
  readonly greedy_response: string
  readonly prm_step_scores: readonly number[]
  readonly orm_scores_after_each_step: readonly number[]
  readonly response_logprob_with_eos: number
}
const expected = JSON.parse(readFileSync('tests/fixtures/words-starters/expected.json', 'utf8')) as readonly Expected[]
const MOST_LINES = 40

describe.each(MODEL_BACKENDS)('models of word problems that PyTorch made, on %s', (choice) => {
  let backend: Backend
  let policy: EnginePolicy
  let prm: EngineRewardModel
  let orm: EngineRewardModel

  beforeAll(async () => {
    backend = (await openBackend({ choice })).backend
    process.stdout.write(`${choice}: ${backend.adapter}\n`)
    const folder = (id: string) => openCheckpointDirectory(`tests/fixtures/words-starters/${id}`)
    policy = await loadPolicy(backend, await folder('policy'), {}, createDecoder)
    prm = await loadRewardModel(backend, await folder('prm'), {}, createDecoder)
    orm = await loadRewardModel(backend, await folder('orm'), {}, createDecoder)
  })

  afterAll(() => {
    for (const { model } of [policy, prm, orm]) model.dispose()
    backend.dispose()
    expect(backend.memory.liveBytes).toBe(0)
  })

  async function greedy(prompt: string): Promise<{ text: string; logprob: number }> {
    let { branch } = await policy.open(prompt)
    let text = ''
    let logprob = 0
    for (let line = 0; line < MOST_LINES; line++) {
      const [proposal] = await policy.propose([
        { branch, count: 1, temperature: 0, topP: 1, topK: 0, seed: 7, node: 0, firstSample: 0, maxTokens: 64 },
      ])
      policy.release(branch)
      if (!proposal) throw new Error('no proposal')
      branch = proposal.branch
      text += proposal.text
      for (const token of proposal.tokens) logprob += token.logprob
      if (proposal.finish === 'eos') break
    }
    policy.release(branch)
    return { text, logprob }
  }

  async function score(
    reward: EngineRewardModel,
    prompt: string,
    steps: readonly string[],
  ): Promise<readonly number[]> {
    const { branch } = await reward.open(prompt)
    const [scored] = await reward.score([{ branch, steps }])
    reward.release(branch)
    if (!scored) throw new Error('no scores')
    reward.release(scored.branch)
    return scored.scores
  }

  test('greedy responses and their log-probabilities are those of PyTorch', async () => {
    expect(expected).toHaveLength(8)
    const found = await Promise.all(expected.map(({ prompt }) => greedy(prompt)))
    expect(found.map(({ text }) => text)).toEqual(expected.map(({ greedy_response }) => greedy_response))
    for (const [i, { logprob }] of found.entries()) {
      expect(Math.abs(logprob - (expected[i]?.response_logprob_with_eos ?? 0))).toBeLessThan(2e-3)
    }
  })

  test('scores of both reward models after each step are those of PyTorch', async () => {
    for (const { prompt, greedy_response, prm_step_scores, orm_scores_after_each_step } of expected) {
      const steps = greedy_response.match(/.*\n/g) ?? []
      for (const [reward, scores] of [
        [prm, prm_step_scores],
        [orm, orm_scores_after_each_step],
      ] as const) {
        const found = await score(reward, prompt, steps)
        expect(found).toHaveLength(scores.length)
        for (const [i, value] of found.entries()) expect(Math.abs(value - (scores[i] ?? 0))).toBeLessThan(1e-4)
      }
    }
  })
})
