import { z } from 'zod'
import { BOUNDS } from '../core/bounds.ts'
import { StepscopeError } from '../core/errors.ts'
import { promptText } from '../core/prompt.ts'
import { readNumberedRows } from '../formats/json-lines.ts'
import type { OmegaNode } from '../formats/omega-file.ts'
import type { RolloutRow } from '../formats/rollout-file.ts'
import { ROLLOUT_FORMAT } from '../formats/rollout-file.ts'
import type { PreferenceRow, StepwiseRow, UnpairedRow } from '../objectives/rows.ts'
import type { GivenResponse } from '../rewards/given-response.ts'
import { givenResponse } from '../rewards/given-response.ts'
import type { LabelProblem } from '../rewards/monte-carlo-labels.ts'
import type { AnyTask } from '../tasks/registry.ts'
import { checkerFor, problemOf, promptOf as promptOfProblem } from '../tasks/registry.ts'
import type { AppendFormat } from './append-file.ts'
import { readTextFile } from './files.ts'
import type { Options, ParsedOptions } from './options.ts'
import { readNumber, wholeWithin } from './options.ts'

/** The rollout file that a command works on. */
export const ROLLOUT_INPUT: Options = {
  input: {
    type: 'string',
    value: 'FILE.jsonl',
    required: true,
    description: 'Responses as stepscope rollout writes them.',
  },
  limit: { ...wholeWithin(BOUNDS.problems), value: 'COUNT', description: 'Only the first so many problems.' },
}

/** The responses to one problem, from a rollout file. */
export interface RolloutGroup extends LabelProblem {
  readonly rows: readonly RolloutRow[]
  readonly responses: readonly GivenResponse[]
  /** The prompt of its rows: in the task's notation where it has one, else in words. Each model puts it into its own form. */
  readonly text: string
  readonly task: AnyTask
  /** The task's exact label of a prefix, where it has such labels. */
  label?(steps: readonly string[]): { readonly label: 0 | 1 }
}

/** The responses that `--input` and `--limit` name, by problem. */
export async function readRollouts(options: ParsedOptions): Promise<RolloutGroup[]> {
  const input = options.required('input')
  const rows = readNumberedRows(ROLLOUT_FORMAT, await readTextFile(input), input)
  return groupRollouts(rows, input).slice(0, readNumber(options, 'limit'))
}

/** The task whose bundled models are taken for rollouts: that of the first; undefined where there are none. */
export function taskOf(groups: readonly RolloutGroup[]): string | undefined {
  return groups[0]?.rows[0]?.task
}

/**
 * Rollouts by problem, in the order of the file. Throws a StepscopeError that names the line where a problem cannot be
 * read, or where a response is that was there before.
 */
function groupRollouts(
  rows: readonly { readonly line: number; readonly row: RolloutRow }[],
  file: string,
): RolloutGroup[] {
  const groups = new Map<string, { readonly line: number; readonly own: RolloutRow[] }>()
  const lines = new Map<string, number>()
  for (const { line, row } of rows) {
    // Responses of several files are told apart by their seeds.
    const response = JSON.stringify([row.task, row.problem, row.index, row.sample, row.source])
    const before = lines.get(response)
    if (before !== undefined) throw isTwice(row, before, file, line)
    lines.set(response, line)
    const key = `${row.task}:${row.index}:${row.problem}`
    const group = groups.get(key)
    if (group) group.own.push(row)
    else groups.set(key, { line, own: [row] })
  }
  return [...groups.values()].map(({ line, own }) => {
    const [first] = own
    if (!first) throw new RangeError('a group has no rows')
    try {
      const { task, problem } = problemOf(first)
      const { label } = task
      const prompt = promptOfProblem(task, problem, first.source.system)
      return {
        rows: own,
        place: { file, line },
        prompt,
        text: promptText(prompt),
        task,
        ...checkerFor(task, problem),
        ...(label
          ? {
              isValid: (steps: readonly string[]) => label(problem, steps).valid,
              label: (steps: readonly string[]) => label(problem, steps),
            }
          : {}),
        responses: own.map(givenResponse),
      }
    } catch (error) {
      if (!(error instanceof StepscopeError)) throw error
      const place = { file, line, field: 'problem' }
      throw new StepscopeError({ ...error.details, place }, { cause: error })
    }
  })
}

function isTwice({ index, sample }: RolloutRow, before: number, file: string, line: number): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: `The response is there twice: it is that of line ${before}`,
    expected: 'each response once',
    found: `response ${sample} to problem ${index} again`,
    place: { file, line },
    nextStep: 'Remove one of the lines.',
  })
}

/** Where a line is from: what was asked for, the problem's place among the input's, the line's among the problem's. */
export interface LabelSource {
  readonly method: string
  readonly problem: number
  readonly row: number
  readonly rows: number
}

/** A line of a label file without its source. */
export type LabelRow = StepwiseRow | PreferenceRow | UnpairedRow | OmegaNode
export type SourcedRow = LabelRow & { readonly source: LabelSource }

const count = z.int().nonnegative()

/** Lines of a label file, as far as continuing it needs. */
export const LABEL_FILE: AppendFormat<SourcedRow> = {
  schema: z.looseObject({
    source: z.looseObject({ method: z.string(), problem: count, row: count, rows: count }),
  }) as unknown as z.ZodType<SourcedRow>,
  example: 'stepscope label does',
  place: ({ source }) => ({ group: source.problem, row: source.row, rows: source.rows }),
  source: ({ source }) => source,
  // A problem may give no pairs.
  gaps: true,
}

/** The prompt of a line, whichever its format. */
export function promptOf(row: LabelRow): string {
  return 'prompt' in row ? row.prompt : row.text
}
