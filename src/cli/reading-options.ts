import { readEscapes } from '../core/escapes.ts'
import type { StatedManifest } from '../search/manifest.ts'
import type { Reading } from '../search/reading.ts'
import { READING_IDS } from '../search/reading.ts'
import { READINGS } from '../search/readings.ts'
import type { Options, ParsedOptions } from './options.ts'
import { oneOf, readChoice } from './options.ts'

/** How a reward model is read, where its folder does not say so and no preset recognizes it, or in place of what they say. */
export const READING_OPTIONS: Options = {
  reading: {
    ...oneOf(READING_IDS),
    value: 'NAME',
    description: `How the reward model is read, one of ${READING_IDS.join(', ')}; default: as its stepscope.json says, or as it is recognized.`,
  },
  separator: {
    type: 'string',
    value: 'TEXT',
    description: 'What follows each step, at whose last token the score is read; \\n is a line end.',
  },
}

/** What `--reading` and `--separator` say. */
export function readReading(options: ParsedOptions): StatedManifest {
  const given = options.text('reading')
  const id = given === undefined ? undefined : readChoice('reading', given, READING_IDS)
  const separator = options.text('separator')
  const reading: Partial<Reading> = {
    ...(id === undefined ? {} : { id }),
    ...(separator === undefined ? {} : { scoreAt: readEscapes(separator) }),
  }
  if (Object.keys(reading).length === 0) return {}
  return { ...(id === undefined ? {} : { role: READINGS[id].role }), reading }
}
