import type { ErrorDetails } from '../../core/errors.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import { readJsonText } from '../../core/json.ts'
import { parseWith } from '../parse.ts'
import { TRACE_FORMATS } from './registry.ts'
import { splitRows } from './split-rows.ts'
import type { Trace, TraceFormat } from './trace.ts'

export interface ReadTracesOptions {
  /** For messages. */
  readonly file: string
  /** What the rows are; told by the first of them where it is left out. */
  readonly format?: TraceFormat
  /** Kinds of rows that it may be told to be; by default those of data sets. */
  readonly formats?: readonly TraceFormat[]
  /** Takes rows that cannot be read, which are then left out; without, the first of them ends the reading. */
  readonly onBad?: (error: ErrorDetails) => void
}

/** The traces of one row. */
export interface ReadRow {
  readonly line: number
  readonly format: TraceFormat
  readonly traces: readonly Trace[]
}

/**
 * Reads a file of traces as it comes, row by row.
 * @throws StepscopeError `bad-file` that names line and field of a row that is wrong, or says what rows there may be
 */
export async function* readTraces(
  chunks: AsyncIterable<string>,
  { file, format: given, formats = TRACE_FORMATS, onBad }: ReadTracesOptions,
): AsyncGenerator<ReadRow, void> {
  let format = given ?? null
  let rows = 0
  for await (const { text, line } of splitRows(chunks)) {
    rows += 1
    try {
      const row = rowOf(text, file, line)
      format ??= formatOf(row, file, line, formats)
      yield { line, format, traces: tracesOf(format, row, file, line) }
    } catch (error) {
      if (onBad === undefined || !(error instanceof StepscopeError)) throw error
      onBad(toErrorDetails(error))
    }
  }
  if (rows === 0) throw new StepscopeError({ code: 'bad-file', message: 'The file holds no rows', place: { file } })
}

/** Traces as rows of a format, JSON Lines; those that it cannot hold are counted. */
export function writeTraces(
  format: TraceFormat,
  traces: readonly Trace[],
): { readonly text: string; readonly left: number } {
  const lines: string[] = []
  let left = 0
  for (const group of rowsOf(format, traces)) {
    const [first] = group
    const own = first?.origin.format === format.id
    const before = own ? (first?.origin.row as Readonly<Record<string, unknown>>) : null
    const row = before !== null && isUnchanged(format, group) ? before : (format.write?.(group, before) ?? null)
    if (row === null) left += group.length
    else lines.push(`${JSON.stringify(row)}\n`)
  }
  return { text: lines.join(''), left }
}

/** Whether traces are still all that their row says: then it is written as it came, in every format. */
function isUnchanged(format: TraceFormat, group: readonly Trace[]): boolean {
  const [first] = group
  if (first === undefined) return false
  const { row, line } = first.origin
  const read = tracesOf(format, row as Readonly<Record<string, unknown>>, '', line)
  return read.length === group.length && read.every((said, at) => says(said, group[at] as Trace))
}

/** What a task finds in a response, where its row does not say it: knowing it is no change of the row. */
const FOUND: ReadonlySet<string> = new Set<keyof Trace>(['answer', 'correct'])

/** Whether a trace is what was said of it, whatever is known besides. */
function says(said: Trace, now: Trace): boolean {
  const counting = Object.entries(said).filter(([key, value]) => value !== null || !FOUND.has(key))
  return counting.every(([key, value]) => JSON.stringify(value) === JSON.stringify(now[key as keyof Trace]))
}

/** Traces that came from one row of the format belong together; of others, each is a row. */
function rowsOf(format: TraceFormat, traces: readonly Trace[]): Trace[][] {
  const rows = new Map<unknown, Trace[]>()
  for (const trace of traces) {
    const key = trace.origin.format === format.id ? trace.origin.row : trace
    const row = rows.get(key)
    if (row) row.push(trace)
    else rows.set(key, [trace])
  }
  return [...rows.values()]
}

function rowOf(text: string, file: string, line: number): Readonly<Record<string, unknown>> {
  const value = readJsonText(text, { place: { file, line }, what: 'line' })
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new StepscopeError({
    code: 'bad-file',
    message: 'The row is no JSON object',
    found: text.slice(0, 60),
    place: { file, line },
  })
}

/** The format of a row's text; null where it is none that is known. */
export function recognizeTraces(text: string): TraceFormat | null {
  try {
    return formatOf(rowOf(text, '', 1), '', 1, TRACE_FORMATS)
  } catch {
    return null
  }
}

function formatOf(
  row: Readonly<Record<string, unknown>>,
  file: string,
  line: number,
  formats: readonly TraceFormat[],
): TraceFormat {
  const found = formats.find((format) => format.recognizes(row))
  if (found) return found
  throw new StepscopeError({
    code: 'bad-file',
    message: 'The rows are of no known kind',
    expected: formats.map(({ name }) => name).join('; '),
    found: `an object with ${Object.keys(row).slice(0, 8).join(', ') || 'no fields'}`,
    place: { file, line },
    nextStep: 'Choose a file of one of these kinds.',
  })
}

function tracesOf(format: TraceFormat, row: Readonly<Record<string, unknown>>, file: string, line: number): Trace[] {
  try {
    const read = format.read(parseWith(format.schema, row, file))
    return read.map((trace, index) => ({
      id: null,
      labels: null,
      firstError: null,
      answer: null,
      correct: null,
      subset: null,
      generator: null,
      scores: null,
      ...trace,
      origin: { format: format.id, line, row, index },
    }))
  } catch (error) {
    if (!(error instanceof StepscopeError)) throw error
    const { details } = error
    const nextStep = `Write every line as ${format.example}.`
    throw new StepscopeError({ ...details, place: { ...details.place, file, line }, nextStep }, { cause: error })
  }
}
