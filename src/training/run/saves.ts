import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { openWeights } from '../../engine/checkpoint/checkpoint-weights.ts'
import { writeSafetensors } from '../../engine/checkpoint/safetensors.ts'
import { sha256 } from '../../engine/checkpoint/sha256.ts'
import { recipeDifferences } from '../../formats/recipe-difference.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { recipeSchema } from '../../formats/training-recipe.ts'
import type { Tensors, TrainableModel } from '../model/trainable-model.ts'
import type { HistoryEntry } from '../run-events.ts'
import { copyMadeData } from './run-rows.ts'
import type { RunStore } from './run-store.ts'

/** Saves that are kept: the last one may turn out to be broken. */
const KEPT = 2
/** Of every save, beside its manifest. */
const PARTS = ['weights.safetensors', 'first.safetensors', 'second.safetensors', 'history.json'] as const
const MANIFEST = /^save-(\d{8})\.json$/

const count = z.int().nonnegative()

const manifestSchema = z.strictObject({
  version: z.literal(1),
  /** Steps and optimizer updates done. */
  step: count,
  updates: count,
  savedAt: z.string(),
  recipe: recipeSchema,
  /** Recipes of the steps before those of `recipe`, where a run went on with another: each up to its last step. */
  earlier: z.array(z.strictObject({ step: z.int().positive(), recipe: recipeSchema })).exactOptional(),
  /** What rows it trained on. */
  data: z.strictObject({ sha256: z.string(), rows: count, heldOut: count }).exactOptional(),
  /** SHA-256 of the save's other files. */
  files: z.record(z.string(), z.string()),
})
export type SaveManifest = z.infer<typeof manifestSchema>

/** A save that is passed over, and why: “save-00000004.first.safetensors is not as it was written”. */
export interface SkippedSave {
  readonly step: number
  readonly reason: string
}

export interface SavedRun {
  readonly manifest: SaveManifest
  /** Newer saves that are not whole, the newest first. */
  readonly skipped: readonly SkippedSave[]
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
  state: Omit<SaveManifest, 'version' | 'files'>,
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
  for (const [name, bytes] of contents) files[name] = await sha256(bytes)
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
  if (last === undefined || steps.length === 0 || 'reason' in (await readWhole(store, last))) return false
  for (const step of steps) await removeSave(store, step)
  return true
}

/** Whether anything was ever saved here, whole or not. */
export async function hasSaves(store: RunStore): Promise<boolean> {
  return (await savedSteps(store)).length > 0
}

/**
 * The newest save by its manifest, for lists: its files are there, but what is in them is not looked at. Null where there is
 * none.
 * @param broken steps whose saves are known not to be whole
 */
export async function listedSave(store: RunStore, broken: ReadonlySet<number>): Promise<SaveManifest | null> {
  const names = new Set(await store.list())
  for (const step of (await savedSteps(store)).reverse()) {
    if (broken.has(step)) continue
    const manifest = await readManifest(store, step)
    if (!('reason' in manifest) && Object.keys(manifest.files).every((name) => names.has(name))) return manifest
  }
  return null
}

/** As `readSave`, without what is in it. */
export async function lastSave(store: RunStore): Promise<(SaveManifest & Pick<SavedRun, 'skipped'>) | null> {
  const found = await wholeSave(store)
  return found && { ...found.manifest, skipped: found.skipped }
}

/**
 * The newest save whose files are whole; null where the run has none. Whoever goes on from a save, opens, exports or
 * branches one takes this.
 * @throws StepscopeError `storage` where there are saves and none of them is whole
 */
export async function readSave(store: RunStore): Promise<SavedRun | null> {
  const found = await wholeSave(store)
  if (found === null) return null
  const { manifest, skipped, files } = found
  const prefix = prefixOf(manifest.step)
  const tensors = (part: string) => unpack(files.get(`${prefix}.${part}.safetensors`) ?? new Uint8Array())
  return {
    manifest,
    skipped,
    history: JSON.parse(new TextDecoder().decode(files.get(`${prefix}.history.json`))) as HistoryEntry[],
    weights: await tensors('weights'),
    first: await tensors('first'),
    second: await tensors('second'),
  }
}

