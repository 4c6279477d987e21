import { describe, expect, it } from 'vitest'
import { StepscopeError } from './errors.ts'
import { orderedWork } from './ordered-work.ts'

async function collect<T>(source: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const value of source) into.push(value)
  return into
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}
const noRoom = () => new StepscopeError({ code: 'out-of-memory', message: 'No room' })

describe('orderedWork', () => {
  it('keeps the order of the items and the number of places', async () => {
    let active = 0
    let most = 0
    const work = async (item: number, index: number) => {
      active += 1
      most = Math.max(most, active)
      await turns(item)
      active -= 1
      return `${index}:${item}`
    }
    expect(await collect(orderedWork([5, 1, 3, 2, 4], 2, work))).toEqual(['0:5', '1:1', '2:3', '3:2', '4:4'])
    expect(most).toBe(2)
    expect(await collect(orderedWork([], 4, async () => 1))).toEqual([])
  })

  it('repeats work that found no memory beside others, with fewer places', async () => {
    let active = 0
    let refused = 0
    const work = async (item: number) => {
      active += 1
      try {
        await Promise.resolve()
        if (active > 2) {
          refused += 1
          throw noRoom()
        }
        return item
      } finally {
        active -= 1
      }
    }
    expect(await collect(orderedWork([0, 1, 2, 3, 4, 5], 5, work))).toEqual([0, 1, 2, 3, 4, 5])
    expect(refused).toBeGreaterThan(0)
  })

  it('loses nothing where the others have ended meanwhile', async () => {
    let tries = 0
    const work = async (item: string) => {
      if (item === 'short') return item
      await turns(20)
      if (tries++ === 0) throw noRoom()
      return item
    }
    expect(await collect(orderedWork(['short', 'long'], 2, work))).toEqual(['short', 'long'])
  })

  it('fails where even one alone finds no memory, and at any other error, after the results before it', async () => {
    const full = async (): Promise<never> => {
      throw noRoom()
    }
    await expect(collect(orderedWork([1, 2, 3], 3, full))).rejects.toThrow('No room')
    const begun: number[] = []
    const broken = async (item: number): Promise<number> => {
      begun.push(item)
      await turns(2)
      if (item === 2) throw new Error('broken')
      return item
    }
    const seen: number[] = []
    await expect(collect(orderedWork([1, 2, 3, 4], 1, broken), seen)).rejects.toThrow('broken')
    expect(begun).toEqual([1, 2])
    expect(seen).toEqual([1])
  })

  it('waits for the results before a failure that came first', async () => {
    const seen: string[] = []
    const work = async (item: string) => {
      await turns(item === 'slow' ? 20 : 1)
      if (item.startsWith('broken')) throw new Error(item)
      return item
    }
    const items = ['slow', 'slow', 'broken first', 'broken second', 'slow']
    await expect(collect(orderedWork(items, 4, work), seen)).rejects.toThrow('broken first')
    expect(seen).toEqual(['slow', 'slow'])
  })

  it('aborts and awaits what is under way where the consumer stops, and where the signal does', async () => {
    let running = 0
    const work = async (item: number, _: number, signal: AbortSignal): Promise<number> => {
      running += 1
      try {
        for (let turn = 0; turn < item * 50; turn++) {
          await Promise.resolve()
          signal.throwIfAborted()
        }
        return item
      } finally {
        running -= 1
      }
    }
    for await (const first of orderedWork([1, 50, 60, 70], 3, work)) {
      expect(first).toBe(1)
      expect(running).toBeGreaterThan(0)
      break
    }
    expect(running).toBe(0)
    const controller = new AbortController()
    const seen: number[] = []
    const consume = async () => {
      for await (const value of orderedWork([1, 50, 60], 3, work, controller.signal)) {
        seen.push(value)
        controller.abort()
      }
    }
    await expect(consume()).rejects.toThrow('abort')
    expect(seen).toEqual([1])
    expect(running).toBe(0)
  })
})
