import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { readRunFile } from '../../formats/run-file.ts'
import type { SearchEvent } from '../../search/events.ts'
import { eventDelays } from './pacing.ts'

const recorded = readRunFile(readFileSync('public/runs/first-visit.json', 'utf8'), 'first-visit.json').events
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0)
const event = (type: SearchEvent['type'], round = 1) => ({ type, round })

it('the recorded search plays in 20 to 40 seconds', () => {
  expect(sum(eventDelays(recorded))).toBeGreaterThan(20)
  expect(sum(eventDelays(recorded))).toBeLessThan(40)
})

it('pauses before the decisions of every round, longer than between events of a kind', () => {
  const delays = eventDelays(recorded)
  const first = (type: SearchEvent['type'], round: number) =>
    recorded.findIndex((one) => one.type === type && 'round' in one && one.round === round)
  const rounds = new Set(recorded.flatMap((one) => (one.type === 'kept' ? [one.round] : [])))
  expect(rounds.size).toBeGreaterThanOrEqual(4)
  for (const round of rounds) {
    const decision = first('kept', round)
    expect(decision).toBeGreaterThan(0)
    expect(delays[decision]).toBeGreaterThan(1)
    expect(delays[decision]).toBeGreaterThan(3 * (delays[decision + 1] ?? 0))
    expect(delays[first('proposed', round)]).toBeGreaterThan(3 * (delays[first('proposed', round) + 1] ?? 0))
  }
})

it('any run is over after 40 seconds, in the same proportions', () => {
  const round = (at: number) => [event('proposed', at), event('proposed', at), event('scored', at), event('kept', at)]
  const few = eventDelays(round(1))
  const many = eventDelays(Array.from({ length: 5000 }, (_, index) => round(index)).flat())
  expect(sum(few)).toBeLessThan(5)
  expect(sum(many)).toBeCloseTo(40, 6)
  expect((many[7] ?? 0) / (many[5] ?? 1)).toBeCloseTo((few[3] ?? 0) / (few[1] ?? 1), 6)
  expect(eventDelays([])).toHaveLength(0)
})
