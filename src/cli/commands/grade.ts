import { StepscopeError } from '../../core/errors.ts'
import { writeRows } from '../../formats/json-lines.ts'
import { TASKS, taskById } from '../../tasks/registry.ts'
import type { Task } from '../../tasks/task.ts'
import type { Command } from '../command.ts'
import type { JsonLine } from '../files.ts'
import { atLine, checkOutputFile, readJsonLines, writeOutputFile } from '../files.ts'
import { oneOf, readChoice } from '../options.ts'

/** Tasks whose responses are judged by their answers alone, beside a gold answer that is given. */
const NAMES = TASKS.filter(({ withGold }) => withGold !== null).map(({ id }) => id)

export const grade: Command = {
  name: 'grade',
  usage: '--task NAME --input FILE.jsonl [--out FILE.jsonl]',
  summary: 'Reads the answer of every response and compares it with a gold answer.',
  options: {
    task: {
      ...oneOf(NAMES),
      value: NAMES.join('|'),
      required: true,
      description: 'How answers are read and compared.',
    },
    input: {
      type: 'string',
      value: 'FILE.jsonl',
      required: true,
      description:
        'Lines {"response": "… \\\\boxed{72}", "gold": "72"}; other fields stay. Without "gold", "correct" is null.',
    },
    out: {
      type: 'string',
      value: 'FILE.jsonl',
      description: 'The same lines with "answer" (null where there is none) and "correct"; default: standard output.',
    },
  },
  notes: [
    'An answer is what the last \\boxed{…} holds, else what follows ####, else “the answer is”, else the last number; text between <think> and </think> is not read.',
  ],
  run: async (options, output) => {
    const task = taskById(readChoice('task', options.required('task'), NAMES))
    const file = options.required('input')
    const out = options.text('out')
    if (out !== undefined) await checkOutputFile(out, [file])
    const rows = (await readJsonLines(file, 'responses')).map((line) => {
      try {
        return gradeLine(task, line)
      } catch (error) {
        throw atLine(error, file, line.line)
      }
    })
    if (out === undefined) output.out(writeRows(rows))
    else await writeOutputFile(out, writeRows(rows))
  },
}

function gradeLine(task: Task<unknown>, { value }: JsonLine): object {
  const response = readText(value.response, 'response')
  const gold = readGold(value.gold)
  const problem = withGold(task, gold)
  const { answer, correct } = task.verify(problem, [response])
  return { ...value, answer, correct }
}

/** Any problem of the task with this gold answer: how an answer is compared does not depend on its question. */
function withGold(task: Task<unknown>, gold: string | null): unknown {
  const problem = task.parse(task.example)
  try {
    return task.withGold?.(problem, gold) ?? problem
  } catch (error) {
    if (!(error instanceof StepscopeError)) throw error
    throw new StepscopeError({ ...error.details, place: { ...error.details.place, field: 'gold' } }, { cause: error })
  }
}

function readGold(gold: unknown): string | null {
  if (gold === undefined || gold === null) return null
  return typeof gold === 'number' ? String(gold) : readText(gold, 'gold')
}

function readText(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw new StepscopeError({
    code: 'bad-file',
    message: value === undefined ? 'The field is missing' : 'The field is no text',
    expected: 'a text',
    found: JSON.stringify(value)?.slice(0, 60) ?? 'nothing',
    place: { field },
    nextStep: 'Write every line as {"response": "… \\\\boxed{72}", "gold": "72"}.',
  })
}
