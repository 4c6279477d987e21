import { describe, expect, it } from 'vitest'
import type { TimelineEvent } from './event-timeline.ts'
import { lanesOf, roundJump, roundStarts, timelineSpan } from './event-timeline.ts'

const events: TimelineEvent[] = [
  { type: 'started' },
  { type: 'proposed', round: 1 },
  { type: 'scored', round: 1 },
  { type: 'kept', round: 1 },
  { type: 'proposed', round: 2 },
  { type: 'pruned', round: 2 },
  { type: 'finished' },
]

describe('timeline', () => {
  it('has a lane for each kind that occurs', () => {
    expect(lanesOf(events).map(({ name }) => name)).toEqual(['proposed', 'scored', 'kept, pruned'])
    expect(lanesOf([])).toEqual([])
  })

  it('knows where rounds start', () => {
    expect(roundStarts(events)).toEqual([
      { round: 1, position: 1 },
      { round: 2, position: 4 },
    ])
  })

  it('jumps from the border of a round to the next', () => {
    expect(roundJump(events, 0, 1)).toBe(1)
    expect(roundJump(events, 1, 1)).toBe(4)
    expect(roundJump(events, 5, 1)).toBe(7)
    expect(roundJump(events, 7, 1)).toBe(7)
    expect(roundJump(events, 7, -1)).toBe(4)
    expect(roundJump(events, 2, -1)).toBe(1)
    expect(roundJump(events, 0, -1)).toBe(0)
  })

  it('leaves room ahead while a run goes on', () => {
    expect(timelineSpan(0, false)).toBe(1)
    expect(timelineSpan(500, false)).toBe(500)
    expect(timelineSpan(3, true)).toBe(64)
    expect(timelineSpan(64, true)).toBe(64)
    expect(timelineSpan(65, true)).toBe(96)
  })
})
