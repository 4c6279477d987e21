import { expect, it } from 'vitest'
import type { ModelLibrary } from '../../downloads/model-library.ts'
import type { StoredModel } from '../../downloads/stored-model.ts'
import type { EngineLoader } from '../../worker/engine-host.ts'
import { storeRig } from '../testing/store-rig.ts'

const half: StoredModel = {
  id: 'org/model',
  baseUrl: 'https://hub.test/org/model/',
  host: 'hub.test',
  commit: null,
  family: 'llama',
  role: 'policy',
  parameters: 1,
  manifest: {},
  missing: [],
  files: [],
  storedBytes: 5,
  totalBytes: 9,
  state: 'partial',
  busy: true,
  addedAt: '2026-01-01T00:00:00.000Z',
  lastUsed: null,
  checkedAt: null,
} as unknown as StoredModel

it('what another tab downloads is looked at until it ends, also by that tab’s end, and no longer', async () => {
  const elsewhere = { busy: true, looks: 0 }
  const list = async () => {
    elsewhere.looks += 1
    // One look that fails is not the last.
    if (elsewhere.looks === 3) throw new Error('not now')
    return { models: [{ ...half, busy: elsewhere.busy }], unreadable: [] }
  }
  const onnx = { list: async () => [] } as unknown as NonNullable<EngineLoader['onnx']>
  const rig = storeRig({ library: async () => ({ list }) as unknown as ModelLibrary, loader: { onnx } })
  await rig.ready()
  await rig.store.actions.downloads.refresh()
  const [model] = rig.state().downloads.models
  expect(model).toMatchObject({ id: 'org/model', busy: true })
  const before = elsewhere.looks
  await rig.until(() => elsewhere.looks > Math.max(before + 1, 4))
  elsewhere.busy = false
  await rig.until(({ downloads }) => downloads.models[0]?.busy === false)
  const after = elsewhere.looks
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(elsewhere.looks).toBe(after)
  await rig.store.dispose()
})
