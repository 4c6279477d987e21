import type { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { readJsonText } from '../core/json.ts'
import { parseWith } from './parse.ts'

/** What the rows of a file should be, for its errors. */
export interface RowFormat<Row> {
  readonly schema: z.ZodType<Row>
  /** Ends “Write every line as …”, e.g. `{"prompt": "…", "completion": "…"}`. */
  readonly example: string
}

/**
 * Reads JSON Lines: one row a line, empty lines passed over. Throws a StepscopeError `bad-file` that names file, line and
 * field of the first mistake, or says that there are no rows.
 */
export function readRows<Row>(format: RowFormat<Row>, text: string, file: string): Row[] {
  return readNumberedRows(format, text, file).map(({ row }) => row)
}

/** As `readRows`, each row with its line in the file (from 1). */
export function readNumberedRows<Row>(
  format: RowFormat<Row>,
  text: string,
  file: string,
): { readonly line: number; readonly row: Row }[] {
  const rows = new RowFile(format, text, file)
  return Array.from({ length: rows.length }, (_, index) => ({ line: rows.line(index), row: rows.row(index) }))
}

/** The rows of a JSON Lines text, each read when it is asked for: a large file takes little more than its text. */
export class RowFile<Row> {
  readonly name: string
  private readonly format: RowFormat<Row>
  private readonly text: string
  /** Where each row begins, and its line (from 1; empty lines count). */
  private readonly starts: number[] = []
  private readonly lines: number[] = []

  /** @throws StepscopeError `bad-file` where the text has no rows; what is in them is not looked at */
  constructor(format: RowFormat<Row>, text: string, name: string) {
    this.name = name
    this.format = format
    this.text = text
    for (let start = 0, line = 1; start < text.length; line++) {
      const end = endOfLine(text, start)
      if (/\S/.test(text.slice(start, end))) {
        this.starts.push(start)
        this.lines.push(line)
      }
      start = end + 1
    }
    if (this.starts.length > 0) return
    throw new StepscopeError({
      code: 'bad-file',
      message: 'The file holds no rows',
      place: { file: name },
      nextStep: `Write every line as ${format.example}.`,
    })
  }

  get length(): number {
    return this.starts.length
  }

  /** @throws as `readRow` */
  row(index: number): Row {
    const start = this.starts[index] ?? this.text.length
    return readRow(this.format, this.text.slice(start, endOfLine(this.text, start)), this.name, this.line(index))
  }

  line(index: number): number {
    return this.lines[index] ?? 0
  }
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end < 0 ? text.length : end
}

/** Reads one line. Throws as `readRows`. */
export function readRow<Row>(format: RowFormat<Row>, content: string, file: string, line: number): Row {
  const { schema, example } = format
  try {
    return parseWith(schema, readJsonText(content, { place: { file, line }, what: 'line' }), file)
  } catch (error) {
    if (!(error instanceof StepscopeError)) throw error
    if (line === 1 && /^\uFEFF?\s*\[/.test(content)) throw listInstead(format, file)
    const { details } = error
    const place = { ...details.place, file, line }
    const nextStep = `Write every line as ${example}.`
    throw new StepscopeError({ ...details, place, nextStep }, { cause: error })
  }
}

/** A whole file that is one JSON list, or a first row that is one. */
function listInstead({ example }: RowFormat<unknown>, file: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-file',
    message: 'The file is a JSON list, not JSON Lines',
    expected: 'one object a line',
    found: 'a list',
    place: { file, line: 1 },
    nextStep: `Write every line as ${example}.`,
  })
}

/** Rows as JSON Lines. */
export function writeRows(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}
