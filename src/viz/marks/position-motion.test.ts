import { describe, expect, it } from 'vitest'
import type { NodeSpec } from '../layout/testing/tree-of.ts'
import { treeOf } from '../layout/testing/tree-of.ts'
import { layoutTree } from '../layout/tree-layout.ts'
import { PositionMotion } from './position-motion.ts'

const specs: readonly NodeSpec[] = [{ parent: null }, { parent: 0, score: 0.5 }, { parent: 0, score: 0.9 }]
const grown = (nodes: number) =>
  layoutTree(treeOf([...specs, ...Array.from({ length: nodes }, (): NodeSpec => ({ parent: 0, score: 0.1 }))]))

describe('moving boxes', () => {
  it('start where they are, new ones at their parent, and end at their places', () => {
    const [before, after] = [grown(0), grown(3)]
    const motion = new PositionMotion()
    motion.jump(before)
    motion.move(after, 1000)
    expect([...motion.top.slice(0, 3)]).toEqual([...before.top])
    expect(motion.left[4]).toBe(before.left[0])
    expect(motion.settled).toBe(false)
    expect(motion.advance(1050)).toBe(true)
    const there = motion.top[2] as number
    expect(there).toBeLessThan(before.top[2] as number)
    expect(there).toBeGreaterThan(after.top[2] as number)
    expect(motion.advance(2500)).toBe(false)
    expect(motion.settled).toBe(true)
    expect(motion.top).toBe(after.top)
  })

  it('get there at the same pace however often the layout is replaced, even between a frame’s time and its drawing', () => {
    const [before, after] = [grown(0), grown(3)]
    const [calm, busy] = [new PositionMotion(), new PositionMotion()]
    for (const motion of [calm, busy]) {
      motion.jump(before)
      motion.move(after, 0)
    }
    for (let frame = 1; frame <= 12; frame++) {
      calm.advance(frame * 16)
      busy.move(grown(3), frame * 16 + 5)
      busy.advance(frame * 16)
    }
    busy.top.forEach((top, id) => {
      expect(top).toBeCloseTo(calm.top[id] as number, 6)
    })
  })

  it('does nothing where nothing moves', () => {
    const motion = new PositionMotion()
    motion.jump(grown(3))
    motion.move(grown(3), 0)
    expect(motion.settled).toBe(true)
  })
})
