import { expect, it } from 'vitest'
import type { SearchEvent } from '../search/events.ts'
import { statusWord } from './status-word.ts'

const events = Array.from({ length: 9 }, () => ({}) as SearchEvent)

it.each([
  ['finished', 3, 'Event 3 of 9'],
  ['finished', 0, 'Event 0 of 9'],
  ['cancelled', 3, 'Event 3 of 9'],
  ['cancelled', 9, 'Cancelled'],
  ['interrupted', 9, 'Interrupted'],
  ['running', 3, 'Searching'],
  ['paused', 9, 'Paused'],
] as const)('a %s run looked at after event %i is “%s”', (status, cursor, word) => {
  expect(statusWord({ status, cursor, events })).toBe(word)
})
