import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import { runSearch } from '../search/run-search.ts'
import { STRATEGY_IDS } from '../search/settings.ts'
import { randomModels } from '../search/testing/random-models.ts'
import { ScriptedRewardModel } from '../search/testing/scripted-models.ts'
import { generateProblems } from '../tasks/generate-problems.ts'
import { checkerFor, promptOf, taskById } from '../tasks/registry.ts'
import type { SweepConfig } from './config.ts'
import { searchesOf } from './plan.ts'
import type { SweepResult } from './result.ts'
import { ledgerOf } from './result.ts'
import type { PairModels } from './run-sweep.ts'
import { runPair, setupOf } from './run-sweep.ts'
import { sharedDraws } from './sharing.ts'

const task = taskById('countdown')
const problems = generateProblems(task, { difficulty: '3-numbers', count: 2, seed: 1, split: 'held-out' })

const everything: SweepConfig = {
  version: 1,
  task: 'countdown',
  problems: { source: 'generated', difficulty: '3-numbers', count: 2, seed: 1, split: 'held-out' },
  lines: [
    { strategy: 'sampling', config: { voteStop: 'ahead', voteLead: 2 } },
    { strategy: 'weighted-vote-prm', config: { voteStop: 'decided' } },
    { strategy: 'sampling', config: { voteStop: 'decided', voteBatch: 2 } },
    { strategy: 'sampling', config: { temperature: 0.5 } },
    ...STRATEGY_IDS.map((strategy) => ({ strategy, config: { m: 2 } })),
  ],
  budgets: [1, 4, 16],
  vary: { answerBy: ['score', 'weighted-vote', 'majority'], aggregation: ['last', 'min'] },
  models: [{ policy: 'a', reward: 'b', outcome: 'c' }],
  seeds: [5],
}

/** Scripted models know one prompt at a time, so one search runs at a time. */
async function run(
  config: SweepConfig,
  modelsOf: () => PairModels,
  known: ReadonlySet<string> = new Set(),
): Promise<SweepResult[]> {
  const results: SweepResult[] = []
  const options = { known, concurrency: 1, now: () => 0 }
  for await (const result of runPair(config, problems, 0, modelsOf(), options)) results.push(result)
  return results
}

function models(): PairModels & { readonly policy: { readonly live: number } } {
  const { policy, reward } = randomModels(3)
  return { policy, reward, outcome: new ScriptedRewardModel((text) => (text.length % 7) / 7, { kind: 'outcome' }) }
}

const nameless = ({ strategy, config }: SweepConfig['lines'][number], n: number) => ({
  name: JSON.stringify([strategy, config]),
  strategy,
  config: { ...config, n },
  budget: n,
})

