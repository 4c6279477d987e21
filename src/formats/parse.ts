import type { z } from 'zod'
import { StepscopeError } from '../core/errors.ts'
import { firstSchemaIssue } from '../core/schema-issue.ts'

/** A value through a schema. Throws a StepscopeError `bad-file` naming file and field of the first mistake. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, file: string, at = ''): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const { path, message, found } = firstSchemaIssue(result.error, value)
  const field = `${at}${fieldPath(path, at === '')}`
  throw new StepscopeError({
    code: 'bad-file',
    message,
    found,
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
