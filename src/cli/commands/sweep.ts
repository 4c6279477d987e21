import { dirname, isAbsolute, join } from 'node:path'
import { BOUNDS } from '../../core/bounds.ts'
import { StepscopeError } from '../../core/errors.ts'
import { nextTask } from '../../engine/scheduler/next-task.ts'
import { writeRows } from '../../formats/json-lines.ts'
import { readSweepFile } from '../../formats/sweep.ts'
import { judgesResponses, usesRewardModel } from '../../search/settings.ts'
import type { SweepConfig } from '../../sweep/config.ts'
import { searchesOf } from '../../sweep/plan.ts'
import { predictionRows } from '../../sweep/prediction-rows.ts'
import { hashProblems } from '../../sweep/problem-set.ts'
import type { SweepResult } from '../../sweep/result.ts'
import { ledgerOf, resultKey } from '../../sweep/result.ts'
import { runPair } from '../../sweep/run-sweep.ts'
import type { SweepPoint } from '../../sweep/table.ts'
import { tableOf } from '../../sweep/table.ts'
import { makeProblems } from '../../tasks/generate-problems.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { generatorOf, taskById } from '../../tasks/registry.ts'
import type { Command } from '../command.ts'
import { drawTable } from '../draw-table.ts'
import { BACKEND_OPTION, BUNDLED_FOLDERS, loadNamedModels, WEIGHTS_OPTION } from '../engine.ts'
import { readTextFile } from '../files.ts'
import type { ParsedOptions } from '../options.ts'
import { notOneOf, readNumber, wholeWithin } from '../options.ts'
import type { Output } from '../output.ts'
import { ProgressLine } from '../output.ts'
import { readProblems } from '../problem-options.ts'
import { describeTime } from '../set-progress.ts'
import { SweepDirectory, sweepModel } from '../sweep-directory.ts'

/** Searches at a time: enough to fill the batches of a decoder; more only need memory. */
const DEFAULT_CONCURRENCY = 16

export const sweep: Command = {
  name: 'sweep',
  usage: '--config FILE.json --out DIR [--resume] [options]',
  summary: 'Runs many strategies under many budgets on the same problems: accuracy against compute.',
  options: {
    config: {
      type: 'string',
      required: true,
      value: 'FILE.json',
      description: 'What to run: problems, strategies, budgets, models, seeds. The scaling lab exports such files.',
    },
    out: {
      type: 'string',
      required: true,
      value: 'DIR',
      description:
        'Folder of config.json, problems.jsonl, results.jsonl (a line a search, as they come), table.json and ledger.json.',
    },
    resume: { type: 'boolean', description: 'Goes on where an interrupted sweep stopped.' },
    probe: {
      ...wholeWithin(BOUNDS.problems),
      value: 'COUNT',
      description:
        'Searches only the first so many problems, and says what the whole would take; go on with --resume, without it.',
    },
    part: {
      type: 'string',
      value: 'K/N',
      description:
        'Searches only every N-th problem from the K-th on, for one of N machines or processes. Their results.jsonl, one after the other in one of the folders, are gone on with by --resume.',
      check: (name, text) => void readPart(name, text),
    },
    'search-and-learn': {
      type: 'boolean',
      description:
        'Also writes search-and-learn.jsonl at the end: pred_naive@n, pred_weighted@n and pred_maj@n by problem.',
    },
    concurrency: {
      ...wholeWithin(BOUNDS.concurrency),
      value: 'NUMBER',
      description: `Searches at the same time; changes the time and nothing else. Default ${DEFAULT_CONCURRENCY}.`,
    },
    'cache-mb': {
      ...wholeWithin(BOUNDS.cacheMebibytes),
      value: 'MIB',
      description: 'Keys and values of each model, in MiB (default: 128 on WebGPU, else 256).',
    },
    ...WEIGHTS_OPTION,
    ...BACKEND_OPTION,
  },
  notes: [
    'Folders of models and files of problems are relative to the config; a bundled model goes by its id.',
    'Problem i (from 0) is searched with the seed (SEED + i · 2654435769) mod 2³²; `stepscope search` with it repeats a search.',
  ],
  run: async (options, output, signal) => {
    const file = options.required('config')
    const directory = options.required('out')
    const config = readSweepFile(await readTextFile(file), file)
    const task = taskById(config.task)
    await SweepDirectory.check(directory, options.flag('resume'))
    const problems = await problemsOf(config, task, file, signal)
    const fields = problems.map((problem) => task.fields(problem))
    const kept = await SweepDirectory.open(directory, config, fields)
    const chosen = chosenProblems(problems.length, options)
    try {
      const concurrency = readNumber(options, 'concurrency') ?? DEFAULT_CONCURRENCY
      const progress = new SweepProgress(config, { problems: problems.length, chosen }, kept, output)
      progress.begin()
      for (const [pair, names] of config.models.entries()) {
        if (progress.isDone(pair)) continue
        const asking = searchesOf(config).filter(({ strategy }) => usesRewardModel(strategy))
        const whole = asking.filter(({ strategy }) => judgesResponses(strategy))
        const { policy, reward, outcome } = names
        const engine = await loadNamedModels(
          {
            policy: placeOf(policy, file),
            reward: reward === null ? null : placeOf(reward, file),
            ...(outcome === undefined ? {} : { outcome: placeOf(outcome, file) }),
          },
          options,
          output,
          {
            task: task.id,
            reward: outcome === undefined ? asking.length > 0 : asking.length > whole.length,
            outcome: whole.length > 0,
            signal,
          },
        )
        try {
          await kept.noteModels(pair, {
            policy: sweepModel(engine.policy.info),
            ...(engine.reward ? { reward: sweepModel(engine.reward.info) } : {}),
            ...(engine.outcome ? { outcome: sweepModel(engine.outcome.info) } : {}),
          })
          const models = {
            policy: engine.policy,
            reward: engine.reward,
            ...(engine.outcome ? { outcome: engine.outcome } : {}),
          }
          const known = new Set(kept.results.map(({ key }) => key))
          const run = { known, chosen, concurrency, now: () => performance.now(), signal }
          for await (const result of runPair(config, problems, pair, models, run)) {
            await kept.add(result)
            progress.add()
          }
        } finally {
          progress.clear()
          engine.dispose()
        }
      }
      await kept.summarize()
      if (options.flag('search-and-learn')) {
        const policies = config.models.map(({ policy }) => policy)
        await kept.write('search-and-learn.jsonl', writeRows(predictionRows(kept.results, fields, policies)))
      }
      output.out(describeSweep(config, kept.results))
      if (chosen.length < problems.length) output.out(progress.estimate())
    } finally {
      await kept.close()
    }
  },
}

