import type { Bound } from '../../core/bounds.ts'
import { BOUNDS } from '../../core/bounds.ts'
import { StepscopeError } from '../../core/errors.ts'

/** An error of a problem that a person or a file gives. */
export function badProblem(message: string, details: Partial<StepscopeError['details']> = {}): StepscopeError {
  return new StepscopeError({ code: 'bad-problem', message, ...details })
}

/**
 * A text of a data row, without spaces around it; null where there is none.
 * @throws StepscopeError `bad-problem` where it is no text, or longer than the bound
 */
export function optionalText(row: Readonly<Record<string, unknown>>, field: string, bound: Bound): string | null {
  const value = row[field]
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') {
    throw badProblem('The field is no text', {
      expected: 'a text',
      found: JSON.stringify(value)?.slice(0, 60) ?? 'nothing',
      place: { field },
    })
  }
  const text = value.trim()
  checkLength(text, bound, field)
  return text === '' ? null : text
}

/** The question of a data row, from the first of these fields that it has. */
export function questionOf(row: Readonly<Record<string, unknown>>, fields: readonly string[], example: string): string {
  for (const field of fields) {
    const question = optionalText(row, field, BOUNDS.questionLength)
    if (question !== null) return question
  }
  throw badProblem('The problem has no question', {
    expected: `a text in ${fields.map((field) => `“${field}”`).join(' or ')}`,
    found: Object.keys(row).slice(0, 8).join(', ') || 'nothing',
    place: { field: fields[0] ?? '' },
    nextStep: `Write the problem as ${example}.`,
  })
}

/** A gold answer of a data row: a text or a number; null where it is unknown. */
export function answerText(row: Readonly<Record<string, unknown>>, field: string, bound: Bound): string | null {
  const value = row[field]
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return optionalText(row, field, bound)
}

/** What a person types as a question. */
export function typedQuestion(text: string): string {
  const question = text.trim()
  if (question === '') throw badProblem('The problem is empty', { expected: 'a question in words' })
  checkLength(question, BOUNDS.questionLength)
  return question
}

export function checkLength(text: string, { max }: Bound, field?: string): void {
  if (text.length <= max) return
  throw badProblem('The text is too long', {
    expected: `at most ${max} characters`,
    found: `${text.length} characters`,
    ...(field === undefined ? {} : { place: { field } }),
  })
}

/** The object that a data row is. */
export function rowOf(value: unknown, example: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw badProblem('The problem is no object', {
    expected: example,
    found: JSON.stringify(value)?.slice(0, 60) ?? 'nothing',
  })
}
