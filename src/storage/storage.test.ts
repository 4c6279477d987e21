import 'fake-indexeddb/auto'
import { Dexie } from 'dexie'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import { toErrorDetails } from '../core/errors.ts'
import { SAMPLE_EVENTS, SAMPLE_RUN } from '../formats/testing/sample-run.ts'
import type { SearchEvent } from '../search/events.ts'
import type { AppStorage } from './storage.ts'
import { openStorage } from './storage.ts'
import type { StoredRun } from './stored-run.ts'
import { restoreDatabase } from './testing/restore-database.ts'

const run: StoredRun = {
  id: 'run-1',
  title: SAMPLE_RUN.title,
  createdAt: SAMPLE_RUN.createdAt,
  updatedAt: SAMPLE_RUN.createdAt,
  status: 'running',
  setup: SAMPLE_RUN.setup,
  models: null,
  measured: SAMPLE_RUN.measured,
  parent: null,
  purpose: 'search',
  selected: null,
  eventCount: 0,
  answer: null,
  correct: null,
  owner: 'tab-1',
  removed: false,
}

function fresh(indexedDB = new IDBFactory()): Promise<AppStorage> {
  return openStorage({ indexedDB, IDBKeyRange })
}

/** What stands in the database itself, whatever the runs' records say. */
async function rawEvents(indexedDB: IDBFactory): Promise<number> {
  const raw = new Dexie('stepscope', { indexedDB, IDBKeyRange })
  await raw.open()
  const chunks = await raw.table('events').count()
  raw.close()
  return chunks
}

async function refusal(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error === null) throw new Error('it was accepted')
  return toErrorDetails(error)
}

