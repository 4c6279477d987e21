import { BOUNDS } from '../../core/bounds.ts'
import { DEFAULT_TASK } from '../../core/default-task.ts'
import { itemSeed } from '../../core/item-seed.ts'
import { orderedWork } from '../../core/ordered-work.ts'
import { pushAll } from '../../core/push-all.ts'
import { wilsonInterval } from '../../core/statistics.ts'
import { checkSetup } from '../../search/check-setup.ts'
import type { RunSetup } from '../../search/events.ts'
import type { ModelInfo, RewardModelInfo } from '../../search/models.ts'
import { runSearch } from '../../search/run-search.ts'
import { judgingRemark, usesRewardModel } from '../../search/settings.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { checkerFor, promptOf, taskById } from '../../tasks/registry.ts'
import { readAsking } from '../asking-options.ts'
import type { Command } from '../command.ts'
import { drawTable } from '../draw-table.ts'
import type { CommandEngine } from '../engine.ts'
import { loadCommandEngine, MODEL_OPTIONS, modelFolders } from '../engine.ts'
import type { EvalResult } from '../eval-file.ts'
import { checkResultFile, openResultKeeper } from '../eval-file.ts'
import { readNumber, UsageError, wholeWithin } from '../options.ts'
import { ProgressLine } from '../output.ts'
import { chooseProblems, PROBLEM_OPTIONS } from '../problem-options.ts'
import type { StrategyChoice } from '../strategy-options.ts'
import {
  completeConfig,
  readConfigOptions,
  readSeed,
  readStrategy,
  STRATEGY_NOTES,
  STRATEGY_OPTIONS,
} from '../strategy-options.ts'

/** One strategy over all problems. Tokens are those executed, in all; FLOPs are of both models, in all. */
interface EvalRow {
  readonly strategy: string
  readonly problems: number
  readonly correct: number
  readonly accuracy: number
  /** Wilson interval at 95 %. */
  readonly interval: readonly [low: number, high: number]
  readonly policyTokens: number
  readonly rewardTokens: number
  readonly flops: number
}

/** 16 searches of 16 branches each fill the batches of a decoder; more only need more memory. */
const DEFAULT_CONCURRENCY = 16

export const evaluate: Command = {
  name: 'eval',
  usage: '(--problems FILE.jsonl | --generate COUNT --difficulty ID) [--strategies LIST] [options]',
  summary: 'Runs strategies over a set of problems and compares them: accuracy, tokens, FLOPs.',
  options: {
    ...PROBLEM_OPTIONS,
    strategies: {
      type: 'string',
      value: 'LIST',
      description: 'Strategies, separated by commas; default greedy-decoding,best-of-n-prm,greedy-tree,beam,lookahead.',
    },
    ...STRATEGY_OPTIONS,
    out: {
      type: 'string',
      value: 'FILE.json',
      description: 'Written with {"results": […], "table": […], "models": {…}}, results by strategy, then problem.',
    },
    resume: {
      type: 'boolean',
      description: 'Goes on where an interrupted command stopped: its results lie in FILE.json.unfinished.jsonl.',
    },
    concurrency: {
      ...wholeWithin(BOUNDS.concurrency),
      value: 'NUMBER',
      description: `Problems searched at the same time; changes the time and nothing else. Default ${DEFAULT_CONCURRENCY}.`,
    },
    ...MODEL_OPTIONS,
  },
  notes: [
    STRATEGY_NOTES,
    'Problem i of the set (from 0) is searched with the seed (SEED + i · 2654435769) mod 2³², which its result names: the first with SEED itself. `stepscope search` with that seed repeats it.',
  ],
  run: async (options, output, signal) => {
    const task = taskById(options.text('task') ?? DEFAULT_TASK)
    const common = readConfigOptions(options)
    const listed = options.text('strategies') ?? 'greedy-decoding,best-of-n-prm,greedy-tree,beam,lookahead'
    const names = listed.split(',').map((name) => name.trim())
    if (names.some((name) => name === '')) throw new UsageError('--strategies has an empty name')
    const choices = names.map((name) => readStrategy('strategies', name, common))
    const seed = readSeed(options)
    for (const { strategy, config } of choices) {
      checkSetup({ strategy, config: completeConfig(config, undefined), seed })
    }
    const concurrency = readNumber(options, 'concurrency') ?? DEFAULT_CONCURRENCY
    const problems = await chooseProblems(task, options, seed, signal)
    const out = options.text('out')
    const input = options.text('problems')
    const resume = options.flag('resume')
    if (resume && out === undefined) throw new UsageError('--resume needs --out')
    if (out !== undefined) {
      await checkResultFile(out, resume, [...(input === undefined ? [] : [input]), ...modelFolders(options)])
    }

    const needsReward = choices.some(({ strategy }) => usesRewardModel(strategy))
    const engine = await loadCommandEngine(options, output, { needsReward, signal })
    for (const { name, strategy } of choices) {
      const remark = judgingRemark(strategy, engine.reward?.info.kind)
      if (remark !== null) output.err(`stepscope: ${name}: ${remark}\n`)
    }
    const progress = new ProgressLine(output)
    const results: EvalResult[] = []
    const rows: (EvalRow & { readonly seconds: number })[] = []
    try {
      const models = { policy: engine.policy.info, reward: engine.reward?.info ?? null }
      const keeper = await openResultKeeper(out, {
        resume,
        source: { ...sourceOf(task, choices, seed, models), ...readAsking(options) },
        expected: choices.flatMap(({ name }) =>
          problems.map((problem, index) => ({
            strategy: name,
            problem: task.fields(problem),
            seed: itemSeed(seed, index),
          })),
        ),
      })
      const tellKept = (): void => {
        const kept = keeper.describe()
        if (kept !== null) output.kept?.(kept)
      }
      try {
        tellKept()
        for (const [at, choice] of choices.entries()) {
          const started = performance.now()
          const own = keeper.kept.slice(at * problems.length, (at + 1) * problems.length)
          const first = own.length
          let done = first
          const search = async (problem: unknown, index: number, ended: AbortSignal): Promise<EvalResult> => {
            const result = await searchProblem(engine, task, problem, choice, itemSeed(seed, first + index), ended)
            progress.show(`${choice.name}: ${++done} of ${problems.length}`)
            return result
          }
          for await (const result of orderedWork(problems.slice(first), concurrency, search, signal)) {
            await keeper.add(result)
            tellKept()
            own.push(result)
          }
          pushAll(results, own)
          rows.push({ ...rowOf(choice.name, own), seconds: (performance.now() - started) / 1000 })
        }
        // Times are shown and not stored: the file is the same for the same models, problems and seed.
        const table: EvalRow[] = rows.map(({ seconds: _, ...row }) => row)
        await keeper.finish(`${JSON.stringify({ results, table, models }, null, 1)}\n`)
      } finally {
        await keeper.close()
      }
    } finally {
      progress.clear()
      engine.dispose()
    }
    output.out(describeTable(rows))
  },
}

