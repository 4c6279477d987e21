import { BOUNDS } from '../../core/bounds.ts'
import { StepscopeError } from '../../core/errors.ts'
import { pushAll } from '../../core/push-all.ts'
import { mean } from '../../core/statistics.ts'
import { addUsage, NO_USAGE } from '../../rewards/usage.ts'
import type { ModelInfo } from '../../search/models.ts'
import { describeKept, openAppendFile } from '../append-file.ts'
import { readAsking } from '../asking-options.ts'
import type { Command } from '../command.ts'
import { loadCommandEngine, MODEL_OPTIONS, modelFolders, openCommandRewardModel } from '../engine.ts'
import { checkOutputFile } from '../files.ts'
import type { LabelMethod } from '../label-methods.ts'
import { byChosenSteps, byMonteCarlo, byOmega, byOutcome, byPairs, byTask } from '../label-methods.ts'
import type { LabelRow, RolloutGroup, SourcedRow } from '../label-rows.ts'
import { LABEL_FILE, promptOf, ROLLOUT_INPUT, readRollouts, taskOf } from '../label-rows.ts'
import type { ParsedOptions } from '../options.ts'
import { numberBetween, oneOf, readChoice, readNumber, UsageError, wholeWithin } from '../options.ts'
import type { Output } from '../output.ts'
import { ProgressLine } from '../output.ts'
import { showSetProgress } from '../set-progress.ts'
import { readSeed, seedOption } from '../strategy-options.ts'

const METHODS = ['monte-carlo', 'omega', 'exact', 'pairs', 'outcome'] as const
const CHOICES = ['random', 'uncertainty'] as const
const JUDGES = ['verifier', 'prm'] as const

