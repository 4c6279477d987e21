import { RE2JS } from 're2js'
import { BOUNDS } from '../../core/bounds.ts'
import { badProblem, checkLength } from '../maths/given-texts.ts'

/** A regular expression as a person writes it, `/\b42\b/i`: its source and its flags `i`, `m` and `s`. */
export interface Pattern {
  readonly source: string
  readonly flags: string
}

const WRITTEN = /^\/([\s\S]+)\/([ims]*)$/

/** Reads `/…/i`; null where a text is written otherwise. */
export function writtenPattern(text: string): Pattern | null {
  const [, source, flags] = WRITTEN.exec(text.trim()) ?? []
  return source === undefined || flags === undefined ? null : { source, flags }
}

export const formatPattern = ({ source, flags }: Pattern): string => `/${source}/${flags}`

/**
 * Whether a text has a match. RE2 takes time in proportion to the text, so that no expression can hold up the page; it has
 * no look-around and no back references.
 */
export function matches(pattern: Pattern, text: string): boolean {
  return compiled(pattern).matcher(text.slice(-MOST_TEXT)).find()
}

const MOST_TEXT = 20_000

/** @throws StepscopeError `bad-problem` where it is no regular expression that RE2 knows */
export function checkPattern(pattern: Pattern, field?: string): Pattern {
  checkLength(pattern.source, BOUNDS.answerLength, field)
  compiled(pattern, field)
  return pattern
}

function compiled({ source, flags }: Pattern, field?: string): RE2JS {
  const bits =
    (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) |
    (flags.includes('m') ? RE2JS.MULTILINE : 0) |
    (flags.includes('s') ? RE2JS.DOTALL : 0)
  try {
    return RE2JS.compile(source, bits)
  } catch (cause) {
    throw badProblem('The regular expression cannot be read', {
      expected: 'a regular expression as RE2 has them, without look-around and back references',
      found: cause instanceof Error ? cause.message.replace(/^error parsing regexp: /, '') : source,
      ...(field === undefined ? {} : { place: { field } }),
    })
  }
}