/** Places of the problems that are searched: with `--part` every N-th, with `--probe` the first so many of them. */
function chosenProblems(count: number, options: ParsedOptions): number[] {
  const given = options.text('part')
  const { part, of } = given === undefined ? { part: 1, of: 1 } : readPart('part', given)
  const places = Array.from({ length: count }, (_, place) => place).filter((place) => place % of === part - 1)
  return places.slice(0, readNumber(options, 'probe') ?? count)
}

/** `3/8`: the third of eight. */
function readPart(name: string, text: string): { readonly part: number; readonly of: number } {
  const [, part = 0, of = 0] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? []
  if (part >= 1 && part <= of) return { part, of }
  throw notOneOf(name, 'K/N, with K from 1 to N', text)
}

/** A bundled model's id stays; a folder is relative to the config. */
function placeOf(name: string, config: string): string {
  return BUNDLED_FOLDERS.has(name) || isAbsolute(name) ? name : join(dirname(config), name)
}

/** @throws StepscopeError where a file's problems are not those that the config was made with */
async function problemsOf(
  { problems: choice }: SweepConfig,
  task: AnyTask,
  config: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  if (choice.source === 'generated') {
    generatorOf(task)
    return makeProblems(task, choice, nextTask, signal)
  }
  const file = isAbsolute(choice.file) ? choice.file : join(dirname(config), choice.file)
  const problems = await readProblems(task, file)
  const hash = await hashProblems(problems.map((problem) => task.fields(problem)))
  if (choice.hash === null || choice.hash === hash) return problems
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'The file holds other problems than the config was made with',
    expected: choice.hash,
    found: hash,
    place: { file, field: 'problems.hash' },
    nextStep: 'Give the file that it was made with, or take the hash out of the config.',
  })
}

/** How far a sweep is, and what is left of it, judged by what is done. */
class SweepProgress {
  private readonly output: Output
  private readonly line: ProgressLine
  private readonly kept: SweepDirectory
  private readonly total: number
  private readonly whole: number
  private readonly expected: readonly ReadonlySet<string>[]
  private readonly began = performance.now()
  private readonly before: number
  private done: number
  private readonly described: string

