import type { Stats } from 'node:fs'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { access, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { StepscopeError } from '../core/errors.ts'
import { checkTextBytes, readJsonText } from '../core/json.ts'

/** Reads a text file. Throws a StepscopeError that names it. */
export async function readTextFile(file: string): Promise<string> {
  try {
    checkTextBytes((await stat(file)).size, { file })
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof StepscopeError) throw cause
    throw fileError(file, 'The file cannot be read', cause)
  }
}

/**
 * Refuses a file that cannot be written before the work whose results it takes; nothing is created.
 * Throws a StepscopeError that names it, also where it is one of `inputs`, or a file in one of these folders, which would
 * be lost.
 */
export async function checkOutputFile(file: string, inputs: readonly string[] = []): Promise<void> {
  try {
    const found = await statOrNull(file)
    if (found?.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    await access(found ? file : `${dirname(file)}/`, constants.W_OK)
    // Under this name it is written first.
    if (found?.isFile() !== false) await statOrNull(partOf(file))
  } catch (cause) {
    throw fileError(file, 'The file cannot be written', cause)
  }
  const place = await realpath(file).catch(() => null)
  for (const input of inputs) {
    const source = await realpath(input).catch(() => null)
    if (place === null || source === null || (place !== source && dirname(place) !== source)) continue
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'The results would overwrite the file that they are made from',
      place: { file },
      nextStep: 'Give --out another name.',
    })
  }
}

/** What is said of a file; null where there is none. */
async function statOrNull(file: string): Promise<Stats | null> {
  try {
    return await stat(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** How files end that are not whole yet. */
export const PART = '.part'

const partOf = (file: string): string => `${file}.${process.pid}${PART}`

/**
 * Writes a file whole or not at all: beside its place, flushed, then moved there. What was there before stays where the
 * disk is full. Pipes and devices are written as they are. Throws a StepscopeError that names the file.
 */
export async function writeOutputFile(file: string, data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const target = await realpath(file).catch(() => file)
  const plain = await stat(target).then(
    (found) => found.isFile(),
    () => true,
  )
  const part = plain ? partOf(target) : target
  try {
    if (plain) await removeLeftParts(target)
    const handle = await open(part, 'w')
    try {
      await writeWhole(handle, bytes, plain ? 0 : null, file)
      if (plain) await handle.sync()
    } finally {
      await handle.close()
    }
    if (plain) await rename(part, target)
  } catch (cause) {
    if (plain) await rm(part, { force: true }).catch(() => {})
    throw fileError(file, 'The file cannot be written', cause)
  }
}

/** Removes what killed processes left of a file, and nothing of one that still writes. */
async function removeLeftParts(target: string): Promise<void> {
  const [folder, name] = [dirname(target), `${basename(target)}.`]
  for (const other of await readdir(folder)) {
    if (!other.startsWith(name) || !other.endsWith(PART)) continue
    const writer = other.slice(name.length, -PART.length)
    if (/^\d+$/.test(writer) && !isRunning(Number(writer))) await rm(join(folder, other), { force: true })
  }
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/**
 * The one place where bytes go to a file: a system may take fewer than it was given, as it does where the disk is almost
 * full, so what is left is written again until all is there or it refuses.
 * @param position where the bytes begin; null: where the file stands, for pipes and devices
 * @throws a StepscopeError `storage` that names the file, with fewer bytes written than given
 */
export async function writeWhole(
  handle: FileHandle,
  data: Uint8Array,
  position: number | null,
  file: string,
): Promise<void> {
  let done = 0
  try {
    while (done < data.length) {
      const at = position === null ? null : position + done
      const { bytesWritten } = await handle.write(data, done, data.length - done, at)
      if (bytesWritten === 0) throw new Error('the system takes no more bytes')
      done += bytesWritten
    }
  } catch (cause) {
    throw fileError(file, 'The file cannot be written', cause)
  }
}

/** A line of a JSON Lines file, with its number from 1. */
export interface JsonLine {
  readonly line: number
  readonly value: Readonly<Record<string, unknown>>
}

/**
 * Reads a file of one JSON object a line; empty lines are passed over. Errors name file and line.
 * @param what the lines hold, for a file that has none
 */
export async function readJsonLines(file: string, what: string): Promise<JsonLine[]> {
  const text = await readTextFile(file)
  const lines = text.split('\n').flatMap((content, index) => {
    if (content.trim() === '') return []
    const line = index + 1
    const value = readJsonText(content, { place: { file, line }, what: 'line' })
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new StepscopeError({
        code: 'bad-file',
        message: 'The line is no JSON object',
        found: content.slice(0, 60),
        place: { file, line },
      })
    }
    return [{ line, value: value as Record<string, unknown> }]
  })
  if (lines.length > 0) return lines
  throw new StepscopeError({ code: 'bad-file', message: `The file holds no ${what}`, place: { file } })
}

/** Reads a JSON file. Throws a StepscopeError that names it. */
export async function readJsonFile(file: string): Promise<unknown> {
  return readJsonText(await readTextFile(file), { place: { file } })
}

/** An error of a problem or a field, with the file and line it was read from. */
export function atLine(error: unknown, file: string, line: number): unknown {
  if (!(error instanceof StepscopeError)) return error
  return new StepscopeError({ ...error.details, place: { ...error.details.place, file, line } }, { cause: error })
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it, or its folder, does not exist',
  ENOTDIR: 'it, or a part of its path, is no folder',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'its disk can only be read',
  EISDIR: 'it is a folder',
  EEXIST: 'a file of this name is there',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'it is a link to itself',
  ETXTBSY: 'a program of this name is running',
  EIO: 'its disk fails',
  EMFILE: 'too many files are open',
}

/** The system says that no more bytes fit: the disk, a quota, or the largest file allowed. */
const FULL: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this disk is used up',
  EFBIG: 'it is as large as a file may be here',
}

/** What the system says of a file, as a sentence. A StepscopeError stays as it is. */
export function fileError(file: string, message: string, cause: unknown): StepscopeError {
  if (cause instanceof StepscopeError) return cause
  const { code = '', message: own } = cause as { code?: string; message: string }
  const full = FULL[code]
  return new StepscopeError(
    {
      code: code === 'ENOENT' ? 'not-found' : full === undefined ? 'bad-file' : 'storage',
      message: `${message}: ${full ?? REASONS[code] ?? own}`,
      place: { file },
      ...(full === undefined ? {} : { nextStep: 'Make room, and run the command again.' }),
    },
    { cause },
  )
}
