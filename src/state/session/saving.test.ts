import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../../core/errors.ts'
import { FULL } from '../../core/storage-failure.ts'
import { readRunFile } from '../../formats/run-file.ts'
import type { AppStorage } from '../../storage/storage.ts'
import { openStorage } from '../../storage/storage.ts'
import type { RunId } from '../search/runs-state.ts'
import type { RigOptions, StoreRig } from '../testing/store-rig.ts'
import { storeRig } from '../testing/store-rig.ts'

/** A store whose disk is full while `disk.full` is set. */
async function rigOnDisk(options: RigOptions = {}) {
  const indexedDB = options.indexedDB ?? new IDBFactory()
  const disk = { full: false, purgeMakesRoom: false }
  const refuse = () =>
    Promise.reject(new StepscopeError({ code: 'storage', message: `Saving the run failed: ${FULL}` }))
  const rig = storeRig({
    ...options,
    indexedDB,
    dependencies: {
      ...options.dependencies,
      openStorage: async () => {
        const storage = await openStorage({ indexedDB, IDBKeyRange })
        const purgeRemoved: AppStorage['purgeRemoved'] = async (others) => {
          const count = await storage.purgeRemoved(others)
          if (disk.purgeMakesRoom && count > 0) disk.full = false
          return count
        }
        const full: Partial<AppStorage> = {
          writeRun: refuse,
          appendEvents: refuse,
          changeRun: refuse,
          purgeRemoved,
        }
        return new Proxy(storage, {
          get: (target, key: keyof AppStorage) => (disk.full && full[key]) || target[key],
        })
      },
    },
  })
  await rig.ready()
  rig.store.actions.session.setConfig({ n: 4, m: 2, maxRounds: 3 })
  return { rig, disk, indexedDB }
}

async function runToTheEnd(rig: StoreRig): Promise<RunId> {
  const id = (await rig.store.actions.runs.start()) ?? ''
  await rig.until(({ runs }) => runs.byId[id]?.status === 'finished')
  return id
}

async function stored(indexedDB: IDBFactory, id: RunId) {
  const storage = await openStorage({ indexedDB, IDBKeyRange })
  const found = await storage.readRun(id)
  storage.close()
  return found
}

const saved = (rig: StoreRig, id: RunId) => rig.until(({ runs }) => runs.byId[id]?.unsaved === null)
const unsaved = (rig: StoreRig, id: RunId) => rig.until(({ runs }) => (runs.byId[id]?.unsaved ?? null) !== null)

describe('a full disk', () => {
  it('is told of each run, none is evicted, and all are saved with their right end when there is room', async () => {
    const { rig, disk, indexedDB } = await rigOnDisk()
    disk.full = true
    const ids: RunId[] = []
    for (let seed = 1; seed <= 14; seed += 1) {
      rig.store.actions.session.setSeed(seed)
      const id = await runToTheEnd(rig)
      await unsaved(rig, id)
      expect(rig.state().notices.at(-1)?.text).toMatch(/is not saved$/)
      ids.push(id)
    }
    expect(Object.keys(rig.state().runs.byId)).toEqual(expect.arrayContaining(ids))
    expect(rig.run(ids[0] ?? '').unsaved?.message).toContain('is full')
    disk.full = false
    for (const id of ids) {
      await saved(rig, id)
      const found = await stored(indexedDB, id)
      expect(found?.run.status).toBe('finished')
      expect(found?.events).toEqual(rig.run(id).events)
    }
    await rig.store.dispose()
  })

  it('a run that is not saved stands in the list as such, can be deleted for good, and loses the mark when it is saved', async () => {
    const { rig, disk, indexedDB } = await rigOnDisk()
    const before = await runToTheEnd(rig)
    await rig.until(({ history }) => history.runs.some(({ id, status }) => id === before && status === 'finished'))
    disk.full = true
    const [id, other] = [await runToTheEnd(rig), await runToTheEnd(rig)]
    const marks = () => rig.state().history.runs.map((run) => [run.id, run.unsaved, run.status])
    await rig.until(({ history: { runs } }) => runs.length === 3 && runs.every(({ status }) => status === 'finished'))
    expect(marks()).toEqual([
      [other, true, 'finished'],
      [id, true, 'finished'],
      [before, false, 'finished'],
    ])
    expect(rig.state().history.runs[0]?.events).toBe(rig.run(other).events.length)
    await rig.store.actions.history.remove(other)
    expect(rig.state().notices.at(-1)?.text).toMatch(/^Deleted “.*” for good/)
    disk.full = false
    await saved(rig, id)
    await rig.until(({ history }) => history.runs.length === 2 && history.runs.every(({ unsaved: mark }) => !mark))
    expect(await stored(indexedDB, other)).toBeNull()
    await rig.store.dispose()
  })

  it('in the middle of a search: the record ends as the run did', async () => {
    const { rig, disk, indexedDB } = await rigOnDisk()
    const id = (await rig.store.actions.runs.start({ paused: true })) ?? ''
    rig.store.actions.runs.stepLive(id)
    await rig.until(({ runs }) => runs.byId[id]?.events.length === 1)
    disk.full = true
    rig.store.actions.runs.resume(id)
    await unsaved(rig, id)
    await rig.until(({ runs }) => runs.byId[id]?.status === 'finished')
    disk.full = false
    await saved(rig, id)
    const found = await stored(indexedDB, id)
    expect(found?.run).toMatchObject({ status: 'finished', owner: null, eventCount: rig.run(id).events.length })
    await rig.store.dispose()
  })

  it('makes room by what was deleted', async () => {
    const { rig, disk, indexedDB } = await rigOnDisk()
    const deleted = await runToTheEnd(rig)
    await rig.store.actions.history.refresh()
    await rig.store.actions.history.remove(deleted)
    expect((await stored(indexedDB, deleted))?.run).toMatchObject({ removed: true })
    // Another tab’s deletion, which nobody can undo any more.
    const storage = await openStorage({ indexedDB, IDBKeyRange })
    await storage.changeRun(deleted, { removedBy: 'gone' })
    storage.close()
    disk.purgeMakesRoom = true
    disk.full = true
    const id = await runToTheEnd(rig)
    await saved(rig, id)
    await rig.until(({ history }) => history.runs.some((run) => run.id === id && run.status === 'finished'))
    expect(await stored(indexedDB, deleted)).toBeNull()
    expect((await stored(indexedDB, id))?.events).toEqual(rig.run(id).events)
    await rig.store.dispose()
  })

  it('has a run deleted for good where undo has no room', async () => {
    const { rig, disk, indexedDB } = await rigOnDisk()
    const id = await runToTheEnd(rig)
    await rig.store.actions.history.refresh()
    disk.full = true
    await rig.store.actions.history.remove(id)
    expect(await stored(indexedDB, id)).toBeNull()
    expect(rig.state().notices.at(-1)).toMatchObject({ text: expect.stringContaining('for good'), action: null })
    await rig.store.dispose()
  })
})

