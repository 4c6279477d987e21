import { BOUNDS } from '../../core/bounds.ts'
import { DEFAULT_TASK } from '../../core/default-task.ts'
import { StepscopeError } from '../../core/errors.ts'
import { pushAll } from '../../core/push-all.ts'
import { groupedRate, mean, passAtK } from '../../core/statistics.ts'
import type { RolloutRow, RolloutSource } from '../../formats/rollout-file.ts'
import { ROLLOUT_FORMAT, shortFloat } from '../../formats/rollout-file.ts'
import type { SampledResponse } from '../../rewards/sample-responses.ts'
import { sampleResponses } from '../../rewards/sample-responses.ts'
import { addUsage, NO_USAGE } from '../../rewards/usage.ts'
import type { Usage } from '../../search/models.ts'
import type { AnyTask } from '../../tasks/registry.ts'
import { checkerFor, promptOf, taskById } from '../../tasks/registry.ts'
import type { AppendFormat } from '../append-file.ts'
import { describeKept, openAppendFile } from '../append-file.ts'
import { readAsking } from '../asking-options.ts'
import type { Command } from '../command.ts'
import { loadCommandEngine, MODEL_OPTIONS, modelFolders } from '../engine.ts'
import { checkOutputFile } from '../files.ts'
import { readNumber, wholeWithin } from '../options.ts'
import { ProgressLine } from '../output.ts'
import { chooseProblems, PROBLEM_OPTIONS } from '../problem-options.ts'
import { readSampling, SAMPLING_OPTIONS } from '../sampling-options.ts'
import { showSetProgress } from '../set-progress.ts'
import { readSeed, seedOption } from '../strategy-options.ts'

const {
  prm: _,
  'prm-reference': __,
  'prm-beta': ___,
  reading: ____,
  separator: _____,
  ...POLICY_OPTIONS
} = MODEL_OPTIONS

const FORMAT: AppendFormat<RolloutRow> = {
  ...ROLLOUT_FORMAT,
  place: ({ index, sample, source }) => ({ group: index, row: sample, rows: source.n }),
  source: ({ source }) => source,
  gaps: false,
}

export const rollout: Command = {
  name: 'rollout',
  usage: '(--problems FILE.jsonl | --generate COUNT --difficulty ID) --n 8 --out FILE.jsonl [options]',
  summary: 'Samples responses to many problems from a policy, each judged by the task.',
  options: {
    ...PROBLEM_OPTIONS,
    n: { ...wholeWithin(BOUNDS.samples), value: 'COUNT', description: 'Responses per problem, 1 to 1024; default 8.' },
    ...SAMPLING_OPTIONS,
    'to-eos': {
      type: 'boolean',
      description: 'Draw on after the answer to the end of the sequence, for reinforcement learning.',
    },
    seed: seedOption('Seed of the sampling and of the generator; the same seed gives the same file. Default 0.'),
    out: {
      type: 'string',
      value: 'FILE.jsonl',
      required: true,
      description: 'Gets a response a line, problem by problem, as they come.',
    },
    resume: { type: 'boolean', description: 'Continue the file where it stops.' },
    concurrency: {
      ...wholeWithin(BOUNDS.concurrency),
      value: 'COUNT',
      description: 'Problems sampled at the same time; default as many as fill a batch. Changes no result.',
    },
    ...POLICY_OPTIONS,
  },
  run: async (options, output, signal) => {
    const task = taskById(options.text('task') ?? DEFAULT_TASK)
    const n = readNumber(options, 'n') ?? 8
    const seed = readSeed(options)
    const sampling = { ...readSampling(options), stopAtAnswer: !options.flag('to-eos') }
    const concurrency = readNumber(options, 'concurrency')
    const problems = await chooseProblems(task, options, seed, signal)
    const file = options.required('out')
    const input = options.text('problems')
    await checkOutputFile(file, [...(input === undefined ? [] : [input]), ...modelFolders(options)])

    const engine = await loadCommandEngine(options, output, { needsReward: false, signal })
    const { info } = engine.policy
    const { temperature, topP, topK, maxSteps, maxStepTokens, stopAtAnswer } = sampling
    const settings = { seed, n, temperature, topP, topK, maxSteps, maxStepTokens, stopAtAnswer }
    const source: RolloutSource = { policy: info.id, hash: info.hash, ...settings, ...readAsking(options) }
    const progress = new ProgressLine(output)
    try {
      const out = await openAppendFile(file, FORMAT, {
        resume: options.flag('resume'),
        source,
        groups: problems.length,
      })
      try {
        checkSameProblems(task, problems, out.kept, file)
        const tellKept = (count: number): void =>
          output.kept?.(describeKept(file, 'responses to', count, problems.length))
        if (out.next > 0) tellKept(out.next)
        const groups = groupsOf(out.kept)
        let cost = NO_USAGE
        let responses = 0
        let tokens = 0
        const started = performance.now()
        const set = problems.map((problem) => ({ prompt: promptOf(task, problem), ...checkerFor(task, problem) }))
        for await (const result of sampleResponses(engine.policy, set, {
          n,
          seed,
          sampling,
          signal,
          ...(concurrency === undefined ? {} : { concurrency }),
          from: out.next,
          onProgress: showSetProgress(progress, 'Rollouts', out.next),
        })) {
          const rows = result.responses.map((response) => rowOf(task, problems[result.problem], response, source))
          await out.append(rows)
          tellKept(result.problem + 1)
          pushAll(groups, groupsOf(rows))
          cost = addUsage(cost, result.usage)
          responses += rows.length
          tokens += rows.reduce((sum, { steps }) => sum + countTokens(steps), 0)
        }
        progress.clear()
        const seconds = (performance.now() - started) / 1000
        output.out(describeRates(groups))
        output.out(describeWork({ responses, tokens, cost, seconds }))
        output.out(`policy     ${info.id} on ${info.backend} (${info.adapter})\n`)
      } finally {
        await out.close()
      }
    } finally {
      progress.clear()
      engine.dispose()
    }
  },
}