/** What determines the results besides the problems. */
function sourceOf(
  task: AnyTask,
  choices: readonly StrategyChoice[],
  seed: number,
  { policy, reward }: { readonly policy: ModelInfo; readonly reward: RewardModelInfo | null },
): object {
  const about = ({ id, hash, weights, adapter }: ModelInfo) => ({ id, hash, weights, adapter })
  const strategies = choices.map(({ name, strategy, config }) => ({
    name,
    strategy,
    ...completeConfig(config, reward?.aggregation),
  }))
  return { task: task.id, strategies, seed, policy: about(policy), reward: reward === null ? null : about(reward) }
}

async function searchProblem(
  { policy, reward }: CommandEngine,
  task: AnyTask,
  problem: unknown,
  { name, strategy, config }: StrategyChoice,
  seed: number,
  signal: AbortSignal,
): Promise<EvalResult> {
  const setup: RunSetup = {
    task: task.id,
    problem: task.format(problem),
    fields: task.fields(problem),
    strategy,
    config: completeConfig(config, reward?.info.aggregation),
    seed,
    prefix: [],
  }
  const context = { prompt: promptOf(task, problem), checker: checkerFor(task, problem), policy, reward }
  for await (const event of runSearch(setup, context, signal)) {
    if (event.type !== 'finished') continue
    const { response, correct, ledger } = event
    return { strategy: name, problem: task.fields(problem), seed, response, correct, ledger }
  }
  throw new RangeError('a search ended without a result')
}

function rowOf(strategy: string, results: readonly EvalResult[]): EvalRow {
  const sum = (value: (result: EvalResult) => number): number =>
    results.reduce((total, result) => total + value(result), 0)
  const correct = sum((result) => (result.correct ? 1 : 0))
  return {
    strategy,
    problems: results.length,
    correct,
    accuracy: results.length === 0 ? 0 : correct / results.length,
    interval: wilsonInterval(correct, results.length),
    policyTokens: sum(({ ledger }) => ledger.policy.executed),
    rewardTokens: sum(({ ledger }) => ledger.reward.executed),
    flops: sum(({ ledger }) => ledger.policy.flops + ledger.reward.flops),
  }
}

function describeTable(rows: readonly (EvalRow & { readonly seconds: number })[]): string {
  return drawTable(
    ['strategy', 'correct', 'accuracy', '95% interval', 'policy tokens', 'reward tokens', 'FLOPs', 'seconds'],
    rows.map(({ strategy, problems, correct, accuracy, interval, policyTokens, rewardTokens, flops, seconds }) => [
      strategy,
      `${correct}/${problems}`,
      accuracy.toFixed(3),
      `${interval[0].toFixed(3)}–${interval[1].toFixed(3)}`,
      String(policyTokens),
      String(rewardTokens),
      flops.toExponential(2),
      seconds.toFixed(1),
    ]),
  )
}
