import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint-files.ts'
import { openWeights } from '../../engine/checkpoint-weights.ts'
import { writeSafetensors } from '../../engine/safetensors.ts'
import { Sha256 } from '../../engine/sha256.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { recipeSchema } from '../../formats/training-recipe.ts'
import type { Tensors, TrainableModel } from '../model/trainable-model.ts'
import type { HistoryEntry } from '../run-events.ts'
import type { RunStore } from './run-store.ts'

/** Saves that are kept: the last one may turn out to be broken. */
const KEPT = 2
/** Of every save, beside its manifest. */
const PARTS = ['weights.safetensors', 'first.safetensors', 'second.safetensors', 'history.json'] as const
const MANIFEST = /^save-(\d{8})\.json$/

const manifestSchema = z.strictObject({
  version: z.literal(1),
  /** Steps and optimizer updates done. */
  step: z.int().nonnegative(),
  updates: z.int().nonnegative(),
  savedAt: z.string(),
  recipe: recipeSchema,
  /** SHA-256 of the save's other files. */
  files: z.record(z.string(), z.string()),
})
export type SaveManifest = z.infer<typeof manifestSchema>

export interface SavedRun {
  readonly manifest: SaveManifest
  readonly history: readonly HistoryEntry[]
  readonly weights: Tensors
  readonly first: Tensors
  readonly second: Tensors
}

/**
 * Writes a save: weights, both moments and history first, then the manifest that names and hashes them. A save without
 * its manifest is none, so one that is interrupted leaves the one before. Older saves are removed afterwards, or before
 * where there is no room for one more. What could not be written whole is removed again: the save before stays.
 */
export async function writeSave(
  store: RunStore,
  model: TrainableModel,
  state: Pick<SaveManifest, 'step' | 'updates' | 'recipe' | 'savedAt'>,
  history: readonly HistoryEntry[],
): Promise<void> {
  const prefix = prefixOf(state.step)
  const contents: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
    [`${prefix}.weights.safetensors`, pack(await model.read('weights'))],
    [`${prefix}.first.safetensors`, pack(await model.read('first'))],
    [`${prefix}.second.safetensors`, pack(await model.read('second'))],
    [`${prefix}.history.json`, new TextEncoder().encode(JSON.stringify(history))],
  ]
  const files: Record<string, string> = {}
  for (const [name, bytes] of contents) files[name] = new Sha256().update(bytes).hex()
  const manifest: SaveManifest = { version: 1, ...state, files }
  const all = [...contents, [`${prefix}.json`, new TextEncoder().encode(JSON.stringify(manifest, null, 1))] as const]
  try {
    await writeFiles(store, state.step, all)
  } catch (error) {
    if (!(await makeRoom(store))) throw error
    await writeFiles(store, state.step, all)
  }
  const steps = await savedSteps(store)
  for (const step of steps.slice(0, -KEPT)) await removeSave(store, step)
}

/** All of a save's files, or none of them. */
async function writeFiles(
  store: RunStore,
  step: number,
  files: readonly (readonly [string, Uint8Array<ArrayBuffer>])[],
): Promise<void> {
  // Written anew at the same step, the save before is this one: it is not taken away.
  const again = (await savedSteps(store)).includes(step)
  try {
    for (const [name, bytes] of files) await store.write(name, bytes)
  } catch (error) {
    if (!again) await removeSave(store, step)
    throw error
  }
}

/** Removes all saves but the newest, where that is whole. @returns whether there was one to remove */
async function makeRoom(store: RunStore): Promise<boolean> {
  const steps = await savedSteps(store)
  const last = steps.pop()
  const manifest = last === undefined ? null : await readManifest(store, last)
  if (steps.length === 0 || manifest === null || (await readFiles(store, manifest)) === null) return false
  for (const step of steps) await removeSave(store, step)
  return true
}

/** The newest save's manifest; null where there is none. Its files are not looked at. */
export async function lastSave(store: RunStore): Promise<SaveManifest | null> {
  for (const step of (await savedSteps(store)).reverse()) {
    const manifest = await readManifest(store, step)
    if (manifest !== null) return manifest
  }
  return null
}

