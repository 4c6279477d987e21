import { beforeAll, describe, expect, test } from 'vitest'
import { LONG } from '../../compute/testing/node-backends.ts'
import { openWithDevice } from '../../compute/testing/node-device.ts'
import type { TrainingEvent } from '../run-events.ts'
import { memoryStore } from '../testing/memory-store.ts'
import { openSmallRun, savedBits, smallRecipe } from '../testing/node-small-run.ts'
import type { RunStore } from './run-store.ts'
import { lastSave } from './saves.ts'

describe('a run whose device is destroyed', () => {
  const recipe = smallRecipe({ steps: 5, saveEvery: 2 })
  const on = async (store: RunStore, until?: (event: TrainingEvent, device: GPUDevice) => void) => {
    const { backend, device } = await openWithDevice()
    try {
      for await (const event of await openSmallRun(backend, recipe, store)) until?.(event, device)
    } finally {
      backend.dispose()
    }
  }

  const whole = memoryStore()
  beforeAll(() => on(whole))

  test('goes on from its last save on another one, to the same bits', async () => {
    const store = memoryStore()
    const lost = on(store, (event, device) => {
      if (event.type === 'step' && event.step === 3) device.destroy()
    })
    await expect(lost).rejects.toMatchObject({ details: { code: 'device-lost' } })
    expect((await lastSave(store))?.step).toBe(2)
    await on(store)
    expect(await savedBits(store)).toEqual(await savedBits(whole))
  })

  if (LONG)
    test('in the middle of a save, too', async () => {
      const store = memoryStore()
      let device: GPUDevice | undefined
      const cut: RunStore = {
        ...store,
        write: (name, bytes) => {
          if (name === 'save-00000004.first.safetensors') device?.destroy()
          return store.write(name, bytes)
        },
      }
      const lost = on(cut, (_, under) => {
        device = under
      })
      await expect(lost).rejects.toMatchObject({ details: { code: 'device-lost' } })
      await on(store)
      expect(await savedBits(store)).toEqual(await savedBits(whole))
    })
})
