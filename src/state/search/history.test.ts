import { IDBKeyRange } from 'fake-indexeddb'
import { expect, it } from 'vitest'
import { openStorage } from '../../storage/storage.ts'
import { storeRig } from '../testing/store-rig.ts'

/** The fault was 2.4 s and 3.3 s; these take milliseconds. */
const MOST_MS = 1000

it('a thousand runs are filtered and deleted at once, and one is deleted before the list is read again', async () => {
  const rig = storeRig()
  await rig.ready()
  rig.store.actions.session.setConfig({ n: 4, m: 2, maxRounds: 2 })
  const id = (await rig.store.actions.runs.start()) ?? ''
  await rig.until(({ history }) => history.runs.some(({ status }) => status === 'finished'))
  const storage = await openStorage({ indexedDB: rig.indexedDB, IDBKeyRange })
  const found = await storage.readRun(id)
  if (!found) throw new Error('the run is not saved')
  for (let number = 1; number < 1000; number++) {
    const createdAt = new Date(Date.UTC(2025, 0, 1) + number).toISOString()
    await storage.writeRun({ ...found.run, id: `run ${number}`, title: `number ${number}`, createdAt }, [])
  }
  storage.close()
  const { history, notices } = rig.store.actions
  await history.refresh()
  const listed = () => rig.state().history.runs.length
  expect(listed()).toBe(1000)
  const took = (work: () => void): number => {
    const before = performance.now()
    work()
    return performance.now() - before
  }
  for (const [query, count] of [
    ['number 99', 19],
    ['nowhere', 0],
    ['beam search', 1000],
    ['', 1000],
  ] as const) {
    expect(took(() => history.search(query))).toBeLessThan(MOST_MS)
    expect(listed(), query).toBe(count)
  }
  let deleted: Promise<void> = Promise.resolve()
  const wait = took(() => {
    deleted = history.remove('run 500')
  })
  // Before anything of the storage has answered.
  expect(listed()).toBe(999)
  expect(wait).toBeLessThan(MOST_MS)
  await deleted
  await notices.undo(rig.state().notices.at(-1)?.id ?? '')
  expect(listed()).toBe(1000)
  await rig.store.dispose()
})
