import { StepscopeError } from '../core/errors.ts'
import type { TrainingRecipe } from './training-recipe.ts'

/** A field that two recipes do not have in common, e.g. `optimizer.learningRate`, with both values as JSON. */
export interface FieldDifference {
  readonly field: string
  readonly before: string
  readonly now: string
}

/** All fields at which two recipes (or parts of two) differ, in the recipe's order; lists are compared whole. */
export function recipeDifferences(before: unknown, now: unknown): FieldDifference[] {
  return differences(before, now, '')
}

/** What may change while a run goes on: when it is looked at and saved, and in how much memory, teaches nothing. */
const FREE: readonly string[] = ['saveEvery', 'evaluateEvery', 'passTokens', 'recompute']

/**
 * Whether a run that was begun with one recipe may go on with another: what is learned, and from what, must be the same;
 * `steps` may grow.
 * @throws StepscopeError `bad-setting` naming the first field that differs
 */
export function checkSameRun(begun: TrainingRecipe, given: TrainingRecipe): void {
  const grows = given.steps >= begun.steps
  const [first] = recipeDifferences(begun, given).filter(
    ({ field }) => !FREE.includes(field) && !(field === 'steps' && grows),
  )
  if (first === undefined) return
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'The run was begun with another recipe',
    expected: first.field === 'steps' ? `${first.before} or more` : first.before,
    found: first.now,
    place: { field: first.field },
    nextStep: 'Go on with the recipe that it was begun with (steps may grow), or start another run.',
  })
}

function differences(before: unknown, now: unknown, at: string): FieldDifference[] {
  if (isObject(before) && isObject(now)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(now)])
    return [...keys].flatMap((key) => differences(before[key], now[key], at === '' ? key : `${at}.${key}`))
  }
  const [was, is] = [word(before), word(now)]
  return was === is ? [] : [{ field: at, before: was, now: is }]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function word(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