  constructor(
    config: SweepConfig,
    { problems, chosen }: { readonly problems: number; readonly chosen: readonly number[] },
    kept: SweepDirectory,
    output: Output,
  ) {
    const searches = searchesOf(config)
    const known = new Set(kept.results.map(({ key }) => key))
    const keys = (pair: number): string[] =>
      config.seeds.flatMap((seed) =>
        chosen.flatMap((problem) => searches.map(({ name }) => resultKey(name, pair, seed, problem))),
      )
    this.expected = config.models.map((_, pair) => new Set(keys(pair).filter((key) => !known.has(key))))
    const missing = this.expected.reduce((sum, { size }) => sum + size, 0)
    this.total = searches.length * config.models.length * config.seeds.length * chosen.length
    this.whole = searches.length * config.models.length * config.seeds.length * problems
    this.before = this.total - missing
    this.done = this.before
    this.kept = kept
    this.output = output
    this.line = new ProgressLine(output)
    this.described = `${searches.length} searches on ${problems} problems, ${config.models.length} pair${config.models.length === 1 ? '' : 's'} of models, ${config.seeds.length} seed${config.seeds.length === 1 ? '' : 's'}`
  }

  begin(): void {
    const there = this.before === 0 ? '' : `; ${words(this.before)} are there`
    this.output.err(`stepscope: ${this.described}: ${words(this.whole)} results${there}.\n`)
    this.tellKept()
  }

  /** Whether nothing of a pair is missing. */
  isDone(pair: number): boolean {
    return this.expected[pair]?.size === 0
  }

  add(): void {
    this.done += 1
    this.line.show(
      `${words(this.done)} of ${words(this.total)} results, ${describeTime(this.secondsFor(this.total - this.done))} left`,
    )
    this.tellKept()
  }

  clear(): void {
    this.line.clear()
  }

  /** What the whole would take, by the problems that were searched. */
  estimate(): string {
    const { alone, executed, searches } = ledgerOf(this.kept.results)
    const scale = this.whole / Math.max(1, searches)
    const flops = (value: number): string => (value * scale).toExponential(1)
    const tokens = words(Math.round((executed.policyTokens + executed.rewardTokens) * scale))
    const ran = this.done - this.before
    const time =
      ran === 0 ? '' : `; ${describeTime(this.secondsFor(this.whole - this.done))} for what is left, as fast as now`
    return `Estimated from ${words(searches)} of ${words(this.whole)} results: ${tokens} tokens and ${flops(executed.flops)} FLOPs to execute (${flops(alone.flops)} were every search run alone)${time}.\n`
  }

  private secondsFor(results: number): number {
    const seconds = (performance.now() - this.began) / 1000
    return (seconds * results) / Math.max(1, this.done - this.before)
  }

  private tellKept(): void {
    if (this.done === 0) return
    this.output.kept?.(
      `${this.kept.place} holds ${words(this.done)} of ${words(this.total)} results: go on by the same command with --resume.`,
    )
  }
}

function words(count: number): string {
  return count.toLocaleString('en-US')
}

function describeSweep(config: SweepConfig, results: readonly SweepResult[]): string {
  const { alone, executed, searches } = ledgerOf(results)
  const several = config.models.length > 1
  const names = config.models.map(({ policy }) => policy)
  const row = (point: SweepPoint): string[] => {
    const { accuracy, cost } = point
    return [
      several ? `${point.search} (${names[point.pair]})` : point.search,
      String(point.problems),
      accuracy?.rate.toFixed(3) ?? '',
      accuracy === null ? '' : accuracy.interval.map((end) => end.toFixed(3)).join('–'),
      cost === null ? '' : cost.tokens.toFixed(0),
      cost === null ? '' : cost.flops.toExponential(2),
      String(point.errors),
    ]
  }
  const table = drawTable(
    ['search', 'problems', 'accuracy', '95% interval', 'tokens', 'FLOPs', 'errors'],
    tableOf(results).points.map(row),
  )
  const share = ((100 * executed.flops) / Math.max(1, alone.flops)).toFixed(0)
  return `${table}${words(searches)} searches; ${executed.flops.toExponential(2)} FLOPs were executed, ${share}% of the ${alone.flops.toExponential(2)} that they cost one by one.\n`
}
