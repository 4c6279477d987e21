import { BOUNDS } from '../core/bounds.ts'
import type { ErrorPlace } from '../core/errors.ts'
import { StepscopeError } from '../core/errors.ts'
import { readJsonText } from '../core/json.ts'
import type { AnyTask } from '../tasks/registry.ts'
import { TASKS } from '../tasks/registry.ts'

/** A problem of a file, with its line there (from 1; empty lines count). */
export interface FileProblem {
  readonly line: number
  readonly problem: unknown
}

/**
 * Reads the problems of a JSON Lines file, one object a line in the columns that the task reads, as they arrive: after each
 * piece of text it gives the problems whose lines are whole. Empty lines are passed over.
 * @param file its name, for errors
 * @throws StepscopeError that names file, line and field of the first line that is no problem of the task, and the task that
 * reads such lines, where there is one; `bad-file` where there are no problems
 */
export async function* readProblemFile(
  task: AnyTask,
  pieces: AsyncIterable<string>,
  file: string,
): AsyncGenerator<readonly FileProblem[]> {
  let line = 0
  let count = 0
  let rest = ''
  const read = (texts: readonly string[]): FileProblem[] =>
    texts.flatMap((text) => {
      line++
      if (text.trim() === '') return []
      count++
      return [{ line, problem: readLine(task, text, file, line, count === 1) }]
    })
  for await (const piece of pieces) {
    const texts = (rest + piece).split('\n')
    rest = texts.pop() ?? ''
    // A file that is none of lines, such as an archive, is not gathered to its end.
    checkLength(rest, { file, line: line + texts.length + 1 })
    const problems = read(texts)
    if (problems.length > 0) yield problems
  }
  const last = read([rest])
  if (last.length > 0) yield last
  if (count > 0) return
  throw new StepscopeError({ code: 'bad-file', message: 'The file holds no problems', place: { file } })
}

function readLine(task: AnyTask, text: string, file: string, line: number, first: boolean): unknown {
  const place = { file, line }
  if (first && /^\uFEFF?\s*\[/.test(text)) {
    throw new StepscopeError({
      code: 'bad-file',
      message: 'The file is a JSON list, not JSON Lines',
      expected: 'one object a line',
      found: 'a list',
      place,
    })
  }
  checkLength(text, place)
  const value = readJsonText(text, { place, what: 'line' })
  try {
    return task.readFields(value)
  } catch (error) {
    if (!(error instanceof StepscopeError)) throw error
    const other = first ? TASKS.find((candidate) => candidate !== task && reads(candidate, value)) : undefined
    const nextStep = other && { nextStep: `The task “${other.name}” reads such lines: choose it first.` }
    throw new StepscopeError(
      { ...error.details, place: { ...error.details.place, ...place }, ...nextStep },
      { cause: error },
    )
  }
}

function checkLength(text: string, place: ErrorPlace): void {
  if (text.length <= BOUNDS.problemLine.max) return
  throw new StepscopeError({
    code: 'bad-file',
    message: 'The line is too long for a problem',
    expected: `at most ${BOUNDS.problemLine.max} characters`,
    found: `${text.length} characters or more`,
    place,
  })
}

function reads(task: AnyTask, value: unknown): boolean {
  try {
    task.readFields(value)
    return true
  } catch {
    return false
  }
}
