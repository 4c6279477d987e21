import type { FileHandle } from 'node:fs/promises'
import { open, readFile, stat } from 'node:fs/promises'
import { StepscopeError } from '../core/errors.ts'
import type { RowFormat } from '../formats/json-lines.ts'
import { readRow, writeRows } from '../formats/json-lines.ts'
import { checkOutputFile, writeOutputFile } from './files.ts'

/** Where a line stands: lines are written in groups, in the order of the groups, and a group is whole or not there. */
export interface LinePlace {
  readonly group: number
  readonly row: number
  readonly rows: number
}

export interface AppendFormat<Row> extends RowFormat<Row> {
  place(row: Row): LinePlace
  /** What determines the lines; must be the same for a file to be continued. */
  source(row: Row): object
}

/** A file of JSON lines that grows as results come. */
export interface AppendFile<Row> {
  /** Lines that are kept from before. */
  readonly kept: readonly Row[]
  /** Groups up to the last one that is there; those that gave no lines are among them. */
  readonly finished: ReadonlySet<number>
  /** Adds a whole group. */
  append(rows: readonly Row[]): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a file to append to. With `resume`, what is there is kept up to the last whole group: a line that a kill tore,
 * and lines of a group that is not complete, are cut off. Throws a StepscopeError where a file is there and is not to be
 * continued, or was made with other settings; the file is then as it was.
 */
export async function openAppendFile<Row extends object>(
  file: string,
  format: AppendFormat<Row>,
  { resume, source }: { readonly resume: boolean; readonly source: object },
): Promise<AppendFile<Row>> {
  await checkOutputFile(file)
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size > 0 && !resume) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'The file is there already',
      place: { file },
      nextStep: 'Continue it with --resume, or give another name.',
    })
  }
  const { kept, bytes, next } = size > 0 ? await readGroups(file, format, source) : { kept: [], bytes: 0, next: 0 }
  if (size === 0) await writeOutputFile(file, '')
  const handle: FileHandle = await open(file, 'r+')
  await handle.truncate(bytes)
  let at = bytes
  return {
    kept,
    finished: new Set(Array.from({ length: next }, (_, group) => group)),
    append: async (rows) => {
      if (rows.length === 0) return
      const data = new TextEncoder().encode(writeRows(rows))
      await handle.write(data, 0, data.length, at)
      at += data.length
    },
    close: () => handle.close(),
  }
}

async function readGroups<Row extends object>(
  file: string,
  format: AppendFormat<Row>,
  source: object,
): Promise<{ kept: Row[]; bytes: number; next: number }> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  // What stands after the last newline is torn.
  lines.pop()
  const rows: Row[] = []
  let whole = 0
  let next = 0
  for (const [index, content] of lines.entries()) {
    const row = readRow(format, content, file, index + 1)
    checkSource(format.source(row), source, file, index + 1)
    rows.push(row)
    const place = format.place(row)
    if (place.row < place.rows - 1) continue
    whole = rows.length
    next = place.group + 1
  }
  const bytes = lines.slice(0, whole).reduce((sum, content) => sum + Buffer.byteLength(content) + 1, 0)
  return { kept: rows.slice(0, whole), bytes, next }
}

function checkSource(found: object, expected: object, file: string, line: number): void {
  for (const [key, value] of Object.entries(expected)) {
    const other: unknown = Reflect.get(found, key)
    if (JSON.stringify(other) === JSON.stringify(value)) continue
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'The file was made with other settings and cannot be continued with these',
      expected: JSON.stringify(value),
      found: JSON.stringify(other) ?? 'nothing',
      place: { file, line, field: `source.${key}` },
      nextStep: 'Give the settings that it was made with, or another file.',
    })
  }
}
