import { expect, it } from 'vitest'
import { defaultRecipe } from '../../formats/training-recipe.ts'
import type { TrainableModel } from '../model/trainable-model.ts'
import type { RunStore } from './run-store.ts'
import { readSave, writeSave } from './saves.ts'

/** A disk of so many bytes; replacing a file needs room for both. */
function smallDisk(bytes: number): RunStore & { room: number } {
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  const used = () => [...files.values()].reduce((sum, { length }) => sum + length, 0)
  return {
    name: 'run',
    room: bytes,
    list: () => Promise.resolve([...files.keys()]),
    read: (name) => Promise.resolve(files.get(name) ?? null),
    write(name, content) {
      if (used() + content.length > this.room) {
        return Promise.reject(new DOMException('full', 'QuotaExceededError'))
      }
      files.set(name, content)
      return Promise.resolve()
    },
    remove: (name) => {
      files.delete(name)
      return Promise.resolve()
    },
  }
}

const model = {
  read: () => Promise.resolve(new Map([['w', { shape: [100], data: new Float32Array(100) }]])),
} as unknown as TrainableModel
const save = (store: RunStore, step: number) =>
  writeSave(store, model, { step, updates: step, recipe: defaultRecipe('sft', 'm'), savedAt: '2026-01-01' }, [])
const newest = async (store: RunStore) => (await readSave(store))?.manifest.step

it('a disk with room for two saves and not for three goes on; a full one keeps the save before whole', async () => {
  const measured = smallDisk(1e6)
  await save(measured, 1)
  let one = 0
  for (const name of await measured.list()) one += (await measured.read(name))?.length ?? 0

  const store = smallDisk(Math.round(2.5 * one))
  for (const step of [1, 2, 3, 4]) await save(store, step)
  expect(await newest(store)).toBe(4)

  store.room = Math.round(1.5 * one)
  await expect(save(store, 5)).rejects.toThrow('full')
  expect(await newest(store)).toBe(4)
  expect((await store.list()).filter((name) => name.includes('00000005'))).toEqual([])

  store.room = 10 * one
  await save(store, 5)
  expect(await newest(store)).toBe(5)
})
