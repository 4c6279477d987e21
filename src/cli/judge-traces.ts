import { stat } from 'node:fs/promises'
import { StepscopeError } from '../core/errors.ts'
import type { Prompt } from '../core/prompt.ts'
import { endedStep } from '../core/step-text.ts'
import { recognizeTraces } from '../formats/traces/read-traces.ts'
import { splitRows } from '../formats/traces/split-rows.ts'
import type { Trace } from '../formats/traces/trace.ts'
import type { BenchTrace, ProcessBenchResult } from '../rewards/process-bench.ts'
import { bestThreshold, firstErrorPlaces, processBench } from '../rewards/process-bench.ts'
import { scoreResponses } from '../rewards/score-responses.ts'
import type { RewardModel } from '../search/models.ts'
import { promptOf, taskById } from '../tasks/registry.ts'
import { drawTable } from './draw-table.ts'
import { openCommandRewardModel } from './engine.ts'
import type { ParsedOptions } from './options.ts'
import { readNumber } from './options.ts'
import type { Output } from './output.ts'
import { ProgressLine } from './output.ts'
import { showSetProgress } from './set-progress.ts'
import { readTraceFile, textOf } from './trace-files.ts'

/** Whether a file's first row is of a data set of traces, and not of rollouts. A pipe is read once, so it has rollouts. */
export async function isTraceFile(file: string): Promise<boolean> {
  const plain = await stat(file).catch(() => null)
  if (!plain?.isFile()) return false
  for await (const { text } of splitRows(textOf(file))) return recognizeTraces(text) !== null
  return false
}

/** Judges a reward model by traces whose first wrong step is known, as ProcessBench does. */
export async function judgeTraceFile(options: ParsedOptions, output: Output, signal: AbortSignal): Promise<void> {
  const file = options.required('input')
  const { traces: all, bad } = await readTraceFile(file, options.flag('leave-out'))
  for (const { message, place } of bad) {
    output.err(`stepscope: ${file}, line ${place?.line}, ${place?.field ?? 'the row'}: ${message}. It is left out.\n`)
  }
  const known = all.filter(({ firstError, steps }) => firstError !== null && steps.length > 0)
  const traces = known.slice(0, readNumber(options, 'limit'))
  if (traces.length === 0) throw nothingKnown(file, all.length)
  const task = options.text('task')
  const { model, dispose } = await openCommandRewardModel(options, output, { task, signal })
  const progress = new ProgressLine(output)
  try {
    const judged = await scoreTraces(model, traces, { task, file, progress, signal })
    progress.clear()
    const threshold = readNumber(options, 'threshold') ?? 0.5
    const result = processBench(judged, threshold)
    const [places, best] = [firstErrorPlaces(judged, threshold), bestThreshold(judged)]
    const about = { model: model.info.id, hash: model.info.hash, adapter: model.info.adapter }
    const left = { rows: bad.length, unknown: all.length - known.length }
    if (options.flag('json')) output.out(`${JSON.stringify({ ...about, ...result, places, best, left })}\n`)
    else
      output.out(`${describe(result, places, best, left)}model  ${about.model} (${about.hash}) on ${about.adapter}\n`)
  } finally {
    progress.clear()
    dispose()
  }
}

async function scoreTraces(
  model: RewardModel,
  traces: readonly Trace[],
  of: {
    readonly task: string | undefined
    readonly file: string
    readonly progress: ProgressLine
    readonly signal: AbortSignal
  },
): Promise<BenchTrace[]> {
  const { signal } = of
  const task = of.task === undefined ? null : taskById(of.task)
  const problems = traces.map(({ problem, steps, origin }) => ({
    prompt: (task === null ? problem : promptOf(task, task.parse(problem))) as Prompt,
    place: { file: of.file, line: origin.line },
    responses: [steps.map((step) => endedStep(step))],
  }))
  const onProgress = showSetProgress(of.progress, 'Scores', 0)
  const judged: BenchTrace[] = []
  for await (const { problem, scores } of scoreResponses(model, problems, { signal, onProgress })) {
    const { firstError, subset } = traces[problem] as Trace
    judged[problem] = { scores: scores[0] ?? [], firstError: firstError ?? -1, subset: subset ?? 'all' }
  }
  return judged
}

function describe(
  { subsets, averageF1, threshold }: ProcessBenchResult,
  places: ReturnType<typeof firstErrorPlaces>,
  best: ReturnType<typeof bestThreshold>,
  left: { readonly rows: number; readonly unknown: number },
): string {
  const number = (value: number | null): string => (value === null ? 'none' : value.toFixed(3))
  const head = ['subset', 'wrong', 'right', 'error acc.', 'correct acc.', 'F1']
  const rows = subsets.map(({ subset, wrong, right, errorAccuracy, correctAccuracy, f1 }) => [
    subset,
    `${wrong}`,
    `${right}`,
    number(errorAccuracy),
    number(correctAccuracy),
    number(f1),
  ])
  const { exact, early, late, missed, kept, falseAlarms } = places
  const lines = [
    drawTable(head, [...rows, ['average', '', '', '', '', number(averageF1)]]),
    `A step is called wrong below ${threshold}.\n`,
    `Wrong responses: ${exact} found exactly, ${early} called too early, ${late} too late, ${missed} called right. Right responses: ${kept} kept, ${falseAlarms} called wrong.\n`,
    best === null
      ? ''
      : `Best threshold on these traces: ${best.threshold.toFixed(4)}, F1 ${number(best.f1)} over all.\n`,
    left.unknown === 0 ? '' : `${left.unknown} traces without a known first wrong step are left out.\n`,
    left.rows === 0 ? '' : `${left.rows} rows that cannot be read are left out.\n`,
  ]
  return lines.join('')
}

function nothingKnown(file: string, traces: number): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'No trace of the file has a known first wrong step',
    expected: 'labels of steps, such as those of ProcessBench, PRM800K or Math-Shepherd',
    found: `${traces} traces without`,
    place: { file },
    nextStep: 'Choose a file with labels.',
  })
}