interface WholeSave {
  readonly manifest: SaveManifest
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

/** Why a save cannot be used. */
interface Broken {
  readonly reason: string
}

async function wholeSave(store: RunStore): Promise<(WholeSave & Pick<SavedRun, 'skipped'>) | null> {
  const skipped: SkippedSave[] = []
  for (const step of (await savedSteps(store)).reverse()) {
    const found = await readWhole(store, step)
    if (!('reason' in found)) return { ...found, skipped }
    skipped.push({ step, ...found })
  }
  const [newest] = skipped
  if (newest === undefined) return null
  throw new StepscopeError({
    code: 'storage',
    message: `No save of this run is whole: of step ${newest.step}, ${newest.reason}`,
    expected: 'files as they were written',
    found: `${skipped.length} broken ${skipped.length === 1 ? 'save' : 'saves'}`,
    place: { file: store.name },
    nextStep: 'Start the run again.',
  })
}

async function readWhole(store: RunStore, step: number): Promise<WholeSave | Broken> {
  const manifest = await readManifest(store, step)
  if ('reason' in manifest) return manifest
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const [name, hash] of Object.entries(manifest.files)) {
    const bytes = await store.read(name)
    if (bytes === null) return { reason: `${name} is missing` }
    if ((await sha256(bytes)) !== hash) return { reason: `${name} is not as it was written` }
    files.set(name, bytes)
  }
  return { manifest, files }
}

async function readManifest(store: RunStore, step: number): Promise<SaveManifest | Broken> {
  const file = `${prefixOf(step)}.json`
  const bytes = await store.read(file)
  if (bytes === null) return { reason: `${file} is missing` }
  try {
    const manifest = manifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)))
    const missing = PARTS.find((part) => !Object.hasOwn(manifest.files, `${prefixOf(step)}.${part}`))
    if (missing !== undefined) return { reason: `${file} does not name its ${missing}` }
    return manifest.step === step ? manifest : { reason: `${file} is of step ${manifest.step}` }
  } catch {
    return { reason: `${file} cannot be read` }
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

/**
 * A new run that starts from another's newest whole save: what the save is made of is taken along, and the made data where
 * the new recipe would make the same.
 * @returns the save; null where the other has none
 * @throws StepscopeError `bad-setting` where the recipe ends before the save, `storage` as `readSave`
 */
export async function branchSave(
  from: RunStore,
  to: RunStore,
  recipe: TrainingRecipe,
): Promise<(SaveManifest & Pick<SavedRun, 'skipped'>) | null> {
  const found = await wholeSave(from)
  if (found === null) return null
  const { manifest, files, skipped } = found
  const { data: _, ...rest } = manifest
  checkGoesOn(recipe, manifest.step)
  for (const [name, bytes] of files) await to.write(name, bytes)
  await copyMadeData(from, to, recipe)
  const branched = { ...rest, recipe, earlier: earlierRecipes(manifest, recipe) }
  await to.write(`${prefixOf(manifest.step)}.json`, new TextEncoder().encode(JSON.stringify(branched, null, 1)))
  return { ...branched, skipped }
}

/** @throws StepscopeError `bad-setting` where a recipe has no step after the save that it is to go on from */
function checkGoesOn({ steps }: TrainingRecipe, step: number): void {
  if (steps > step) return
  throw new StepscopeError({
    code: 'bad-setting',
    message: `The save has ${step} steps already`,
    expected: `more than ${step}`,
    found: String(steps),
    place: { field: 'steps' },
    nextStep: 'Give the branch more steps: those of the save count.',
  })
}

/** The recipes of the steps so far, once a run goes on with another. */
export function earlierRecipes(
  { step, recipe, earlier = [] }: SaveManifest,
  now: TrainingRecipe,
): NonNullable<SaveManifest['earlier']> {
  return recipeDifferences(recipe, now).length === 0 ? earlier : [...earlier, { step, recipe }]
}
