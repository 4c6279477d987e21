import type { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { jsonErrorPosition } from './json-position.ts'

/** JSON text to a value. Throws a StepscopeError `bad-file` with line and column of the first wrong character. */
export function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const position = jsonErrorPosition(text)
    const before = text.slice(0, position)
    const line = before.split('\n').length
    const column = position - before.lastIndexOf('\n')
    throw new StepscopeError(
      {
        code: 'bad-file',
        message: `The file is not JSON: it breaks at column ${column}`,
        expected: 'JSON text',
        found: position >= text.length ? 'the end of the file' : JSON.stringify(text.slice(position, position + 20)),
        place: { file, line },
        nextStep: 'Export the run again, or open another file.',
      },
      { cause: error },
    )
  }
}

/** A value through a schema. Throws a StepscopeError `bad-file` naming file and field of the first mistake. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, file: string, at = ''): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = `${at}${fieldPath(issue?.path ?? [], at === '')}`
  const found = valueAt(value, issue?.path ?? [])
  throw new StepscopeError({
    code: 'bad-file',
    message: issue?.message ?? 'The value does not fit',
    found: showFound(found),
    place: { file, ...(field === '' ? {} : { field }) },
    nextStep: 'Open a file that Stepscope exported.',
  })
}

/** `events[3].decision.rule` */
function fieldPath(path: readonly PropertyKey[], first: boolean): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${first && index === 0 ? '' : '.'}${String(key)}`))
    .join('')
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  )
}

function showFound(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 37)}…` : text
}
