import type { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'

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
