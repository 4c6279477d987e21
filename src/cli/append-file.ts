import type { FileHandle } from 'node:fs/promises'
import { open, stat } from 'node:fs/promises'
import { StepscopeError } from '../core/errors.ts'
import type { RowFormat } from '../formats/json-lines.ts'
import { readRow, writeRows } from '../formats/json-lines.ts'
import { checkOutputFile, fileError, readTextFile, writeOutputFile, writeWhole } from './files.ts'

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
  /** Whether a group may have given no lines. */
  readonly gaps: boolean
}

/** A file of JSON lines that grows as results come. */
export interface LineFile {
  /** Adds lines. Where they cannot be written whole, nothing of them stays. */
  append(rows: readonly object[]): Promise<void>
  /** Resolves when all that was added is on the disk. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** One that is continued: its lines come in groups, each appended at once. */
export interface AppendFile<Row> extends LineFile {
  /** Lines that are kept from before. */
  readonly kept: readonly Row[]
  /** The first group that is still to come: those before it are there, or gave no lines. */
  readonly next: number
}

export interface AppendOptions {
  readonly resume: boolean
  readonly source: object
  /** Groups of the whole file, when it is done. */
  readonly groups: number
}

/**
 * Opens a file to append to. With `resume`, what is there is kept up to the last whole group: a line that a kill tore,
 * and lines of a group that is not complete, are cut off. Throws a StepscopeError where a file is there and is not to be
 * continued, was made with other settings, or has lines that are missing, twice there or out of order; the file is then
 * as it was.
 */
export async function openAppendFile<Row extends object>(
  file: string,
  format: AppendFormat<Row>,
  { resume, source, groups }: AppendOptions,
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
  const { kept, bytes, next } =
    size > 0 ? await readGroups(file, format, source, groups) : { kept: [], bytes: 0, next: 0 }
  if (size === 0) await writeOutputFile(file, '')
  const handle = await open(file, 'r+').catch((cause: unknown) => {
    throw fileError(file, 'The file cannot be written', cause)
  })
  if (size > bytes) await handle.truncate(bytes)
  return {
    kept,
    next,
    ...growing(
      handle,
      await startOf(handle, bytes),
      file,
      'Make room, and continue the file with --resume: what it holds is whole.',
    ),
  }
}

/** Said of a command that ends early. */
export function describeKept(file: string, what: string, done: number, all: number): string {
  return `${file} holds the ${what} ${done} of ${all} problems: go on by the same command with --resume.`
}

/** Begins a file of JSON lines anew, whatever was there. Throws a StepscopeError that names it. */
export async function createLineFile(file: string): Promise<LineFile> {
  const handle = await open(file, 'w').catch((cause: unknown) => {
    throw fileError(file, 'The file cannot be written', cause)
  })
  return growing(handle, await startOf(handle, 0), file, 'Make room, and run the command again.')
}

/**
 * Continues a file of JSON lines after its last whole line: what a kill tore is cut off. The file may not be there yet.
 * @returns what stays, to be read, and where lines are added
 */
export async function continueLineFile(file: string): Promise<{ readonly text: string; readonly lines: LineFile }> {
  await checkOutputFile(file)
  const found = await stat(file).catch(() => null)
  const whole = found === null ? '' : await readTextFile(file)
  const text = whole.slice(0, whole.lastIndexOf('\n') + 1)
  if (found === null) await writeOutputFile(file, '')
  const handle = await open(file, 'r+').catch((cause: unknown) => {
    throw fileError(file, 'The file cannot be written', cause)
  })
  const bytes = Buffer.byteLength(text)
  if (text.length < whole.length) await handle.truncate(bytes)
  const nextStep = 'Make room, and run the command again with --resume: what the file holds is whole.'
  return { text, lines: growing(handle, await startOf(handle, bytes), file, nextStep) }
}

/** Where lines are added: pipes and devices have no places, and take bytes in order. */
async function startOf(handle: FileHandle, bytes: number): Promise<number | null> {
  return (await handle.stat()).isFile() ? bytes : null
}

/** @param start bytes that are kept; null where the file is a pipe or a device, which take bytes in order */
function growing(handle: FileHandle, start: number | null, file: string, nextStep: string): LineFile {
  let at = start
  return {
    append: async (rows) => {
      if (rows.length === 0) return
      const data = new TextEncoder().encode(writeRows(rows))
      try {
        await writeWhole(handle, data, at, file)
      } catch (error) {
        // Not even a part of the lines stays, so that the file can be read, and continued, as it is.
        if (at !== null) await handle.truncate(at)
        throw withNextStep(error, nextStep)
      }
      if (at !== null) at += data.length
    },
    flush: () => flushFile(handle, file),
    close: () => closeFlushed(handle, file),
  }
}

/** Bytes that the system has taken and not yet put on the disk can still be refused. */
async function closeFlushed(handle: FileHandle, file: string): Promise<void> {
  try {
    await flushFile(handle, file)
  } finally {
    await handle.close()
  }
}

async function flushFile(handle: FileHandle, file: string): Promise<void> {
  try {
    // A pipe or a device has nothing to flush.
    if ((await handle.stat()).isFile()) await handle.sync()
  } catch (cause) {
    throw fileError(file, 'The file cannot be written', cause)
  }
}

function withNextStep(error: unknown, nextStep: string): unknown {
  if (!(error instanceof StepscopeError) || error.details.code !== 'storage') return error
  return new StepscopeError({ ...error.details, nextStep }, { cause: error })
}

async function readGroups<Row extends object>(
  file: string,
  format: AppendFormat<Row>,
  source: object,
  groups: number,
): Promise<{ kept: Row[]; bytes: number; next: number }> {
  const lines = (await readTextFile(file)).split('\n')
  // What stands after the last newline is torn.
  lines.pop()
  const rows: Row[] = []
  let whole = 0
  let open: LinePlace = { group: -1, row: 0, rows: 1 }
  for (const [index, content] of lines.entries()) {
    const row = readRow(format, content, file, index + 1)
    checkSource(format.source(row), source, file, index + 1)
    const place = format.place(row)
    checkOrder(open, place, format.gaps, groups, { file, line: index + 1 })
    open = place
    rows.push(row)
    if (place.row === place.rows - 1) whole = rows.length
  }
  const bytes = lines.slice(0, whole).reduce((sum, content) => sum + Buffer.byteLength(content) + 1, 0)
  const last = rows[whole - 1]
  return { kept: rows.slice(0, whole), bytes, next: last === undefined ? 0 : format.place(last).group + 1 }
}

/** A line goes on where the one before it stopped: the next of its group, or the first of a later group. */
function checkOrder(
  before: LinePlace,
  found: LinePlace,
  gaps: boolean,
  groups: number,
  place: { readonly file: string; readonly line: number },
): void {
  const ended = before.row === before.rows - 1
  const inGroup = found.group === before.group && found.row === before.row + 1 && found.rows === before.rows
  const isNext = gaps ? found.group > before.group : found.group === before.group + 1
  const isRow = found.rows > 0 && found.row < found.rows
  if (isRow && found.group < groups && (ended ? isNext && found.row === 0 : inGroup)) return
  const words = (group: number, row: number, rows: number): string => `line ${row + 1} of ${rows} of problem ${group}`
  const [group, row] = ended ? [before.group + 1, 0] : [before.group, before.row + 1]
  throw new StepscopeError({
    code: 'bad-file',
    message: 'A line is missing, twice there, or not in its place',
    expected:
      group >= groups
        ? `no more lines: there are ${groups} problems, counted from 0`
        : `${words(group, row, ended ? found.rows : before.rows)}${gaps && ended ? ', or of a later one' : ''}`,
    found: words(found.group, found.row, found.rows),
    place,
    nextStep: 'Take a copy of the file that is whole, or begin another one.',
  })
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
