import { describe, expect, it } from 'vitest'
import { FaultPlan, nameOf, parseFault } from './fault-plan.ts'

describe('faults on purpose', () => {
  it.each(['worker-hangs@call/load', 'disk-full@files/save-:2', 'device-lost@told/training/saved:3'])('%s', (text) => {
    expect(nameOf(parseFault(text))).toBe(/:\d+$/.test(text) ? text : `${text}:1`)
  })

  it.each(['', 'disk-full', 'fire@files', 'disk-full@nowhere', 'worker-killed@call/load:0'])('%j is none', (text) => {
    expect(() => parseFault(text)).toThrow(/no fault/)
  })

  it('happen at the n-th meeting, once, or for writes from then on', () => {
    const plan = new FaultPlan()
    const kill = parseFault('worker-killed@told/events:2')
    const full = parseFault('disk-full@files/save-:2')
    plan.arm([kill, full])
    const met = ['told/events', 'told/status', 'told/events', 'told/events'].map((point) => plan.meet(point))
    expect(met).toEqual([null, null, kill, null])
    expect(plan.meet('files/save-1')).toBeNull()
    // Counts go on when more is armed.
    plan.arm([full, kill])
    expect([plan.meet('files/save-2'), plan.meet('files/other'), plan.meet('files/save-3')]).toEqual([full, null, full])
    plan.arm([])
    expect(plan.meet('files/save-4')).toBeNull()
  })
})
