import { describe, expect, it } from 'vitest'
import { testChecker } from '../search/testing/collect.ts'
import { randomModels } from '../search/testing/random-models.ts'
import type { ScriptedPolicy } from '../search/testing/scripted-models.ts'
import type { SetProgress } from './problem-set.ts'
import type { ProblemSamples, SampleOptions } from './sample-responses.ts'
import { sampleResponses } from './sample-responses.ts'

const problems = Array.from({ length: 9 }, (_, index) => ({
  prompt: `Q${index % 3}?\n`,
  isFinal: testChecker.isFinal,
  verify: testChecker.verify,
}))

/** Models that answer after a time that depends on the question, so that the order of work varies. */
function policyOf(key: number): ScriptedPolicy {
  let calls = 0
  return randomModels(key, {
    pause: async () => {
      const turns = (calls++ * 7) % 5
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    },
  }).policy
}

async function collect(policy: ScriptedPolicy, options: Partial<SampleOptions> = {}): Promise<ProblemSamples[]> {
  const results: ProblemSamples[] = []
  for await (const samples of sampleResponses(policy, problems, { n: 4, seed: 7, ...options })) results.push(samples)
  expect(policy.live).toBe(0)
  return results
}

describe('sampleResponses', () => {
  it('gives the same responses however many problems run at a time, in the order of the problems', async () => {
    const one = await collect(policyOf(1), { concurrency: 1 })
    expect(one.map(({ problem }) => problem)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    for (const concurrency of [2, 5, 64]) {
      const many = await collect(policyOf(1), { concurrency })
      expect(many.map(({ responses }) => responses)).toEqual(one.map(({ responses }) => responses))
    }
    expect(await collect(policyOf(1), { seed: 8 })).not.toEqual(one)
    // The same prompt again is another problem: its index keys the noise.
    expect(one[3]?.responses.map(({ text }) => text)).not.toEqual(one[0]?.responses.map(({ text }) => text))
  })

  it('says of each response what it is, and whether it is right', async () => {
    for (const { problem, responses, usage } of await collect(policyOf(2))) {
      expect(responses.map(({ sample }) => sample)).toEqual([0, 1, 2, 3])
      for (const response of responses) {
        const steps = response.steps.map(({ text }) => text).filter((text) => text !== '')
        expect(response).toMatchObject({ problem, prompt: problems[problem]?.prompt, text: steps.join('') })
        expect(response.verdict).toEqual(testChecker.verify(steps))
      }
      expect(usage.executed).toBeGreaterThan(0)
      expect(usage.asked).toBeGreaterThan(usage.executed)
    }
  })

  it('begins behind what is finished, and tells how far it is', async () => {
    const all = await collect(policyOf(3))
    const progress: SetProgress[] = []
    const rest = await collect(policyOf(3), {
      from: 3,
      onProgress: (state) => progress.push(state),
    })
    expect(rest.map(({ responses }) => responses)).toEqual([3, 4, 5, 6, 7, 8].map((index) => all[index]?.responses))
    expect(progress.map(({ done }) => done)).toEqual([4, 5, 6, 7, 8, 9])
    expect(progress.at(-1)?.usage.executed).toBe(rest.reduce((sum, { usage }) => sum + usage.executed, 0))
  })

  it('stops where it is aborted or left, and gives everything back', async () => {
    const controller = new AbortController()
    const policy = policyOf(4)
    const consume = async () => {
      for await (const _ of sampleResponses(policy, problems, { n: 4, seed: 7, signal: controller.signal })) {
        controller.abort()
      }
    }
    await expect(consume()).rejects.toThrow('abort')
    expect(policy.live).toBe(0)
    for await (const _ of sampleResponses(policy, problems, { n: 4, seed: 7 })) break
    expect(policy.live).toBe(0)
  })
})