export const label: Command = {
  name: 'label',
  usage: '--input ROLLOUTS.jsonl --method monte-carlo|omega|exact|pairs|outcome --out FILE.jsonl [options]',
  summary: 'Labels sampled responses for training: their steps, pairs of them, or whole responses.',
  options: {
    ...ROLLOUT_INPUT,
    method: { ...oneOf(METHODS), value: 'NAME', required: true, description: 'See below.' },
    k: {
      ...wholeWithin(BOUNDS.samples),
      value: 'COUNT',
      description: 'monte-carlo, omega: completions per prefix; default 8.',
    },
    soft: { type: 'boolean', description: 'monte-carlo, omega: labels are fractions of right completions (default).' },
    hard: { type: 'boolean', description: 'monte-carlo, omega: labels are whether any completion is right.' },
    searches: {
      ...wholeWithin(BOUNDS.rowsOfProblem),
      value: 'COUNT',
      description: 'omega: rollouts per problem that are searched for their first wrong step; default 20.',
    },
    budget: {
      ...wholeWithin(BOUNDS.completions),
      value: 'COUNT',
      description: 'omega: no further search of a problem begins after so many completions; default none.',
    },
    tree: { type: 'boolean', description: 'omega: write a tree {"text", "mc_value", "children"} per problem.' },
    by: { ...oneOf(JUDGES), value: 'verifier|prm', description: 'pairs: who judges; default verifier.' },
    steps: {
      ...wholeWithin(BOUNDS.rowsOfProblem),
      value: 'COUNT',
      description: 'exact: label only so many steps, in whole responses up to their first wrong step.',
    },
    choose: {
      ...oneOf(CHOICES),
      value: 'random|uncertainty',
      description:
        'exact with --steps: responses by chance, or those first that have a step whose score by the reward model is nearest to ½; default random.',
    },
    'min-margin': {
      ...numberBetween(0, 1000),
      value: 'NUMBER',
      description: 'pairs: least difference of the path scores; default 0, and 0.2 by prm.',
    },
    'max-pairs': {
      ...wholeWithin(BOUNDS.rowsOfProblem),
      value: 'COUNT',
      description: 'pairs: per problem at most; default 4.',
    },
    seed: seedOption('The same seed gives the same file. Default 0.'),
    out: { type: 'string', value: 'FILE.jsonl', required: true, description: 'Gets the labels as they come.' },
    resume: { type: 'boolean', description: 'Continue the file where it stops.' },
    concurrency: {
      ...wholeWithin(BOUNDS.concurrency),
      value: 'COUNT',
      description: 'Problems worked on at the same time; default as many as fill a batch. Changes no result.',
    },
    ...MODEL_OPTIONS,
  },
  notes: [
    'Methods:',
    '  monte-carlo  k completions from every prefix: how many are right (Math-Shepherd).',
    '  omega        the first wrong step of many rollouts by binary search, as a tree (OmegaPRM).',
    '  exact        the task’s own label: can a right answer still be reached?',
    '  pairs        preference pairs, by the verdict or by a process reward model’s path score.',
    '  outcome      the verdict on each response.',
  ],
  run: async (options, output, signal) => {
    const plan = readPlan(options)
    const concurrency = readNumber(options, 'concurrency')
    const groups = await readRollouts(options)
    const file = options.required('out')
    await checkOutputFile(file, [options.required('input'), ...modelFolders(options)])
    const { method, model, dispose } = await openMethod(plan, options, output, { task: taskOf(groups), signal })
    const progress = new ProgressLine(output)
    try {
      const source = {
        ...plan.source,
        ...readAsking(options),
        ...(model === null ? {} : { model: model.id, hash: model.hash }),
      }
      const out = await openAppendFile(file, LABEL_FILE, {
        resume: options.flag('resume'),
        source,
        groups: groups.length,
      })
      try {
        checkSamePrompts(groups, out.kept, file)
        const tellKept = (count: number): void => output.kept?.(describeKept(file, 'labels of', count, groups.length))
        if (out.next > 0) tellKept(out.next)
        const all: LabelRow[] = [...out.kept]
        let added = 0
        let cost = NO_USAGE
        const started = performance.now()
        for await (const { problem, rows, usage } of method(groups, {
          signal,
          ...(concurrency === undefined ? {} : { concurrency }),
          from: out.next,
          onProgress: showSetProgress(progress, 'Labels', out.next),
        })) {
          const place = { problem, rows: rows.length }
          await out.append(rows.map((row, index) => ({ ...row, source: { ...source, ...place, row: index } })))
          tellKept(problem + 1)
          pushAll(all, rows)
          added += rows.length
          cost = addUsage(cost, usage)
        }
        progress.clear()
        const seconds = (performance.now() - started) / 1000
        output.out(describeRows(all, groups.length))
        const rate = (count: number): string => (count / Math.max(seconds, 1e-3)).toFixed(1)
        output.out(`tokens   ${cost.executed} executed of ${cost.asked} asked\n`)
        output.out(`time     ${seconds.toFixed(1)} s: ${rate(cost.executed)} tokens/s, ${rate(added)} rows/s\n`)
        if (model !== null) output.out(`model    ${model.id} on ${model.backend} (${model.adapter})\n`)
      } finally {
        await out.close()
      }
    } finally {
      progress.clear()
      dispose()
    }
  },
}

/** What was asked for, before any model is loaded. */
interface Plan {
  readonly needs: 'policy' | 'reward' | null
  /** What determines the rows besides the model and the input, as every line tells it. */
  readonly source: { readonly method: (typeof METHODS)[number] } & Readonly<Record<string, unknown>>
  make(models: {
    readonly policy: Parameters<typeof byMonteCarlo>[0] | null
    readonly reward: Parameters<typeof byPairs>[1]
  }): LabelMethod
}