describe('saved runs', () => {
  it('grow by chunks and come back in one piece', async () => {
    const indexedDB = new IDBFactory()
    const storage = await fresh(indexedDB)
    await storage.writeRun(run, [])
    await storage.appendEvents('run-1', SAMPLE_EVENTS.slice(0, 3), {})
    await storage.appendEvents('run-1', SAMPLE_EVENTS.slice(3, 4), {})
    await storage.appendEvents('run-1', SAMPLE_EVENTS.slice(4), { status: 'finished', answer: '15', correct: true })
    storage.close()
    expect(await rawEvents(indexedDB)).toBe(3)

    const again = await fresh(indexedDB)
    const found = await again.readRun('run-1')
    expect(found?.events).toEqual(SAMPLE_EVENTS)
    expect(found?.run).toEqual({ ...run, status: 'finished', answer: '15', correct: true, eventCount: 11 })
    expect((await again.listRuns()).runs).toEqual([found?.run])
    again.close()
  })

  it('keep every whole chunk of a run that broke off', async () => {
    const indexedDB = new IDBFactory()
    const storage = await fresh(indexedDB)
    await storage.writeRun(run, [])
    await storage.appendEvents('run-1', SAMPLE_EVENTS.slice(0, 5), {})
    // A chunk that fails half-way leaves neither its events nor a changed record.
    const unclonable = { ...SAMPLE_EVENTS[5], hook: () => {} } as never
    expect(await refusal(storage.appendEvents('run-1', [unclonable], { title: 'half' }))).toMatchObject({
      code: 'storage',
    })
    storage.close()

    const again = await fresh(indexedDB)
    expect(await again.markInterrupted(new Set(['tab-2']))).toEqual(['run-1'])
    const found = await again.readRun('run-1')
    expect(found?.events).toEqual(SAMPLE_EVENTS.slice(0, 5))
    expect(found?.run).toMatchObject({ status: 'interrupted', owner: null, eventCount: 5, title: run.title })
    again.close()
  })

  it('are read up to a gap, where a browser lost a chunk', async () => {
    const indexedDB = new IDBFactory()
    const storage = await fresh(indexedDB)
    await storage.writeRun(run, [])
    for (const from of [0, 4, 8]) await storage.appendEvents('run-1', SAMPLE_EVENTS.slice(from, from + 4), {})
    storage.close()
    const raw = new Dexie('stepscope', { indexedDB, IDBKeyRange })
    await raw.open()
    await raw.table('events').delete(['run-1', 4])
    raw.close()

    const again = await fresh(indexedDB)
    expect((await again.readRun('run-1'))?.events).toEqual(SAMPLE_EVENTS.slice(0, 4))
    again.close()
  })

  it('of 202,498 events come back whole, though they were written at once', async () => {
    const [started] = SAMPLE_EVENTS
    if (!started) throw new Error('no events')
    const { ledger } = started
    const more = Array.from(
      { length: 202_497 },
      (_, index): SearchEvent => ({ type: 'backedUp', ledger, round: 1, node: 0, visits: index + 1, value: 0.5 }),
    )
    const storage = await fresh()
    await storage.writeRun(run, [started, ...more])
    const [first, ...rest] = (await storage.readRun(run.id))?.events ?? []
    expect(first).toEqual(started)
    expect(rest).toHaveLength(more.length)
    // One look at each: a comparison of all in one go takes seconds.
    expect(rest.findIndex((event, index) => event.type !== 'backedUp' || event.visits !== index + 1)).toBe(-1)
    expect(rest.at(-1)).toEqual(more.at(-1))
    storage.close()
  })

  it('of a tab that is open are not interrupted', async () => {
    const storage = await fresh()
    await storage.writeRun(run, [])
    expect(await storage.markInterrupted(new Set(['tab-1']))).toEqual([])
    expect((await storage.readRun('run-1'))?.run.status).toBe('running')
    storage.close()
  })

  it('leave the list when removed, come back whole when that is undone, and leave storage when purged', async () => {
    const indexedDB = new IDBFactory()
    const storage = await fresh(indexedDB)
    await storage.writeRun({ ...run, status: 'finished' }, SAMPLE_EVENTS)
    await storage.writeRun({ ...run, id: 'run-2', createdAt: '2026-02-01T00:00:00.000Z' }, SAMPLE_EVENTS)
    expect((await storage.listRuns()).runs.map(({ id }) => id)).toEqual(['run-2', 'run-1'])
    await storage.changeRun('run-1', { removed: true })
    expect((await storage.listRuns()).runs.map(({ id }) => id)).toEqual(['run-2'])
    await storage.changeRun('run-1', { removed: false })
    expect((await storage.listRuns()).runs.map(({ id }) => id)).toEqual(['run-2', 'run-1'])
    expect((await storage.readRun('run-1'))?.events).toEqual(SAMPLE_EVENTS)
    await storage.changeRun('run-1', { removed: true })
    // Another tab can still undo it.
    await storage.changeRun('run-1', { removed: true, removedBy: 'tab-2' })
    expect(await storage.purgeRemoved(new Set(['tab-2']))).toBe(0)
    expect((await storage.readRun('run-1'))?.events).toEqual(SAMPLE_EVENTS)
    expect(await rawEvents(indexedDB)).toBe(2)
    expect(await storage.purgeRemoved(new Set(['tab-3']))).toBe(1)
    expect(await storage.readRun('run-1')).toBeNull()
    expect(await rawEvents(indexedDB)).toBe(1)
    expect((await storage.readRun('run-2'))?.events).toEqual(SAMPLE_EVENTS)
    storage.close()
  })

  it('are deleted one by one with their events, and measured with what was removed', async () => {
    const indexedDB = new IDBFactory()
    const storage = await fresh(indexedDB)
    expect(await storage.measureRuns()).toEqual({ count: 0, bytes: 0 })
    await storage.writeRun(run, SAMPLE_EVENTS)
    const { bytes } = await storage.measureRuns()
    expect(bytes).toBeGreaterThan(JSON.stringify(SAMPLE_EVENTS).length)
    await storage.writeRun({ ...run, id: 'run-2' }, SAMPLE_EVENTS)
    expect(await storage.measureRuns()).toEqual({ count: 2, bytes: 2 * bytes })
    await storage.changeRun('run-2', { removed: true })
    const removed = await storage.measureRuns()
    expect(removed.count).toBe(1)
    expect(removed.bytes).toBeGreaterThan(1.9 * bytes)
    await storage.deleteRun('run-2')
    expect(await storage.measureRuns()).toEqual({ count: 1, bytes })
    expect(await rawEvents(indexedDB)).toBe(1)
    expect(await refusal(storage.appendEvents('run-2', SAMPLE_EVENTS, {}))).toMatchObject({ code: 'not-found' })
    expect(await rawEvents(indexedDB)).toBe(1)
    storage.close()
  })

  it('that cannot be read are counted and left out', async () => {
    const indexedDB = new IDBFactory()
    const storage = await fresh(indexedDB)
    await storage.writeRun(run, SAMPLE_EVENTS)
    storage.close()
    const raw = new Dexie('stepscope', { indexedDB, IDBKeyRange })
    await raw.open()
    await raw.table('runs').put({ id: 'odd', createdAt: 'x', setup: 1 })
    raw.close()
    const again = await fresh(indexedDB)
    const listed = await again.listRuns()
    expect([listed.runs.map(({ id }) => id), listed.unreadable]).toEqual([['run-1'], 1])
    expect(await refusal(again.readRun('odd'))).toMatchObject({ code: 'bad-file' })
    again.close()
  })
})

