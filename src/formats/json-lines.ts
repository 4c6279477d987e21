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
  const rows = text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return []
    return [{ line: index + 1, row: readRow(format, content, file, index + 1) }]
  })
  if (rows.length > 0) return rows
  throw new StepscopeError({
    code: 'bad-file',
    message: 'The file holds no rows',
    place: { file },
    nextStep: `Write every line as ${format.example}.`,
  })
}

/** Reads one line. Throws as `readRows`. */
export function readRow<Row>({ schema, example }: RowFormat<Row>, content: string, file: string, line: number): Row {
  try {
    return parseWith(schema, readJsonText(content, { place: { file, line }, what: 'line' }), file)
  } catch (error) {
    if (!(error instanceof StepscopeError)) throw error
    const { details } = error
    const place = { ...details.place, file, line }
    const nextStep = `Write every line as ${example}.`
    throw new StepscopeError({ ...details, place, nextStep }, { cause: error })
  }
}

/** Rows as JSON Lines. */
export function writeRows(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}