function readPlan(options: ParsedOptions): Plan {
  const method = readChoice('method', options.required('method'), METHODS)
  const seed = readSeed(options)
  if (options.flag('soft') && options.flag('hard')) throw new UsageError('Give either --soft or --hard')
  const steps = readNumber(options, 'steps')
  if (options.text('choose') !== undefined && (method !== 'exact' || steps === undefined))
    throw new UsageError('--choose is for --method exact with --steps')
  switch (method) {
    case 'exact': {
      if (steps === undefined) return { needs: null, source: { method }, make: byTask }
      const choose = readChoice('choose', options.text('choose') ?? 'random', CHOICES)
      return {
        needs: choose === 'uncertainty' ? 'reward' : null,
        source: { method, steps, choose, seed },
        make: ({ reward }) => byChosenSteps({ steps, seed }, reward),
      }
    }
    case 'outcome':
      return { needs: null, source: { method }, make: byOutcome }
    case 'pairs': {
      const by = readChoice('by', options.text('by') ?? 'verifier', JUDGES)
      const minMargin = readNumber(options, 'min-margin') ?? (by === 'prm' ? 0.2 : 0)
      const maxPairs = readNumber(options, 'max-pairs') ?? 4
      const settings = { by: by === 'prm' ? 'score' : by, minMargin, maxPairs, seed } as const
      const needs = by === 'prm' || minMargin > 0 ? 'reward' : null
      return {
        needs,
        source: { method, by, minMargin, maxPairs, seed },
        make: ({ reward }) => byPairs(settings, reward),
      }
    }
    default: {
      const completions = { k: readNumber(options, 'k') ?? 8, seed, soft: !options.flag('hard') }
      if (method === 'monte-carlo') {
        return {
          needs: 'policy',
          source: { method, ...completions },
          make: ({ policy }) => byMonteCarlo(loaded(policy), completions),
        }
      }
      const [searches, budget] = [readNumber(options, 'searches') ?? 20, readNumber(options, 'budget')]
      const limits = { asTree: options.flag('tree'), searches, ...(budget === undefined ? {} : { budget }) }
      return {
        needs: 'policy',
        source: { method, ...completions, ...limits },
        make: ({ policy }) => byOmega(loaded(policy), completions, limits),
      }
    }
  }
}

/** Loads the model that the method asks for. */
async function openMethod(
  plan: Plan,
  options: ParsedOptions,
  output: Output,
  asked: { readonly task: string | undefined; readonly signal: AbortSignal },
): Promise<{ method: LabelMethod; model: ModelInfo | null; dispose(): void }> {
  if (plan.needs === null) {
    return { method: plan.make({ policy: null, reward: null }), model: null, dispose: () => {} }
  }
  if (plan.needs === 'policy') {
    const engine = await loadCommandEngine(options, output, { needsReward: false, ...asked })
    const method = plan.make({ policy: engine.policy, reward: null })
    return { method, model: engine.policy.info, dispose: () => engine.dispose() }
  }
  const { model, dispose } = await openCommandRewardModel(options, output, asked)
  return { method: plan.make({ policy: null, reward: model }), model: model.info, dispose }
}

function loaded<T>(model: T | null): T {
  if (model === null) throw new RangeError('the method’s model was not loaded')
  return model
}

/** A file is only continued with the responses that it was begun with. */
function checkSamePrompts(groups: readonly RolloutGroup[], kept: readonly SourcedRow[], file: string): void {
  for (const [index, row] of kept.entries()) {
    const group = groups[row.source.problem]
    const prompt = promptOf(row)
    if (group === undefined || group.text === prompt) continue
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'The file was begun with other responses',
      expected: JSON.stringify(group.text),
      found: JSON.stringify(prompt),
      place: { file, line: index + 1 },
      nextStep: 'Give the input that it was made with, or another file.',
    })
  }
}

function describeRows(rows: readonly LabelRow[], problems: number): string {
  const labels = rows.flatMap((row) =>
    'labels' in row ? row.labels.map(Number) : 'label' in row ? [Number(row.label)] : [],
  )
  const about =
    labels.length === 0
      ? ''
      : `; ${labels.length} labels, ${mean(labels).toFixed(3)} on average, ${labels.filter((value) => value > 0).length} above 0`
  return `rows     ${rows.length} of ${problems} problems${about}\n`
}