describe('a browser that refuses', () => {
  it('names a full disk, and keeps what was saved before', async () => {
    const storage = await fresh()
    await storage.writeRun(run, SAMPLE_EVENTS.slice(0, 3))
    const before = await storage.readRun('run-1')
    const quota = new DOMException('full', 'QuotaExceededError')
    const store = IDBObjectStoreProto()
    const { put } = store
    store.put = () => {
      throw quota
    }
    try {
      expect(await refusal(storage.appendEvents('run-1', SAMPLE_EVENTS.slice(3), { title: 'x' }))).toMatchObject({
        code: 'storage',
        message: 'Saving the run failed: this browser’s space for Stepscope is full',
        nextStep: 'Delete saved runs or local models, or export the run as a file.',
      })
    } finally {
      store.put = put
    }
    expect(await storage.readRun('run-1')).toEqual(before)
    await storage.appendEvents('run-1', SAMPLE_EVENTS.slice(3), {})
    expect((await storage.readRun('run-1'))?.events).toEqual(SAMPLE_EVENTS)
    storage.close()
  })

  it('names a private window', async () => {
    const closed = new IDBFactory()
    closed.open = () => {
      throw new DOMException('no', 'SecurityError')
    }
    expect(await refusal(fresh(closed))).toMatchObject({
      code: 'storage',
      message: expect.stringContaining('this browser does not allow saving here (private windows may not)'),
      nextStep: 'Go on without saving, and export runs as files.',
    })
  })
})

function IDBObjectStoreProto(): { put: unknown } {
  return IDBObjectStore.prototype as unknown as { put: unknown }
}

describe('settings and local models', () => {
  it('come back as they were put, files with their bytes, also after a reload', async () => {
    const indexedDB = new IDBFactory()
    const storage = await fresh(indexedDB)
    expect(await storage.readSetting('snapshot')).toBeUndefined()
    await storage.writeSetting('snapshot', { a: [1, 2] })
    await storage.writeSetting('other', 'x')
    const files = [new File(['{"a": 1}'], 'config.json')]
    const model = { id: 'm', name: 'M', role: 'policy', bytes: 8, manifest: { task: 'countdown' }, files } as const
    await storage.writeModel(model)
    await storage.writeModel({ ...model, id: 'n', files: [] })
    storage.close()

    const again = await fresh(indexedDB)
    expect(await again.readSetting('snapshot')).toEqual({ a: [1, 2] })
    const [found, other] = await again.listModels()
    expect({ ...found, files }).toEqual(model)
    expect(await Promise.all((found?.files ?? []).map((file) => file.text()))).toEqual(['{"a": 1}'])
    expect(other).toEqual({ ...model, id: 'n', files: [] })
    await again.deleteModel('m')
    expect(await again.listModels()).toEqual([other])
    again.close()
  })

  it('a model that an earlier version kept has its fields, which were called its adapter', async () => {
    const indexedDB = new IDBFactory()
    const record = { id: 'm', name: 'M', role: 'policy', bytes: 8, files: [] }
    const adapter = { role: 'policy', task: 'countdown', stepEnd: '\n' }
    const models = {
      keyPath: 'id',
      indexes: [],
      rows: [
        { ...record, adapter },
        { ...record, id: 'n', adapter: 3 },
      ],
    }
    const runs = {
      keyPath: 'id',
      indexes: ['createdAt', 'status'].map((key) => ({ name: key, keyPath: key })),
      rows: [],
    }
    const events = { keyPath: ['run', 'first'], indexes: [], rows: [] }
    const settings = { keyPath: 'key', indexes: [], rows: [] }
    const stores = { models, runs, events, settings }
    await restoreDatabase(indexedDB, JSON.stringify({ name: 'stepscope', version: 10, stores }))
    const storage = await openStorage({ indexedDB, IDBKeyRange })
    expect(await storage.listModels()).toEqual([
      { ...record, manifest: { role: 'policy', task: 'countdown', stepEnds: ['\n'] } },
      // What cannot be read is asked for again.
      { ...record, id: 'n', manifest: {} },
    ])
    storage.close()
  })
})
