import 'fake-indexeddb/auto'
import { Dexie } from 'dexie'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import { SAMPLE_EVENTS, SAMPLE_RUN } from '../formats/testing/sample-run.ts'
import type { AppStorage } from './storage.ts'
import { openStorage } from './storage.ts'
import type { StoredProblemSet } from './stored-problem-set.ts'
import type { StoredSweep } from './stored-sweep.ts'
import { restoreDatabase } from './testing/restore-database.ts'

const sweep: StoredSweep = {
  id: 'sweep-1',
  title: 'Countdown, 3 numbers',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  status: 'running',
  config: { task: 'countdown' },
  problems: [{ numbers: [1, 2], target: 3 }],
  models: [{ policy: { kind: 'bundled', id: 'countdown-policy', name: 'Countdown policy' }, reward: null }],
  total: 9,
  count: 0,
  errors: 0,
  seconds: 0,
  ledger: null,
  error: null,
  owner: 'tab-1',
  removed: false,
  removedBy: null,
}

const set: StoredProblemSet = {
  id: 'set-1',
  name: 'GSM8K test',
  createdAt: '2026-01-01T00:00:00.000Z',
  task: 'maths',
  origin: 'test.jsonl',
  hash: 'abc',
  problems: [{ question: '1 + 1?', answer: '#### 2' }],
  removed: false,
  removedBy: null,
}

function fresh(indexedDB = new IDBFactory()): Promise<AppStorage> {
  return openStorage({ indexedDB, IDBKeyRange })
}

const results = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => ({ key: `${from + at}` }))

describe('saved sweeps', () => {
  it('grow by chunks and come back in one piece, after a reload too', async () => {
    const indexedDB = new IDBFactory()
    const { sweeps, close } = await fresh(indexedDB)
    await sweeps.write(sweep, [])
    await sweeps.append('sweep-1', results(0, 3), { errors: 1 })
    await sweeps.append('sweep-1', results(3, 9), { status: 'finished', seconds: 4 })
    close()
    const again = await fresh(indexedDB)
    const found = await again.sweeps.read('sweep-1')
    expect(found?.results).toEqual(results(0, 9))
    const whole = { ...sweep, status: 'finished', count: 9, errors: 1, seconds: 4 }
    expect(found?.sweep).toEqual(whole)
    const { problems: _, ...listed } = whole
    expect(await again.sweeps.list()).toEqual({ sweeps: [{ ...listed, problemCount: 1 }], unreadable: 0 })
    expect(await again.sweeps.read('other')).toBeNull()
    again.close()
  })

  it('are read up to a gap, and a chunk that fails leaves nothing', async () => {
    const indexedDB = new IDBFactory()
    const storage = await fresh(indexedDB)
    await storage.sweeps.write(sweep, results(0, 2))
    await storage.sweeps.append('sweep-1', results(2, 4), {})
    await storage.sweeps.append('sweep-1', results(4, 6), {})
    await expect(storage.sweeps.append('sweep-1', [{ hook: () => {} }], { errors: 7 })).rejects.toMatchObject({
      details: { code: 'storage' },
    })
    expect((await storage.sweeps.read('sweep-1'))?.sweep).toMatchObject({ count: 6, errors: 0 })
    storage.close()
    const raw = new Dexie('stepscope', { indexedDB, IDBKeyRange })
    await raw.open()
    await raw.table('sweepResults').delete(['sweep-1', 2])
    await raw.table('sweeps').put({ id: 'odd', createdAt: 'x' })
    raw.close()
    const again = await fresh(indexedDB)
    expect((await again.sweeps.read('sweep-1'))?.results).toEqual(results(0, 2))
    expect((await again.sweeps.list()).unreadable).toBe(1)
    expect(await again.sweeps.read('odd')).toBeNull()
    again.close()
  })

  it('of a tab that is gone are interrupted, and of one that is open are not', async () => {
    const { sweeps, close } = await fresh()
    await sweeps.write(sweep, [])
    await sweeps.write({ ...sweep, id: 'sweep-2', owner: 'tab-2', status: 'paused' }, [])
    expect(await sweeps.markInterrupted(new Set(['tab-1']))).toEqual(['sweep-2'])
    expect((await sweeps.read('sweep-1'))?.sweep.status).toBe('running')
    expect((await sweeps.read('sweep-2'))?.sweep).toMatchObject({ status: 'interrupted', owner: null })
    close()
  })

  it('leave the list when removed, come back when that is undone, and are gone when purged', async () => {
    const storage = await fresh()
    const { sweeps } = storage
    await sweeps.write({ ...sweep, owner: null }, results(0, 9))
    await sweeps.writeSet(set)
    await sweeps.change('sweep-1', { removed: true, removedBy: 'tab-2' })
    await sweeps.changeSet('set-1', { removed: true, removedBy: 'tab-2' })
    expect((await sweeps.list()).sweeps).toEqual([])
    expect(await sweeps.listSets()).toEqual([])
    // Another tab can still undo it.
    expect(await storage.purgeRemoved(new Set(['tab-2']))).toBe(0)
    await sweeps.change('sweep-1', { removed: false, removedBy: null })
    expect((await sweeps.list()).sweeps.map(({ id }) => id)).toEqual(['sweep-1'])
    expect(await storage.purgeRemoved(new Set())).toBe(1)
    expect(await sweeps.readSet('set-1')).toBeNull()
    await sweeps.change('sweep-1', { removed: true })
    expect(await storage.purgeRemoved(new Set())).toBe(1)
    expect(await sweeps.read('sweep-1')).toBeNull()
    await expect(sweeps.append('sweep-1', results(0, 1), {})).rejects.toMatchObject({ details: { code: 'not-found' } })
    storage.close()
  })
})

