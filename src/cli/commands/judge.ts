import { groupedRate, mean, passAtK, wilsonInterval } from '../../core/statistics.ts'
import type { JudgedResponses, JudgedSteps } from '../../rewards/judge-responses.ts'
import { judgeResponses } from '../../rewards/judge-responses.ts'
import { probeResponses } from '../../rewards/probe-responses.ts'
import { summarizeProbes } from '../../rewards/probes.ts'
import { scoreResponses } from '../../rewards/score-responses.ts'
import { takeApart } from '../../rewards/take-apart.ts'
import type { Command } from '../command.ts'
import { MODEL_OPTIONS, openCommandRewardModel } from '../engine.ts'
import { isTraceFile, judgeTraceFile } from '../judge-traces.ts'
import { ROLLOUT_INPUT, readRollouts, taskOf } from '../label-rows.ts'
import { numberBetween } from '../options.ts'
import { ProgressLine } from '../output.ts'
import { showSetProgress } from '../set-progress.ts'
import { readSeed, seedOption } from '../strategy-options.ts'
import { describeTakenApart } from '../take-apart-text.ts'

const { policy: _, system: __, 'step-end': ___, ...REWARD_OPTIONS } = MODEL_OPTIONS

export const judge: Command = {
  name: 'judge',
  usage: '--input FILE.jsonl [--prm DIR] [options]',
  summary:
    'Judges a reward model by sampled responses and exact labels, or by a data set whose first wrong steps are known.',
  options: {
    ...ROLLOUT_INPUT,
    threshold: {
      ...numberBetween(0, 1),
      value: 'SCORE',
      description: 'For data sets: a step is called wrong below this score; default 0.5.',
    },
    task: {
      type: 'string',
      value: 'NAME',
      description: 'For data sets: puts problems as this task does; default: as the file has them.',
    },
    'leave-out': {
      type: 'boolean',
      description: 'For data sets: leaves out rows that cannot be read, and lists them.',
    },
    'take-apart': {
      type: 'boolean',
      description:
        'For rollouts of a task with exact labels: also thresholds, calibration, depths, the most confident errors, and probes of the first response to each problem.',
    },
    seed: seedOption('Of the probes. Default 0.'),
    json: { type: 'boolean', description: 'Write one JSON object instead of lines.' },
    ...REWARD_OPTIONS,
  },
  notes: [
    'Steps are compared with the task’s exact labels, where it has them: AUC over all steps; AUC within problem and depth, over pairs of a right and a wrong step of one problem at one depth, ties half (a search chooses between such steps; its interval is a bootstrap over problems); expected calibration error, and the F1 of finding the first wrong step (a step is called wrong below 0.5). Of each problem’s responses the one with the highest path score is picked, as best-of-N does.',
    'Rows of ProcessBench, PRM800K, Math-Shepherd, PRMBench and TRL’s stepwise form are judged as ProcessBench does: the share of wrong responses whose first wrong step is found exactly, the share of right ones in which no step is called wrong, their harmonic mean F1, and its average over subsets.',
  ],
  run: async (options, output, signal) => {
    if (await isTraceFile(options.required('input'))) {
      await judgeTraceFile(options, output, signal)
      return
    }
    const groups = await readRollouts(options)
    const { model, dispose } = await openCommandRewardModel(options, output, { task: taskOf(groups), signal })
    const progress = new ProgressLine(output)
    try {
      const scores: (readonly (readonly number[])[])[] = []
      const problems = groups.map(({ prompt, place, responses }) => ({
        prompt,
        ...(place ? { place } : {}),
        responses: responses.map(({ steps }) => steps),
      }))
      const onProgress = showSetProgress(progress, 'Scores', 0)
      for await (const { problem, scores: own } of scoreResponses(model, problems, { signal, onProgress })) {
        scores[problem] = own
      }
      progress.clear()
      const judged = judgeResponses(groups, scores, model.info.aggregation)
      const taken = options.flag('take-apart') ? takeApart(groups, scores) : null
      const probed =
        taken === null ? null : await probeResponses(model, groups, scores, { seed: readSeed(options), signal })
      const probes = summarizeProbes(probed?.results ?? [], 0.5)
      const unwritten = probed?.unwritten ?? []
      const about = { model: model.info.id, hash: model.info.hash, adapter: model.info.adapter }
      const apart = taken === null ? {} : { apart: { ...taken, probes, unwritten } }
      if (options.flag('json')) output.out(`${JSON.stringify({ ...about, ...judged, ...apart })}\n`)
      else output.out((taken === null ? '' : describeTakenApart(taken, probes, unwritten)) + describe(judged))
      if (!options.flag('json')) output.out(`model         ${about.model} (${about.hash}) on ${about.adapter}\n`)
    } finally {
      progress.clear()
      dispose()
    }
  },
}

function describe({ steps, problems, n, rates, best }: JudgedResponses): string {
  const { rate, interval } = groupedRate(rates)
  const share = (right: number): string => {
    const [low, high] = wilsonInterval(right, problems)
    return `${(right / problems).toFixed(3)} (95% interval ${number(low)}–${number(high)})`
  }
  const lines: readonly (readonly [string, string])[] = [
    ...(steps === null ? [['steps', 'the task has no exact labels of them'] as const] : describeSteps(steps)),
    ['pass@1', `${rate.toFixed(3)} (95% interval ${number(interval[0])}–${number(interval[1])})`],
    [`best-of-${n}`, share(best)],
    [`pass@${n}`, mean(rates.map((group) => passAtK(group, n))).toFixed(3)],
  ]
  return lines.map(([name, value]) => `${name.padEnd(14)}${value}\n`).join('')
}

function describeSteps(steps: JudgedSteps): readonly (readonly [string, string])[] {
  return [
    ['steps', `${steps.count}, ${number(steps.right)} of them right`],
    ['AUC', number(steps.auc)],
    ['AUC within', describeWithin(steps.within)],
    ['calibration', `${number(steps.calibrationError)} expected error`],
    ['first error', `F1 ${number(steps.firstErrorF1)}`],
  ]
}

const number = (value: number | null): string => (value === null ? 'none' : value.toFixed(3))

function describeWithin(within: JudgedSteps['within']): string {
  if (within === null) return 'none: no problem has right and wrong steps at one depth'
  const { auc, interval, pairs, groups, problems } = within
  const [low, high] = interval
  return `${auc.toFixed(3)} (95% interval ${low.toFixed(3)}–${high.toFixed(3)}), problem and depth: ${pairs} pairs in ${groups} groups of ${problems} problems`
}