it('where the browser keeps nothing, the list has what is open, marked', async () => {
  const refuse = () => Promise.reject(new StepscopeError({ code: 'storage', message: 'This browser refuses storage' }))
  const rig = storeRig({ dependencies: { openStorage: refuse } })
  await rig.ready()
  const id = await runToTheEnd(rig)
  await rig.until(({ history }) => history.runs.length === 1)
  expect(rig.state().history).toMatchObject({ status: 'unavailable', runs: [{ id, unsaved: true }] })
  await rig.store.actions.history.remove(id)
  expect(rig.state().history.runs).toEqual([])
  await rig.store.dispose()
})

describe('two tabs', () => {
  it('a deletion is undone after another tab was opened', async () => {
    const { rig, indexedDB } = await rigOnDisk({ tab: 'a' })
    const id = await runToTheEnd(rig)
    await rig.store.actions.history.refresh()
    await rig.store.actions.history.remove(id)
    const other = storeRig({ indexedDB, tab: 'b', aliveTabs: ['a'] })
    await other.ready()
    await rig.store.actions.notices.undo(rig.state().notices.at(-1)?.id ?? '')
    expect(rig.state().history.runs.map((run) => run.id)).toEqual([id])
    await other.store.dispose()
    await rig.store.dispose()
  })

  it('a run deleted in another tab while it goes on is told where it runs, and can be exported', async () => {
    const { rig, indexedDB } = await rigOnDisk({ tab: 'a' })
    const id = (await rig.store.actions.runs.start({ paused: true })) ?? ''
    rig.store.actions.runs.stepLive(id)
    await rig.until(({ runs }) => runs.byId[id]?.events.length === 1)
    await rig.store.actions.history.refresh()
    const other = storeRig({ indexedDB, tab: 'b', aliveTabs: ['a'] })
    await other.ready()
    await other.store.actions.history.remove(id)
    rig.store.actions.runs.resume(id)
    await unsaved(rig, id)
    expect(rig.run(id).unsaved?.message).toContain('Another tab deleted this run')
    await rig.until(({ runs }) => runs.byId[id]?.status === 'finished')
    const exported = readRunFile(rig.store.actions.runs.exportFile(id)?.text ?? '', 'a.json')
    expect(exported.events).toEqual(rig.run(id).events)
    expect(exported.events.at(-1)?.type).toBe('finished')
    // Undone there: it is whole, with its end.
    await other.store.actions.notices.undo(other.state().notices.at(-1)?.id ?? '')
    await rig.store.actions.runs.rename(id, 'again')
    await saved(rig, id)
    await rig.store.dispose()
    await other.store.dispose()
    const found = await stored(indexedDB, id)
    expect(found?.run).toMatchObject({ status: 'finished', title: 'again', removed: false })
    expect(found?.events).toEqual(exported.events)
  })

  it('each goes on with its own session', async () => {
    const indexedDB = new IDBFactory()
    const memory = (): NonNullable<RigOptions['dependencies']>['tabMemory'] => {
      let text: string | null = null
      return {
        read: () => text,
        write: (next) => {
          text = next
        },
      }
    }
    const ofA = memory() as NonNullable<ReturnType<typeof memory>>
    const ofB = memory() as NonNullable<ReturnType<typeof memory>>
    const a = storeRig({ indexedDB, tab: 'a', dependencies: { tabMemory: ofA } })
    await a.ready()
    a.store.actions.session.setProblem('2 3 4 > 24')
    await a.store.dispose()
    const b = storeRig({ indexedDB, tab: 'b', dependencies: { tabMemory: ofB } })
    await b.ready()
    b.store.actions.session.setProblem('5 6 7 > 18')
    await b.store.dispose()
    for (const [tab, tabMemory, problem] of [
      ['a', ofA, '2 3 4 > 24'],
      ['b', ofB, '5 6 7 > 18'],
      ['a', ofA, '2 3 4 > 24'],
    ] as const) {
      const again = storeRig({ indexedDB, tab, dependencies: { tabMemory } })
      await again.ready()
      expect(again.state().session.problemText).toBe(problem)
      await again.store.dispose()
    }
  })
})