describe('problem sets', () => {
  it('are listed by their number of problems, and read whole', async () => {
    const { sweeps, close } = await fresh()
    await sweeps.writeSet(set)
    await sweeps.changeSet('set-1', { name: 'GSM8K' })
    const { problems: _, ...listed } = { ...set, name: 'GSM8K' }
    expect(await sweeps.listSets()).toEqual([{ ...listed, problemCount: 1 }])
    expect(await sweeps.readSet('set-1')).toEqual({ ...set, name: 'GSM8K' })
    expect(await sweeps.readSet('other')).toBeNull()
    close()
  })
})

it('a database of before the lab keeps its runs and settings, and gets the tables of the lab', async () => {
  const indexedDB = new IDBFactory()
  const run = {
    id: 'run-1',
    title: SAMPLE_RUN.title,
    createdAt: SAMPLE_RUN.createdAt,
    updatedAt: SAMPLE_RUN.createdAt,
    status: 'finished',
    setup: SAMPLE_RUN.setup,
    models: null,
    measured: SAMPLE_RUN.measured,
    parent: null,
    purpose: 'search',
    selected: null,
    eventCount: SAMPLE_EVENTS.length,
    answer: null,
    correct: null,
    owner: null,
    removed: false,
  }
  const stores = {
    runs: {
      keyPath: 'id',
      indexes: ['createdAt', 'status'].map((key) => ({ name: key, keyPath: key })),
      rows: [run],
    },
    events: { keyPath: ['run', 'first'], indexes: [], rows: [{ run: 'run-1', first: 0, events: SAMPLE_EVENTS }] },
    models: { keyPath: 'id', indexes: [], rows: [] },
    settings: { keyPath: 'key', indexes: [], rows: [{ key: 'snapshot', value: { kept: true } }] },
  }
  await restoreDatabase(indexedDB, JSON.stringify({ name: 'stepscope', version: 10, stores }))
  const storage = await fresh(indexedDB)
  expect((await storage.readRun('run-1'))?.events).toEqual(SAMPLE_EVENTS)
  expect(await storage.readSetting('snapshot')).toEqual({ kept: true })
  await storage.sweeps.write(sweep, results(0, 1))
  await storage.sweeps.writeSet(set)
  expect((await storage.sweeps.list()).sweeps).toHaveLength(1)
  storage.close()
})