/**
 * The newest save whose files are whole; null where the run has none.
 * @throws StepscopeError `storage` where there are saves and none of them is whole
 */
export async function readSave(store: RunStore): Promise<SavedRun | null> {
  const steps = (await savedSteps(store)).reverse()
  for (const step of steps) {
    const manifest = await readManifest(store, step)
    const saved = manifest === null ? null : await readFiles(store, manifest)
    if (saved !== null) return saved
  }
  if (steps.length === 0) return null
  throw new StepscopeError({
    code: 'storage',
    message: 'No save of this run is whole',
    expected: 'files as they were written',
    found: `${steps.length} broken ${steps.length === 1 ? 'save' : 'saves'}`,
    place: { file: store.name },
    nextStep: 'Start the run again.',
  })
}

async function readFiles(store: RunStore, manifest: SaveManifest): Promise<SavedRun | null> {
  const found = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const [name, hash] of Object.entries(manifest.files)) {
    const bytes = await store.read(name)
    if (bytes === null || new Sha256().update(bytes).hex() !== hash) return null
    found.set(name, bytes)
  }
  const prefix = prefixOf(manifest.step)
  const tensors = (part: string) => unpack(found.get(`${prefix}.${part}.safetensors`) ?? new Uint8Array())
  return {
    manifest,
    history: JSON.parse(new TextDecoder().decode(found.get(`${prefix}.history.json`))) as HistoryEntry[],
    weights: await tensors('weights'),
    first: await tensors('first'),
    second: await tensors('second'),
  }
}

async function readManifest(store: RunStore, step: number): Promise<SaveManifest | null> {
  const bytes = await store.read(`${prefixOf(step)}.json`)
  if (bytes === null) return null
  try {
    const manifest = manifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
    const whole = PARTS.every((part) => Object.hasOwn(manifest.files, `${prefixOf(step)}.${part}`))
    return whole && manifest.step === step ? manifest : null
  } catch {
    return null
  }
}

/** Ascending. */
async function savedSteps(store: RunStore): Promise<number[]> {
  const names = await store.list()
  return names
    .flatMap((name) => {
      const step = MANIFEST.exec(name)?.[1]
      return step === undefined ? [] : [Number(step)]
    })
    .sort((a, b) => a - b)
}

/** The manifest goes first: what is left without it is no save. */
async function removeSave(store: RunStore, step: number): Promise<void> {
  const prefix = prefixOf(step)
  await store.remove(`${prefix}.json`)
  for (const name of await store.list()) if (name.startsWith(`${prefix}.`)) await store.remove(name)
}

function prefixOf(step: number): string {
  return `save-${String(step).padStart(8, '0')}`
}

function pack(tensors: Tensors): Uint8Array<ArrayBuffer> {
  return writeSafetensors(Object.fromEntries(tensors))
}

/** A safetensors file of float32 in memory. */
export async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Tensors> {
  const file = 'model.safetensors'
  const files: CheckpointFiles = {
    name: 'save',
    files: [file],
    size: () => Promise.resolve(bytes.length),
    read: (_, start, end) => Promise.resolve(bytes.slice(start, end)),
  }
  const weights = await openWeights(files)
  const tensors = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }>()
  for (const name of weights.entries.keys()) {
    tensors.set(name, { shape: weights.shape(name), data: new Float32Array(await weights.read(name)) })
  }
  return tensors
}

/** A new run that starts from another's last save: only what a save is made of is taken along. */
export async function branchSave(from: RunStore, to: RunStore, recipe: TrainingRecipe): Promise<SaveManifest | null> {
  const manifest = await lastSave(from)
  if (manifest === null) return null
  for (const name of [...Object.keys(manifest.files), 'data.jsonl', 'held-out.jsonl']) {
    const bytes = await from.read(name)
    if (bytes !== null) await to.write(name, bytes)
  }
  const branched = { ...manifest, recipe }
  await to.write(`${prefixOf(manifest.step)}.json`, new TextEncoder().encode(JSON.stringify(branched, null, 1)))
  return branched
}