describe('searches that share their samples', () => {
  it('are what each of them is alone, answers, tokens and FLOPs, for every strategy', async () => {
    const own = models()
    const results = await run(everything, () => own)
    expect(own.policy.live).toBe(0)
    expect(results).toHaveLength(searchesOf(everything).length * problems.length)
    const [alone, searches] = [models(), new Map(searchesOf(everything).map((search) => [search.name, search]))]
    for (const result of results) {
      const search = searches.get(result.search)
      if (!search) throw new Error('no such search')
      const problem = problems[result.problem]
      const setup = setupOf(task, problem, result.problem, search, result.seed, alone)
      const reward = search.strategy.endsWith('orm') ? (alone.outcome ?? null) : alone.reward
      const context = { prompt: promptOf(task, problem), checker: checkerFor(task, problem) }
      for await (const event of runSearch(setup, { ...context, policy: alone.policy, reward })) {
        if (event.type !== 'finished') continue
        const { policy, reward: scored } = event.ledger
        expect([result.search, result.answer, result.correct]).toEqual([result.search, event.answer, event.correct])
        expect([result.policyTokens, result.rewardTokens, result.flops]).toEqual([
          policy.executed,
          scored.executed,
          { policy: policy.flops, reward: scored.flops },
        ])
        expect(result.finished).toBe(event.candidates.reduce((sum, { count }) => sum + count, 0))
      }
    }
  })

  it('draw and judge once: of five ways to choose, one draws, two judge', async () => {
    const config: SweepConfig = {
      ...everything,
      lines: (['sampling', 'weighted-vote-prm', 'best-of-n-prm', 'weighted-vote-orm', 'best-of-n-orm'] as const).map(
        (strategy) => ({ strategy, config: {} }),
      ),
      budgets: [8],
      vary: {},
    }
    const results = await run(config, models)
    const by = (strategy: string) => results.filter((result) => result.strategy === strategy)
    expect(new Set(results.map(({ shared }) => shared)).size).toBe(1)
    for (const strategy of ['best-of-n-prm', 'best-of-n-orm']) {
      for (const { executed } of by(strategy)) expect(executed).toEqual({ policyTokens: 0, rewardTokens: 0, flops: 0 })
    }
    for (const strategy of ['weighted-vote-prm', 'weighted-vote-orm']) {
      for (const { executed, rewardTokens, flops } of by(strategy)) {
        expect(executed).toEqual({ policyTokens: 0, rewardTokens, flops: flops.reward })
      }
    }
    for (const { executed } of by('sampling')) expect(executed).toBeUndefined()
    const { alone, executed, searches } = ledgerOf(results)
    expect(searches).toBe(10)
    expect(alone.policyTokens).toBe(5 * executed.policyTokens)
    expect(alone.rewardTokens).toBe(2 * executed.rewardTokens)
  })

  it('are of one n: the first 4 of 16 responses are others than 4 alone', async () => {
    // Noise is keyed by the number of the node that a step starts from, and that counts all siblings of the steps before.
    const third = async (n: number): Promise<string[]> => {
      const own = models()
      const texts: string[] = []
      const setup = setupOf(task, problems[0], 0, nameless({ strategy: 'sampling', config: {} }, n), 5, own)
      const context = { prompt: promptOf(task, problems[0]), checker: checkerFor(task, problems[0]) }
      for await (const event of runSearch(setup, { ...context, policy: own.policy, reward: null })) {
        if (event.type !== 'proposed' || event.round !== 3 || event.samples[0] !== 0) continue
        texts.push(`${event.parent} ${event.text}`)
      }
      return texts
    }
    const [few, many] = [await third(4), await third(16)]
    expect(few.length).toBeGreaterThan(0)
    expect(many.slice(0, few.length)).not.toEqual(few)
    const draws = sharedDraws(
      [4, 16].map((n) => nameless({ strategy: 'sampling', config: {} }, n)),
      () => 100,
    )
    expect(draws).toHaveLength(2)
  })

  it('are drawn again after a search that failed while it drew, and where only some are missing', async () => {
    const config: SweepConfig = {
      ...everything,
      lines: [
        { strategy: 'weighted-vote-prm', config: {} },
        { strategy: 'sampling', config: {} },
        { strategy: 'sampling', config: { voteStop: 'ahead', voteLead: 1 } },
        { strategy: 'sampling', config: { voteStop: 'decided' } },
      ],
      budgets: [8],
      vary: {},
    }
    const failing = (): PairModels => {
      const { policy, reward } = models()
      const score = () => Promise.reject(new StepscopeError({ code: 'bad-checkpoint', message: 'No number' }))
      return { policy, reward: Object.assign(Object.create(reward), { score }) as PairModels['reward'] }
    }
    const [whole, part] = [await run(config, models), await run(config, failing)]
    expect(part.filter(({ error }) => error !== undefined).map(({ search }) => search)).toEqual(
      problems.map(() => 'weighted-vote-prm:n=8'),
    )
    const votes = (results: readonly SweepResult[]) =>
      results
        .filter(({ strategy }) => strategy === 'sampling')
        .map(({ key, answer, policyTokens, shared }) => [key, answer, policyTokens, shared])
    expect(votes(part)).toEqual(votes(whole))

    const missing = whole.filter(({ config: { voteStop } }) => voteStop !== 'all')
    const known = new Set(whole.filter((result) => !missing.includes(result)).map(({ key }) => key))
    expect(votes(await run(config, models, known))).toEqual(votes(missing))
  })
})
