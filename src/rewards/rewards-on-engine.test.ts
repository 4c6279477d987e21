import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import { openBackend } from '../compute/open-backend.ts'
import { MODEL_BACKENDS } from '../compute/testing/node-backends.ts'
import { splitLines } from '../core/testing/text-lines.ts'
import { createDecoder } from '../engine/decoder/decoder-model.ts'
import { loadPolicy } from '../engine/load-model.ts'
import type { EnginePolicy } from '../engine/policy.ts'
import type { CountdownProblem } from '../tasks/countdown/arithmetic.ts'
import { countdown } from '../tasks/countdown/countdown.ts'
import { checkerFor } from '../tasks/registry.ts'
import { exactLabels } from './exact-labels.ts'
import { givenResponse } from './given-response.ts'
import type { ProblemLabels } from './monte-carlo-labels.ts'
import { monteCarloLabels } from './monte-carlo-labels.ts'
import type { ProblemTree } from './omega-prm.ts'
import { omegaLabels } from './omega-prm.ts'
import { softLabel } from './prefix-values.ts'
import type { ProblemSamples } from './sample-responses.ts'
import { completionTokens, sampleResponses } from './sample-responses.ts'

const PROBLEMS = ['3 5 7 2 > 24', '4 3 6 8 > 40', '11 4 4 > 19'].map((text) => countdown.parse(text))
const labelProblem = (problem: CountdownProblem) => ({
  prompt: countdown.notation.prompt(problem),
  ...checkerFor(countdown, problem),
  isValid: (steps: readonly string[]) => countdown.label(problem, steps).valid,
})

describe.each(MODEL_BACKENDS)('rollouts and labels on %s', (choice) => {
  let backend: Backend
  let policy: EnginePolicy
  const live = () => {
    const { livePages, liveSlots, liveBranches } = policy.model.counters()
    return { livePages, liveSlots, liveBranches }
  }

  beforeAll(async () => {
    backend = (await openBackend({ choice })).backend
    process.stdout.write(`${choice}: ${backend.adapter}\n`)
    policy = await loadPolicy(
      backend,
      await openCheckpointDirectory('public/checkpoints/countdown-policy'),
      {},
      createDecoder,
    )
  })

  afterAll(() => {
    policy.model.dispose()
    backend.dispose()
    expect(backend.memory.liveBytes).toBe(0)
  })

  async function sample(concurrency: number, n = 4): Promise<ProblemSamples[]> {
    const results: ProblemSamples[] = []
    const options = { n, seed: 7, concurrency, sampling: { stopAtAnswer: false } }
    for await (const samples of sampleResponses(policy, PROBLEMS.map(labelProblem), options)) results.push(samples)
    return results
  }

  test('responses do not depend on what runs beside them, and carry the policy’s own log-probabilities', async () => {
    const before = live()
    const alone = await sample(1)
    const together = await sample(3)
    const tokens = (sets: readonly ProblemSamples[]) =>
      sets.map(({ responses }) => responses.map((response) => completionTokens(response).tokenIds))
    expect(tokens(together)).toEqual(tokens(alone))
    expect(tokens(await sample(3, 2))).toEqual(tokens(alone).map((list) => list.slice(0, 2)))
    for (const { responses } of alone) {
      for (const response of responses) {
        expect(response.end).toBe('eos')
        const { tokenIds, logprobs } = completionTokens(response)
        expect(tokenIds.at(-1)).toBe(22)
        const readings = await policy.read(response.prompt, response.text, { eos: true })
        expect(readings.map(({ id }) => id)).toEqual(tokenIds)
        for (const [index, { logprob }] of readings.entries()) expect(logprobs[index]).toBeCloseTo(logprob, 4)
      }
    }
    expect(live()).toEqual(before)
  })

  test('Monte Carlo labels agree with exact ones where those are sure', async () => {
    const before = live()
    const [problem] = PROBLEMS
    if (!problem) throw new Error('no problem')
    const texts = [
      '3*5=15 : 7 2 15\n15+7=22 : 2 22\n22+2=24 : 24\nA 24\n',
      '3*5=15 : 7 2 15\n7-2=5 : 15 5\n15*5=75 : 75\nA 75\n',
      '3*5=16 : 7 2 16\n16+7=23 : 2 23\n',
    ]
    const responses = texts.map((text) => ({ steps: splitLines(text), ended: false, tokens: text.length }))
    const results: ProblemLabels[] = []
    const given = [{ ...labelProblem(problem), responses }]
    for await (const found of monteCarloLabels(policy, given, { k: 8, seed: 7 })) results.push(found)
    const [{ values, usage } = { values: [], usage: { executed: 0 } }] = results
    for (const [index, { steps }] of responses.entries()) {
      const exact = exactLabels(steps, (prefix) => countdown.label(problem, prefix))
      // No completion of a prefix is right where the task says that none can be.
      for (const [step, label] of exact.entries()) {
        const value = values[index]?.[step]
        if (!label) expect(value?.right).toBe(0)
      }
    }
    // The last step before the answer leaves the policy nothing to do wrong.
    expect(values[0]?.slice(2).map(softLabel)).toEqual([1, 1])
    expect(values[0]?.[1]?.right).toBeGreaterThan(4)
    expect(values[2]?.map(({ from }) => from)).toEqual(['rule', 'rule'])
    expect(usage.executed).toBeGreaterThan(0)
    expect(live()).toEqual(before)
  })

  test('OmegaPRM finds a step from which no completion is right, after one from which some are', async () => {
    const before = live()
    const [{ responses = [] } = {}, second] = await sample(3, 8)
    const results: ProblemTree[] = []
    const given = PROBLEMS.slice(0, 2).map((problem, index) => ({
      ...labelProblem(problem),
      responses: (index === 0 ? responses : (second?.responses ?? [])).map(givenResponse),
    }))
    for await (const found of omegaLabels(policy, given, { seed: 7, settings: { k: 4, searches: 4 } }))
      results.push(found)
    expect(results).toHaveLength(2)
    expect(results.some(({ searches }) => searches > 0)).toBe(true)
    const found = results.flatMap(({ prefixes }) =>
      prefixes.filter(({ steps, value }) => {
        const before = prefixes.find((other) => other.steps.join('') === steps.slice(0, -1).join(''))
        return value === 0 && before !== undefined && before.value > 0
      }),
    )
    expect(found.length).toBeGreaterThan(0)
    for (const [index, { prefixes }] of results.entries()) {
      const problem = PROBLEMS[index]
      for (const { steps, value } of prefixes) {
        if (problem && countdown.label(problem, steps).label === 0) expect(value).toBe(0)
      }
    }
    expect(live()).toEqual(before)
  })
})
