import { foreignError } from './foreign-errors.ts'
import { PARAGRAPH_CHARACTERS, plainText } from './outside-text.ts'

/** Where a problem was found: a file and, where it applies, a field or a line (from 1). */
export interface ErrorPlace {
  readonly file?: string
  readonly field?: string
  readonly line?: number
}

export type ErrorCode =
  | 'no-adapter'
  | 'device-lost'
  | 'out-of-memory'
  | 'unsupported-config'
  | 'bad-checkpoint'
  | 'bad-tokenizer'
  | 'bad-problem'
  | 'bad-setting'
  | 'bad-file'
  | 'wrong-version'
  | 'not-found'
  | 'storage'
  /** The page is older than the files on its server: only a reload helps. */
  | 'old-page'
  | 'cancelled'
  | 'internal'

export interface ErrorDetails {
  readonly code: ErrorCode
  /** What happened, one plain sentence. */
  readonly message: string
  readonly expected?: string
  readonly found?: string
  readonly place?: ErrorPlace
  /** What the person can do now, one plain sentence. */
  readonly nextStep?: string
}

/**
 * An error meant for a person: what was expected, what was found, where, and what to do next.
 * `details` is plain data, so it crosses the worker boundary and the command line unchanged.
 */
export class StepscopeError extends Error {
  readonly details: ErrorDetails

  constructor(details: ErrorDetails, options?: ErrorOptions) {
    super(describeError(details), options)
    this.name = 'StepscopeError'
    this.details = details
  }
}

/**
 * One line: `file, field: message (expected …, found …). Next step.` Its parts may be from outside: each is clipped, and
 * stands as `plainText`.
 */
export function describeError(details: ErrorDetails): string {
  const { place, nextStep } = details
  const part = (text: string | undefined, before = '') => (text ? [`${before}${plainText(text)}`] : [])
  const where = [
    ...part(place?.file),
    ...(place?.line === undefined ? [] : [`line ${place.line}`]),
    ...part(place?.field),
  ].join(', ')
  const compared = [...part(details.expected, 'expected '), ...part(details.found, 'found ')].join(', ')
  const message = plainText(details.message, PARAGRAPH_CHARACTERS, true)
  const sentence = `${where ? `${where}: ` : ''}${message}${compared ? ` (${compared})` : ''}`
  const stop = /[.!?]$/.test(sentence) ? '' : '.'
  return nextStep === undefined ? sentence : `${sentence}${stop} ${plainText(nextStep, PARAGRAPH_CHARACTERS, true)}`
}

/** The details of any thrown value (see `foreignError`); unknown errors become code `internal` with their message. */
export function toErrorDetails(error: unknown): ErrorDetails {
  if (error instanceof StepscopeError) return error.details
  return foreignError(error) ?? { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}
