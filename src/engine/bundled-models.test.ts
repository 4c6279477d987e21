import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import { openBackend } from '../compute/open-backend.ts'
import { LONG } from '../compute/testing/node-backends.ts'
import type { Branch, ProposeRequest } from '../search/models.ts'
import { createDecoder } from './decoder/decoder-model.ts'
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
const PROMPT = 'Q 3 5 7 2 > 24\n'
const steps = (response: string) => response.split(/(?<=\n)/)

const SAMPLE: Omit<ProposeRequest, 'branch'> = {
  count: 1,
  temperature: 1,
  topP: 1,
  topK: 0,
  seed: 7,
  node: 0,
  firstSample: 0,
  maxTokens: 64,
}

/** Two hundred in `npm run test:long`. */
const RUNS = LONG ? 200 : 8

describe.each(['cpu', 'wasm', 'webgpu'] as const)('the bundled models on %s', (choice) => {
  let backend: Backend
  let policy: EnginePolicy
  let reward: EngineRewardModel
  let start: ReturnType<typeof live>
  const live = () =>
    [policy, reward].map(({ model }) => {
      const { livePages, liveSlots, liveBranches } = model.counters()
      // Readback buffers are the backend's own and stay until it closes.
      const { staging: _, ...bytes } = backend.memory.liveByPurpose()
      return { livePages, liveSlots, liveBranches, bytes }
    })

  beforeAll(async () => {
    backend = (await openBackend({ choice })).backend
    process.stdout.write(`${choice}: ${backend.adapter}\n`)
    const folder = (id: string) => openCheckpointDirectory(`public/checkpoints/${id}`)
    policy = await loadPolicy(backend, await folder('countdown-policy'), {}, createDecoder)
    reward = await loadRewardModel(backend, await folder('countdown-prm'), {}, createDecoder)
    start = live()
  })

  afterAll(() => {
    policy.model.dispose()
    reward.model.dispose()
    backend.dispose()
    expect(backend.memory.liveBytes).toBe(0)
  })

  /** Greedy steps until eos. */
  async function greedy(prompt: string, maxTokens: number): Promise<{ text: string; logprob: number; finish: string }> {
    let { branch } = await policy.open(prompt)
    let text = ''
    let logprob = 0
    for (;;) {
      const [proposal] = await policy.propose([{ ...SAMPLE, temperature: 0, maxTokens, branch }])
      policy.release(branch)
      if (!proposal) throw new Error('no proposal')
      branch = proposal.branch
      text += proposal.text
      logprob += proposal.tokens.reduce((sum, token) => sum + token.logprob, 0)
      if (proposal.finish === 'eos') {
        policy.release(branch)
        return { text, logprob, finish: proposal.finish }
      }
    }
  }

  async function score(prompt: string, given: readonly string[]): Promise<readonly number[]> {
    const { branch } = await reward.open(prompt)
    const [scored] = await reward.score([{ branch, steps: given }])
    reward.release(branch)
    if (!scored) throw new Error('no scores')
    reward.release(scored.branch)
    return scored.scores
  }

  /** Two rounds of sampling from one prompt; every call of it may be mixed with other callers'. */
  async function sampleTree(prompt: string, seed: number): Promise<unknown[]> {
    const { branch } = await policy.open(prompt)
    const first = await policy.propose([{ ...SAMPLE, seed, branch, count: 6 }])
    const going = first.filter(({ finish }) => finish === 'step')
    const second = await policy.propose(
      going.map((proposal, node) => ({ ...SAMPLE, seed, branch: proposal.branch, count: 3, node: node + 1 })),
    )
    const all = [...first, ...second]
    for (const proposal of all) policy.release(proposal.branch)
    policy.release(branch)
    return all.map(({ branch: _, ...rest }) => rest)
  }

  test('greedy responses and their log-probabilities are those of PyTorch', async () => {
    const found = await Promise.all(expected.map(({ prompt }) => greedy(prompt, 64)))
    expect(found.map(({ text }) => text)).toEqual(expected.map(({ greedy_response }) => greedy_response))
    for (const [i, { logprob }] of found.entries()) {
      expect(Math.abs(logprob - (expected[i]?.response_logprob_with_eos ?? 0))).toBeLessThan(2e-3)
    }
    // The same where a step comes in pieces.
    const pieces = await greedy(expected[0]?.prompt ?? '', 3)
    expect(pieces).toEqual(found[0])
  })

  test('reading a response gives the log-probability that sampling it gave', async () => {
    const [item] = expected
    if (!item) throw new Error('no fixture')
    const readings = await policy.read(item.prompt, item.greedy_response, { alternatives: 2, eos: true })
    const logprob = readings.reduce((sum, reading) => sum + reading.logprob, 0)
    expect(Math.abs(logprob - item.response_logprob_with_eos)).toBeLessThan(2e-3)
    expect(readings.map(({ id }) => id)).toEqual(readings.map(({ alternatives }) => alternatives[0]?.id))
    expect(readings.map(({ text }) => text).join('')).toBe(item.greedy_response)
  })

  test('step scores are those of PyTorch, all at once and step by step', async () => {
    for (const { prompt, greedy_response, prm_step_scores } of expected) {
      const whole = await score(prompt, steps(greedy_response))
      expect(whole.length).toBe(prm_step_scores.length)
      for (const [i, value] of whole.entries()) expect(Math.abs(value - (prm_step_scores[i] ?? 0))).toBeLessThan(1e-4)
      reward.model.evictAll()
      let { branch } = await reward.open(prompt)
      for (const [i, step] of steps(greedy_response).entries()) {
        const [scored] = await reward.score([{ branch, steps: [step] }])
        reward.release(branch)
        if (!scored) throw new Error('no score')
        branch = scored.branch
        expect(Math.abs((scored.scores[0] ?? 0) - (whole[i] ?? 0))).toBeLessThan(1e-5)
      }
      reward.release(branch)
    }
  })

  test('a forked branch samples what a fresh prefill of its text samples', async () => {
    const { branch } = await policy.open(PROMPT)
    const proposals = await policy.propose([{ ...SAMPLE, branch, count: 4 }])
    const again = async (from: Branch) => {
      const drawn = await policy.propose([{ ...SAMPLE, node: 5, branch: from, count: 2 }])
      for (const held of [from, ...drawn.map((proposal) => proposal.branch)]) policy.release(held)
      return drawn.map(({ tokens }) => tokens)
    }
    const steps = proposals.filter(({ finish }) => finish === 'step')
    const forked = await Promise.all(steps.map((proposal) => again(policy.fork(proposal.branch))))
    for (const proposal of proposals) policy.release(proposal.branch)
    policy.release(branch)
    for (const [i, { text }] of steps.entries()) {
      policy.model.evictAll()
      expect(await again((await policy.open(PROMPT + text)).branch)).toEqual(forked[i])
    }
  })

  test('the same seed gives the same bits, alone or mixed with other runs', async () => {
    const prompts = [PROMPT, 'Q 1 8 2 13 > 24\n', PROMPT, 'Q 11 1 3 4 > 23\n']
    const together = await Promise.all(prompts.map((prompt, i) => sampleTree(prompt, i)))
    for (const [i, prompt] of prompts.entries()) {
      policy.model.evictAll()
      expect(await sampleTree(prompt, i)).toEqual(together[i])
    }
  })

  test('a second run on the same problem runs fewer tokens and gives the same bits; so it does without the cache', async () => {
    const given = ['3*5=15 : 7 2 15\n', '2+7=9 : 15 9\n', '15+9=24 : 24\n']
    const run = async () => {
      const before = [policy, reward].map(({ model }) => model.counters())
      const tree = await sampleTree(PROMPT, 3)
      const scores = await score(PROMPT, given)
      const { branch } = await policy.open(PROMPT)
      const { branch: end, tokens, usage } = await policy.extend(branch, given.join(''))
      for (const held of [branch, end]) policy.release(held)
      const after = [policy, reward].map(({ model }) => model.counters())
      const executed = after.map(({ executedTokens }, i) => executedTokens - (before[i]?.executedTokens ?? 0))
      const hits = after.map(({ cacheHitTokens }, i) => cacheHitTokens - (before[i]?.cacheHitTokens ?? 0))
      return { results: { tree, scores, tokens, usage }, executed, hits }
    }
    const drop = () => {
      for (const { model } of [policy, reward]) model.evictAll()
    }
    drop()
    const first = await run()
    const second = await run()
    drop()
    const third = await run()
    expect(second.results).toEqual(first.results)
    expect(third).toEqual(first)
    const [policyTokens = 0, rewardTokens = 0] = first.executed
    const readTokens = PROMPT.length + given.join('').length
    expect(rewardTokens).toBe(readTokens)
    expect([second.executed[1], second.hits[1]]).toEqual([0, readTokens])
    // The prompt's last token is run again, for its hidden state; so are the sampled steps.
    expect(second.executed[0]).toBeLessThan(policyTokens - given.join('').length)
  })

  test(`${RUNS} runs in a row, some of them cancelled, leave pages, slots and bytes as they were`, async () => {
    for (let run = 0; run < RUNS; run++) {
      const controller = new AbortController()
      const { branch } = await policy.open(PROMPT)
      const proposing = policy.propose([{ ...SAMPLE, seed: run, branch, count: 2, maxTokens: 12 }], controller.signal)
      if (run % 5 === 4) setTimeout(() => controller.abort(), 0)
      const proposals = await proposing.catch((error: { details?: { code: string } }) => {
        expect(error.details?.code).toBe('cancelled')
        return []
      })
      for (const proposal of proposals) policy.release(proposal.branch)
      policy.release(branch)
      if (run % 10 === 0) await score(PROMPT, ['3+5=8 : 7 2 8\n'])
    }
    expect(live()).toEqual(start)
    for (const { model } of [policy, reward]) {
      expect(model.counters().unpinnedPages).toBeGreaterThan(0)
      model.evictAll()
      expect(model.counters().unpinnedPages).toBe(0)
    }
    expect(live()).toEqual(start)
  })
})
