import { describe, expect, it } from 'vitest'
import type { Actions } from '../state/app-state.ts'
import type { IsolationHost } from './isolation.ts'
import { isolateByReload } from './isolation.ts'

const refuse = () => {
  throw new Error('SecurityError')
}
const NOTHING: IsolationHost['memory'] = { getItem: () => null, setItem: () => {}, removeItem: () => {} }

/** Loads of one tab, one after the other, each with its own circumstances; what each told, and which reloaded. */
function tab() {
  const kept = new Map<string, string>()
  const load = async (change: Partial<IsolationHost>) => {
    const told: string[] = []
    let reloads = 0
    const notices = { show: ({ text }: { text: string }) => told.push(text) } as unknown as Actions['notices']
    await isolateByReload(notices, {
      isolated: false,
      topLevel: true,
      workerReady: Promise.resolve(),
      touched: () => false,
      memory: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => kept.set(key, value),
        removeItem: (key) => kept.delete(key),
      },
      reload: () => {
        reloads++
      },
      ...change,
    })
    return { reloads, told }
  }
  return load
}

describe('on a host without headers', () => {
  it('reloads once, then says so once', async () => {
    const load = tab()
    expect(await load({})).toEqual({ reloads: 1, told: [] })
    expect(await load({ isolated: true })).toEqual({ reloads: 0, told: [expect.stringContaining('reloaded once')] })
    expect(await load({ isolated: true })).toEqual({ reloads: 0, told: [] })
  })

  it('does not reload again where that did not help', async () => {
    const load = tab()
    await load({})
    expect(await load({})).toEqual({ reloads: 0, told: [] })
    expect(await load({})).toEqual({ reloads: 0, told: [] })
  })

  it('leaves it to a person who has begun', async () => {
    expect(await tab()({ touched: () => true })).toEqual({
      reloads: 0,
      told: [expect.stringContaining('After a reload')],
    })
  })

  it.each<[string, () => Partial<IsolationHost>]>([
    ['an embedded page', () => ({ topLevel: false })],
    ['a browser without service workers', () => ({ workerReady: null })],
    ['a page whose service worker was refused', () => ({ workerReady: Promise.reject(new Error('refused')) })],
    ['a browser that keeps nothing', () => ({ memory: { ...NOTHING, setItem: refuse } })],
    ['a browser that lets nothing be read', () => ({ memory: { ...NOTHING, getItem: refuse } })],
  ])('stays as it is in %s', async (_, change) => {
    expect(await tab()(change())).toEqual({ reloads: 0, told: [] })
  })
})

it('says nothing where the host sends the headers', async () => {
  expect(await tab()({ isolated: true })).toEqual({ reloads: 0, told: [] })
})
