import { BOUNDS } from './bounds.ts'
import type { ErrorCode, ErrorPlace } from './errors.ts'
import { StepscopeError } from './errors.ts'
import { jsonStop } from './json-position.ts'

/** Longest text that is read whole, in bytes: JavaScript engines hold no longer strings. */
const MAX_TEXT_BYTES = 2 ** 29 - 2 ** 20

/** What is read, for the errors. */
export interface JsonSource {
  /** A line that is given here is where the text stands, rather than its first. */
  readonly place: ErrorPlace
  /** As in “The file is not JSON”; 'file' where not given. */
  readonly what?: 'file' | 'line' | 'value' | 'header'
  /** 'bad-file' where not given. */
  readonly code?: ErrorCode
  readonly nextStep?: string
}

/**
 * JSON text to a value: every JSON text from outside is read here. A byte order mark before it is passed over.
 * @throws StepscopeError with line and column where the text stops being JSON, or is deeper than `BOUNDS.jsonDepth`
 */
export function readJsonText(text: string, source: JsonSource): unknown {
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw notJson(json, source, cause)
  }
  if (isDeeper(value, json.length)) throw notJson(json, source)
  return value
}

/**
 * Call it before a file's text is read.
 * @throws StepscopeError where the file is too large to be read whole
 */
export function checkTextBytes(bytes: number, place: ErrorPlace, code: ErrorCode = 'bad-file'): void {
  if (bytes <= MAX_TEXT_BYTES) return
  throw new StepscopeError({
    code,
    message: 'The file is too large to be read whole',
    expected: `at most ${MAX_TEXT_BYTES} bytes`,
    found: `${bytes} bytes`,
    place,
    nextStep: 'Split the file, or choose another.',
  })
}

/** Level by level, for recursion is what great depth would break. */
function isDeeper(value: unknown, characters: number): boolean {
  // Every level takes two characters.
  if (characters <= 2 * BOUNDS.jsonDepth.max) return false
  let level: object[] = typeof value === 'object' && value !== null ? [value] : []
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= BOUNDS.jsonDepth.max) return true
    const next: object[] = []
    for (const container of level) {
      for (const inner of Array.isArray(container) ? container : Object.values(container)) {
        if (typeof inner === 'object' && inner !== null) next.push(inner)
      }
    }
    level = next
  }
  return false
}

function notJson(text: string, source: JsonSource, cause?: unknown): StepscopeError {
  const { place, what = 'file', code = 'bad-file', nextStep } = source
  const { at, tooDeep } = jsonStop(text, BOUNDS.jsonDepth.max)
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  const where = `column ${at - lineStart + 1}`
  return new StepscopeError(
    {
      code,
      message: tooDeep
        ? `The ${what} has too many lists and objects inside each other at ${where}`
        : `The ${what} is not JSON: it breaks at ${where}`,
      expected: tooDeep ? `a depth of at most ${BOUNDS.jsonDepth.max}` : 'JSON text',
      found: at >= text.length ? `the end of the ${what}` : JSON.stringify(text.slice(at, at + 20)),
      place: what === 'file' ? { ...place, line: countLines(text, at) } : place,
      ...(nextStep === undefined ? {} : { nextStep }),
    },
    cause === undefined ? undefined : { cause },
  )
}

/** From 1. */
function countLines(text: string, end: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
