import { describe, expect, it } from 'vitest'
import { defaultRecipe } from '../../formats/training-recipe.ts'
import type { TrainableModel } from '../model/trainable-model.ts'
import { memoryStore } from '../testing/memory-store.ts'
import type { RunStore } from './run-store.ts'
import { branchSave, hasSaves, lastSave, listedSave, readSave, writeSave } from './saves.ts'

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

describe('a save that is not whole', () => {
  const memory = async () => {
    const files = new Map<string, Uint8Array<ArrayBuffer>>()
    const store = memoryStore(files)
    await save(store, 1)
    await save(store, 2)
    const change = (name: string, edit: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>) =>
      files.set(name, edit(files.get(name) ?? new Uint8Array()))
    return { files, store, change }
  }
  const manifestWithout = (file: string) => (bytes: Uint8Array) => {
    const manifest = JSON.parse(new TextDecoder().decode(bytes))
    delete manifest.files[file]
    return new TextEncoder().encode(JSON.stringify(manifest))
  }

  it.each<[string, (rig: Awaited<ReturnType<typeof memory>>) => unknown, string]>([
    [
      'a flipped bit',
      ({ change }) =>
        change('save-00000002.weights.safetensors', (bytes) => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)),
      'save-00000002.weights.safetensors is not as it was written',
    ],
    [
      'a file that was cut',
      ({ change }) => change('save-00000002.second.safetensors', (bytes) => bytes.slice(0, -9)),
      'save-00000002.second.safetensors is not as it was written',
    ],
    [
      'a missing file',
      ({ files }) => files.delete('save-00000002.history.json'),
      'save-00000002.history.json is missing',
    ],
    [
      'a manifest that lacks a file',
      ({ change }) => change('save-00000002.json', manifestWithout('save-00000002.first.safetensors')),
      'save-00000002.json does not name its first.safetensors',
    ],
    [
      'a manifest that was cut',
      ({ change }) => change('save-00000002.json', (bytes) => bytes.slice(0, 40)),
      'save-00000002.json cannot be read',
    ],
  ])('%s: the one before is taken, by whoever asks, and it is told', async (_, damage, reason) => {
    const rig = await memory()
    damage(rig)
    const skipped = [{ step: 2, reason }]
    expect(await readSave(rig.store)).toMatchObject({ manifest: { step: 1 }, skipped })
    expect(await lastSave(rig.store)).toMatchObject({ step: 1, skipped })
    const branch = memoryStore()
    expect(await branchSave(rig.store, branch, defaultRecipe('sft', 'm'))).toMatchObject({ step: 1, skipped })
    expect(await readSave(branch)).toMatchObject({ manifest: { step: 1 }, skipped: [] })
    expect(await listedSave(rig.store, new Set([2]))).toMatchObject({ step: 1 })
  })

  it('is an error where there is no other, and no save is none', async () => {
    const { store, change } = await memory()
    for (const step of [1, 2]) change(`save-0000000${step}.weights.safetensors`, (bytes) => bytes.slice(0, -1))
    const message =
      'No save of this run is whole: of step 2, save-00000002.weights.safetensors is not as it was written'
    for (const ask of [readSave, lastSave]) await expect(ask(store)).rejects.toThrow(message)
    expect(await hasSaves(store)).toBe(true)
    expect(await lastSave(memoryStore())).toBeNull()
  })
})

describe('a branch', () => {
  it('has the recipes of the steps before it, and needs steps of its own', async () => {
    const from = memoryStore()
    await save(from, 3)
    const recipe = { ...defaultRecipe('sft', 'm'), seed: 9, steps: 5 }
    const to = memoryStore()
    await branchSave(from, to, recipe)
    expect((await lastSave(to))?.earlier).toEqual([{ step: 3, recipe: defaultRecipe('sft', 'm') }])
    await expect(branchSave(from, memoryStore(), { ...recipe, steps: 3 })).rejects.toThrow(
      'steps: The save has 3 steps already (expected more than 3, found 3)',
    )
  })
})
