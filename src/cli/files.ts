import { constants } from 'node:fs'
import { access, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
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
 * Throws a StepscopeError that names it.
 */
export async function checkOutputFile(file: string): Promise<void> {
  try {
    const found = await stat(file).catch(() => null)
    if (found?.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    await access(found ? file : dirname(file), constants.W_OK)
  } catch (cause) {
    throw fileError(file, 'The file cannot be written', cause)
  }
}

/** Writes a file. Throws a StepscopeError that names it. */
export async function writeOutputFile(file: string, data: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, data)
  } catch (cause) {
    throw fileError(file, 'The file cannot be written', cause)
  }
}

/** A line of a JSON Lines file, with its number from 1. */
export interface JsonLine {
  readonly line: number
  readonly value: Readonly<Record<string, unknown>>
}

/** Reads a file of one JSON object a line; empty lines are passed over. Errors name file and line. */
export async function readJsonLines(file: string): Promise<JsonLine[]> {
  const text = await readTextFile(file)
  return text.split('\n').flatMap((content, index) => {
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

function fileError(file: string, message: string, cause: unknown): StepscopeError {
  const code = (cause as { code?: string }).code
  const reasons: Record<string, string> = {
    ENOENT: 'it, or its folder, does not exist',
    EACCES: 'access is denied',
    EISDIR: 'it is a folder',
  }
  return new StepscopeError(
    {
      code: code === 'ENOENT' ? 'not-found' : 'bad-file',
      message: `${message}: ${reasons[code ?? ''] ?? (cause as Error).message}`,
      place: { file },
    },
    { cause },
  )
}
