import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import { workPool } from './work-pool.ts'

describe('workPool', () => {
  it('keeps the order of the items and the number of places', async () => {
    let active = 0
    let most = 0
    const results = await workPool([5, 1, 3, 2, 4], 2, async (item, index) => {
      active += 1
      most = Math.max(most, active)
      for (let turn = 0; turn < item; turn++) await Promise.resolve()
      active -= 1
      return `${index}:${item}`
    })
    expect(results).toEqual(['0:5', '1:1', '2:3', '3:2', '4:4'])
    expect(most).toBe(2)
    expect(await workPool([], 4, async () => 1)).toEqual([])
  })

  it('repeats work that found no memory beside others, with fewer places', async () => {
    let active = 0
    let refused = 0
    const results = await workPool([0, 1, 2, 3, 4, 5], 5, async (item) => {
      active += 1
      try {
        await Promise.resolve()
        if (active > 2) {
          refused += 1
          throw new StepscopeError({ code: 'out-of-memory', message: 'No room' })
        }
        return item
      } finally {
        active -= 1
      }
    })
    expect(results).toEqual([0, 1, 2, 3, 4, 5])
    expect(refused).toBeGreaterThan(0)
  })

  it('loses nothing where the others have ended meanwhile', async () => {
    let tries = 0
    const results = await workPool(['short', 'long'], 2, async (item) => {
      if (item === 'short') return item
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      if (tries++ === 0) throw new StepscopeError({ code: 'out-of-memory', message: 'No room' })
      return item
    })
    expect(results).toEqual(['short', 'long'])
  })

  it('fails where even one alone finds no memory, and at any other error', async () => {
    const full = async (): Promise<never> => {
      throw new StepscopeError({ code: 'out-of-memory', message: 'No room' })
    }
    await expect(workPool([1, 2, 3], 3, full)).rejects.toThrow('No room')
    const seen: number[] = []
    const broken = async (item: number): Promise<number> => {
      seen.push(item)
      if (item === 2) throw new Error('broken')
      return item
    }
    await expect(workPool([1, 2, 3, 4], 1, broken)).rejects.toThrow('broken')
    expect(seen).toEqual([1, 2])
  })
})
