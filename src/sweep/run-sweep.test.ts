import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import { runSearch } from '../search/run-search.ts'
import { randomModels } from '../search/testing/random-models.ts'
import { generateProblems } from '../tasks/generate-problems.ts'
import { checkerFor, promptOf, taskById } from '../tasks/registry.ts'
import type { SweepConfig } from './config.ts'
import { searchesOf } from './plan.ts'
import type { SweepResult } from './result.ts'
import { runPair, setupOf } from './run-sweep.ts'

const config: SweepConfig = {
  version: 1,
  task: 'countdown',
  problems: { source: 'generated', difficulty: '3-numbers', count: 3, seed: 1, split: 'held-out' },
  lines: [
    { strategy: 'sampling', config: {} },
    { strategy: 'best-of-n-prm', config: {} },
    { strategy: 'beam', config: {} },
  ],
  budgets: [1, 4],
  vary: {},
  models: [{ policy: 'a', reward: 'b' }],
  seeds: [1, 2],
}
const task = taskById('countdown')
const problems = generateProblems(task, { difficulty: '3-numbers', count: 3, seed: 1, split: 'held-out' })

async function run(
  models = randomModels(1),
  known: readonly string[] = [],
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<SweepResult[]> {
  const results: SweepResult[] = []
  // Scripted models know one prompt at a time.
  const options = { known: new Set(known), concurrency: 1, now: () => 0 }
  for await (const result of runPair(config, problems, 0, models, options)) {
    results.push(result)
    if (results.length === stopAfter) break
  }
  expect([models.policy.live, models.reward.live]).toEqual([0, 0])
  return results
}

describe('a sweep of one pair of models', () => {
  it('says of every problem under every search what the search alone says', async () => {
    const results = await run()
    expect(results).toHaveLength(6 * 2 * 3)
    const models = randomModels(1)
    for (const result of results) {
      const problem = problems[result.problem]
      const search = searchesOf(config).find(({ name }) => name === result.search)
      if (!search) throw new Error('no such search')
      const setup = setupOf(task, problem, result.problem, search, result.seed, models)
      const context = { prompt: promptOf(task, problem), checker: checkerFor(task, problem), ...models }
      for await (const event of runSearch(setup, context)) {
        if (event.type !== 'finished') continue
        const { policy, reward } = event.ledger
        expect(result).toMatchObject({
          correct: event.correct,
          answer: event.answer,
          policyTokens: policy.executed,
          rewardTokens: reward.executed,
          tokensAsked: policy.asked + reward.asked,
          flops: { policy: policy.flops, reward: reward.flops },
        })
      }
    }
  })

  it('comes problem by problem, and goes on where it was interrupted', async () => {
    const whole = await run()
    expect(whole.slice(0, 6).map(({ problem, seed }) => [problem, seed])).toEqual(Array(6).fill([0, 1]))
    const first = await run(randomModels(1), [], 7)
    const second = await run(
      randomModels(1),
      first.map(({ key }) => key),
      9,
    )
    const third = await run(
      randomModels(1),
      [...first, ...second].map(({ key }) => key),
    )
    // What was drawn for a part of the searches is drawn again for the others: all else is the same.
    const said = (results: readonly SweepResult[]) => results.map(({ executed: _, ...result }) => result)
    expect(said([...first, ...second, ...third])).toEqual(said(whole))
  })

  it('keeps the error of a search as its result, and ends where the device is lost', async () => {
    const models = randomModels(1)
    const failing = (code: 'bad-problem' | 'device-lost') => ({
      policy: Object.assign(Object.create(models.policy), {
        open: (prompt: never) =>
          JSON.stringify(prompt).includes(task.format(problems[1]))
            ? Promise.reject(new StepscopeError({ code, message: 'It is too long', place: { field: 'problem' } }))
            : models.policy.open(prompt),
      }) as typeof models.policy,
      reward: models.reward,
    })
    const results = await run(failing('bad-problem'))
    const failed = results.filter(({ error }) => error !== undefined)
    expect(failed.map(({ problem }) => problem)).toEqual(Array(12).fill(1))
    expect(failed[0]).toMatchObject({
      correct: null,
      policyTokens: 0,
      error: { message: 'It is too long', place: { field: 'problem' } },
    })
    await expect(run(failing('device-lost'))).rejects.toThrow('It is too long')
  })
})