function rowOf(
  task: AnyTask,
  problem: unknown,
  { problem: index, sample, sent, steps, end, verdict }: SampledResponse,
  source: RolloutSource,
): RolloutRow {
  const { answer, correct, explanation } = verdict
  return {
    task: task.id,
    problem: task.format(problem),
    fields: task.fields(problem),
    index,
    sample,
    prompt: sent,
    steps: steps.map(({ text, tokenIds, logprobs, finish }) => {
      return { text, tokenIds, logprobs: logprobs.map(shortFloat), finish }
    }),
    end,
    verdict: { answer, correct, explanation },
    source,
  }
}

/** A file is only continued with the problems that it was begun with. */
function checkSameProblems(
  task: AnyTask,
  problems: readonly unknown[],
  kept: readonly RolloutRow[],
  file: string,
): void {
  for (const [at, { index, problem }] of kept.entries()) {
    const expected = index < problems.length ? task.format(problems[index]) : problem
    if (problem === expected) continue
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'The file was begun with other problems',
      expected,
      found: problem,
      place: { file, line: at + 1, field: 'problem' },
      nextStep: 'Give the problems that it was made with, or another file.',
    })
  }
}

interface ProblemRate {
  readonly index: number
  readonly successes: number
  readonly trials: number
}

function groupsOf(rows: readonly RolloutRow[]): ProblemRate[] {
  const groups = new Map<number, ProblemRate>()
  for (const { index, verdict } of rows) {
    const { successes, trials } = groups.get(index) ?? { successes: 0, trials: 0 }
    groups.set(index, { index, successes: successes + (verdict.correct ? 1 : 0), trials: trials + 1 })
  }
  return [...groups.values()]
}

function countTokens(steps: RolloutRow['steps']): number {
  return steps.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0)
}

function describeRates(groups: readonly ProblemRate[]): string {
  const [right, all] = [groups.map(({ successes }) => successes), groups.map(({ trials }) => trials)].map((values) =>
    values.reduce((sum, value) => sum + value, 0),
  )
  const { rate, interval } = groupedRate(groups)
  const lines = [
    `responses  ${all} to ${groups.length} problems, ${right} right`,
    `pass@1     ${rate.toFixed(3)} (95% interval ${interval[0].toFixed(3)}–${interval[1].toFixed(3)})`,
  ]
  const most = groups.reduce((least, { trials }) => Math.min(least, trials), Number.POSITIVE_INFINITY)
  if (groups.length > 0 && most > 1) {
    lines.push(`${`pass@${most}`.padEnd(10)} ${mean(groups.map((group) => passAtK(group, most))).toFixed(3)}`)
  }
  return `${lines.join('\n')}\n`
}

function describeWork({
  responses,
  tokens,
  cost,
  seconds,
}: {
  readonly responses: number
  readonly tokens: number
  readonly cost: Usage
  readonly seconds: number
}): string {
  const saved = cost.asked === 0 ? 0 : Math.round((100 * (cost.asked - cost.executed)) / cost.asked)
  const rate = (value: number): string => (value / Math.max(seconds, 1e-3)).toFixed(1)
  return [
    `tokens     ${tokens} drawn; ${cost.executed} executed of ${cost.asked} asked, ${saved}% saved by sharing`,
    `time       ${seconds.toFixed(1)} s: ${rate(tokens)} drawn tokens/s, ${rate(responses)} responses/s`,
    '',
  ].join('\n')
}
