import 'fake-indexeddb/auto'
import { IDBKeyRange } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import { randomModels } from '../../search/testing/random-models.ts'
import { openStorage } from '../../storage/storage.ts'
import type { EngineLoader } from '../../worker/engine-host.ts'
import type { RigOptions } from '../testing/store-rig.ts'
import { storeRig } from '../testing/store-rig.ts'
import { SYNTHETIC_ENGINE } from '../testing/synthetic-search.ts'

/** Models that search; all problems have prompts of one length. */
const loader: Partial<EngineLoader> = {
  load: () => Promise.resolve({ ...SYNTHETIC_ENGINE, ...randomModels(1) }),
}
const rigOf = (options: RigOptions = {}) => storeRig({ loader, ...options })
const shown = (rig: ReturnType<typeof storeRig>) => rig.state().lab.sweeps[0]

/** The browser has kept results of the sweep. */
async function saved({ indexedDB }: ReturnType<typeof storeRig>): Promise<void> {
  const storage = await openStorage({ indexedDB, IDBKeyRange })
  while (!(await storage.sweeps.list()).sweeps.some(({ count }) => count > 0)) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  storage.close()
}

describe('a sweep of the lab', () => {
  it('is kept as it goes, interrupted by a reload, and goes on with what is missing', async () => {
    const rig = rigOf()
    await rig.ready()
    await rig.store.actions.lab.start()
    await rig.until(({ lab }) => (lab.shown?.results.length ?? 0) > 0)
    rig.store.actions.lab.pause(shown(rig)?.id ?? '')
    await rig.until(({ lab }) => lab.sweeps[0]?.status === 'paused' || lab.sweeps[0]?.status === 'finished')
    await saved(rig)
    rig.vanish()

    const again = rigOf({ indexedDB: rig.indexedDB, tab: 'other' })
    await again.ready()
    await again.until(({ lab }) => lab.shown !== null)
    const { id = '', total = 0, count = 0 } = shown(again) ?? {}
    expect(count).toBeGreaterThan(0)
    const before = again.state().lab.shown?.results.map(({ key }) => key) ?? []
    await again.store.actions.lab.continue(id)
    await again.until(({ lab }) => lab.sweeps[0]?.status === 'finished')
    const keys = again.state().lab.shown?.results.map(({ key }) => key) ?? []
    expect(keys.slice(0, before.length)).toEqual(before)
    expect(new Set(keys).size).toBe(total)
    expect(shown(again)).toMatchObject({ count: total, errors: 0 })
    await again.store.dispose()
  })

  it('is deleted with undo', async () => {
    const rig = rigOf()
    await rig.ready()
    await rig.store.actions.lab.start()
    await rig.until(({ lab }) => lab.sweeps[0]?.status === 'finished')
    const sweep = shown(rig)
    const results = rig.state().lab.shown?.results
    await rig.store.actions.lab.remove(sweep?.id ?? '')
    expect(rig.state().lab).toMatchObject({ sweeps: [], active: null, shown: null })
    await rig.store.actions.notices.undo(rig.state().notices.at(-1)?.id ?? '')
    expect(shown(rig)).toMatchObject({ id: sweep?.id, status: 'finished' })
    expect(rig.state().lab.shown?.results).toEqual(results)
    await rig.store.dispose()
  })

  it('takes problems of a file, once, and names the line that is none', async () => {
    const rig = rigOf()
    await rig.ready()
    const { sets } = rig.store.actions.lab
    const file = (text: string) => new File([text], 'mine.jsonl')
    const set = await sets.open('countdown', file('{"numbers": [3, 5, 7], "target": 15}\n'))
    expect(set).toMatchObject({ name: 'mine', task: 'countdown', count: 1, unsaved: false })
    expect((await sets.open('countdown', file('{"numbers": [3, 5, 7], "target": 15}\n\n')))?.id).toBe(set?.id)
    expect(await sets.open('countdown', file('{"numbers": [3, 5, 7], "target": 15}\n{"a": 1}\n'))).toBeNull()
    expect(rig.state().lab.sets).toMatchObject({ list: [set], error: { place: { file: 'mine.jsonl', line: 2 } } })
    await rig.store.dispose()
  })
})
