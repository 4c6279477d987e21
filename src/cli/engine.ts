import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Backend } from '../compute/backend.ts'
import { openTuningMemory } from '../compute/node-tuning-memory.ts'
import { openBackend } from '../compute/open-backend.ts'
import { MATMUL_TILE_NAMES } from '../compute/tuning.ts'
import { ARITHMETICS, BACKEND_CHOICES, BACKEND_NAMES } from '../core/backends.ts'
import { BOUNDS } from '../core/bounds.ts'
import { DEFAULT_TASK } from '../core/default-task.ts'
import { StepscopeError } from '../core/errors.ts'
import { readManifest } from '../engine/checkpoint/manifest.ts'
import type { WeightChoice } from '../engine/decoder/decoder.ts'
import { createDecoder } from '../engine/decoder/decoder-model.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { loadPolicy, loadRewardModel, loadWithReference } from '../engine/load-model.ts'
import type { EnginePolicy } from '../engine/policy.ts'
import type { EngineRewardModel } from '../engine/reward-model.ts'
import { Activity } from '../engine/scheduler/activity.ts'
import { ImplicitRewardModel } from '../rewards/implicit-reward-model.ts'
import type { RewardModel } from '../search/models.ts'
import { IMPLICIT_BETA } from '../search/readings.ts'
import { BUNDLED_MODELS, bundledModel } from '../tasks/bundled-models.ts'
import { TASKS } from '../tasks/registry.ts'
import { ASKING_OPTIONS, readAsking } from './asking-options.ts'
import { fromFolder, openCheckpointDirectory } from './checkpoint-directory.ts'
import type { Options, ParsedOptions } from './options.ts'
import { numberBetween, oneOf, readChoice, readNumber, UsageError, wholeWithin } from './options.ts'
import type { Output } from './output.ts'
import { ProgressLine } from './output.ts'
import { READING_OPTIONS, readReading } from './reading-options.ts'

const CHECKPOINTS = join(dirname(fileURLToPath(import.meta.url)), '../../public/checkpoints')

/** Folders of the models that come with the program, by their ids. */
export const BUNDLED_FOLDERS: ReadonlyMap<string, string> = new Map(
  BUNDLED_MODELS.map(({ id }) => [id, join(CHECKPOINTS, id)]),
)

/** The folder of the task's first bundled model. @throws StepscopeError `not-found` where none comes with the program */
export function bundledFolder(task: string | undefined, part: 'policy' | 'reward'): string {
  const wanted = task ?? DEFAULT_TASK
  const folder = BUNDLED_FOLDERS.get(bundledModel(wanted, part)?.id ?? '')
  if (folder !== undefined) return folder
  throw new StepscopeError({
    code: 'not-found',
    message: `No ${part === 'policy' ? 'policy' : 'reward model'} for ${wanted} comes with the program`,
    nextStep: `Name its folder with --${part === 'policy' ? 'policy' : 'prm'}.`,
  })
}

const TASK_IDS = Object.values(TASKS).map(({ id }) => id)

const TUNINGS = ['table', 'auto', ...MATMUL_TILE_NAMES] as const
const WEIGHTS = ['auto', 'f32', 'f16', 'int8', 'int4'] as const

export const BACKEND_OPTION: Options = {
  backend: {
    ...oneOf(BACKEND_CHOICES),
    value: BACKEND_CHOICES.join('|'),
    description:
      'Where the models run; auto (default) takes WebGPU on a graphics card, else WebAssembly, else plain TypeScript (cpu).',
  },
  threads: {
    ...wholeWithin(BOUNDS.threads),
    value: 'N',
    description: 'Threads of WebAssembly (default: as many as suit the machine); results do not depend on them.',
  },
  arithmetic: {
    ...oneOf(ARITHMETICS),
    value: ARITHMETICS.join('|'),
    description:
      'Of WebAssembly: strict gives the same bits on every machine, fused is faster; strict keeps auto from graphics cards.',
  },
  tuning: {
    ...oneOf(TUNINGS),
    value: 'table|auto|TILE',
    description:
      'Tile of matrix products on WebGPU: from the table (default), measured once and remembered, or by name.',
  },
}

export const WEIGHTS_OPTION: Options = {
  weights: {
    ...oneOf(WEIGHTS),
    value: 'auto|f32|f16|int8|int4',
    description: 'How weights lie on the device; auto (default): f32 up to 256 MiB of it, f16 for larger models.',
  },
}

export const MODEL_OPTIONS: Options = {
  policy: {
    type: 'string',
    value: 'DIR',
    description: 'Hugging Face folder of the policy (default: the bundled one).',
  },
  prm: {
    type: 'string',
    value: 'DIR',
    description: 'Hugging Face folder of the process reward model (default: the bundled one).',
  },
  'prm-reference': {
    type: 'string',
    value: 'DIR',
    description:
      'Reads --prm, a language model, as an implicit process reward model trained against the one in this folder.',
  },
  'prm-beta': {
    ...numberBetween(0, 1000),
    value: 'NUMBER',
    description: `β of an implicit reward model; default: as its stepscope.json says, else ${IMPLICIT_BETA}.`,
  },
  ...READING_OPTIONS,
  ...ASKING_OPTIONS,
  'cache-mb': {
    ...wholeWithin(BOUNDS.cacheMebibytes),
    value: 'MIB',
    description: 'Keys and values of each model, in MiB (default: 128 on WebGPU, else 256).',
  },
  ...WEIGHTS_OPTION,
  ...BACKEND_OPTION,
}

/** Opens the backend that `--backend` asks for; why `auto` did not take a graphics card goes to stderr. */
export async function openCommandBackend(options: ParsedOptions, output: Output): Promise<Backend> {
  const choice = readChoice('backend', options.text('backend') ?? 'auto', BACKEND_CHOICES)
  const tuning = readChoice('tuning', options.text('tuning') ?? 'table', TUNINGS)
  const threads = readNumber(options, 'threads')
  const arithmetic = options.text('arithmetic')
  const tile = tuning === 'auto' ? 'measured' : tuning
  const { backend, note } = await openBackend({
    choice,
    wasm: {
      ...(threads === undefined ? {} : { threads }),
      ...(arithmetic === undefined ? {} : { arithmetic: readChoice('arithmetic', arithmetic, ARITHMETICS) }),
    },
    ...(tile === 'table' ? {} : { tile, tuningMemory: openTuningMemory() }),
  })
  if (note !== null) output.err(`stepscope: ${note} Running on ${BACKEND_NAMES[backend.kind]} instead.\n`)
  if (backend.kind === 'webgpu') output.holdsDevice?.()
  return backend
}

/** The folders that a command's models are read from. */
export function modelFolders(options: ParsedOptions): string[] {
  return ['model', 'policy', 'prm', 'prm-reference'].flatMap((name) => options.text(name) ?? [])
}

/** What `--weights` asks for. */
export function readWeights(options: ParsedOptions): WeightChoice {
  return readChoice('weights', options.text('weights') ?? 'auto', WEIGHTS)
}

/** What `--cache-mb` asks for, in bytes. */
function readCacheBytes(options: ParsedOptions): { readonly cacheBytes?: number } {
  const mebibytes = readNumber(options, 'cache-mb')
  return mebibytes === undefined ? {} : { cacheBytes: mebibytes * 2 ** 20 }
}

/** The models of searches on one backend. */
export interface CommandEngine {
  readonly backend: Backend
  readonly policy: EnginePolicy
  /** Null where it was not asked for. */
  readonly reward: RewardModel | null
  readonly rewardParts: CommandRewardModel['parts']
  /** What the device has to do, for all of its models. */
  readonly activity: Activity
  dispose(): void
}

/** A reward model, and the models that it is made of. */
export interface CommandRewardModel {
  readonly model: RewardModel
  /** Where it is one model, that model; of an implicit one, the model and its reference. */
  readonly parts: readonly (EnginePolicy | EngineRewardModel)[]
}

/**
 * Only what `--prm` names, on a backend of its own.
 * @param task whose bundled model is taken where none is named
 */
export async function openCommandRewardModel(
  options: ParsedOptions,
  output: Output,
  { task, signal }: { readonly task: string | undefined; readonly signal: AbortSignal },
): Promise<CommandRewardModel & { dispose(): void }> {
  const weights = readWeights(options)
  const cache = readCacheBytes(options)
  const backend = await openCommandBackend(options, output)
  try {
    const reward = await loadCommandRewardModel(backend, options, task, { tasks: TASK_IDS, weights, ...cache, signal })
    return { ...reward, dispose: () => dispose(backend, null, reward) }
  } catch (error) {
    backend.dispose()
    throw error
  }
}

/** Loads what `--prm` names, or the bundled model, as `--prm-reference` says it is to be read. */
async function loadCommandRewardModel(
  backend: Backend,
  options: ParsedOptions,
  task: string | undefined,
  loading: LoadOptions,
): Promise<CommandRewardModel> {
  const named = options.text('prm') ?? options.text('model')
  const manifest = readReading(options)
  // A bundled implicit reward model knows the model that it was trained from.
  const bundled = named === undefined ? bundledModel(task ?? DEFAULT_TASK, 'reward')?.implicit : undefined
  const prm = bundled === undefined ? named : bundledFolder(task, 'reward')
  const beta = readNumber(options, 'prm-beta') ?? bundled?.beta
  const implicit = manifest.reading?.id === 'implicit'
  const other = manifest.reading !== undefined && !implicit
  const id = bundled?.reference ?? (prm === undefined || other ? '' : await statedReference(prm))
  const reference = options.text('prm-reference') ?? BUNDLED_FOLDERS.get(id)
  if (reference === undefined) {
    if (beta !== undefined) throw new UsageError('--prm-beta needs --prm-reference')
    if (implicit) throw new UsageError('--reading implicit needs --prm-reference')
    const model = await fromFolder(prm ?? bundledFolder(task, 'reward'), (files) =>
      loadRewardModel(backend, files, { ...loading, manifest }, createDecoder),
    )
    return { model, parts: [model] }
  }
  if (prm === undefined) throw new UsageError('--prm-reference needs the model that was trained from it')
  if (other) throw new UsageError('--prm-reference is for --reading implicit')
  const load = (directory: string, signal: AbortSignal) =>
    fromFolder(directory, (files) => loadPolicy(backend, files, { ...loading, signal }, createDecoder))
  const parts = await loadWithReference([prm, reference], load, `the reference ${reference}`, loading.signal)
  const stated = parts[0].manifest?.reading?.beta
  return { model: new ImplicitRewardModel(...parts, beta ?? stated ?? IMPLICIT_BETA), parts }
}

/** The reference that a folder of an implicit reward model names; empty where it names none. */
async function statedReference(directory: string): Promise<string> {
  const { reading } = await fromFolder(directory, (files) => readManifest(files))
  return reading?.id === 'implicit' ? (reading.reference ?? '') : ''
}

/**
 * Loads the models that `--policy` and `--prm` name, or the bundled ones of the task, which is that of `--task` where the
 * command's input has none; where anything fails, nothing stays.
 */
export async function loadCommandEngine(
  options: ParsedOptions,
  output: Output,
  {
    needsReward,
    task = options.text('task'),
    signal,
  }: { readonly needsReward: boolean; readonly task?: string | undefined; readonly signal: AbortSignal },
): Promise<CommandEngine> {
  const weights = readWeights(options)
  const cache = readCacheBytes(options)
  const directory = options.text('policy') ?? bundledFolder(task, 'policy')
  // Where there is none, there is no backend to be opened.
  await openCheckpointDirectory(directory)
  const backend = await openCommandBackend(options, output)
  const progress = new ProgressLine(output)
  const activity = new Activity()
  const loading = (model: string): LoadOptions => ({
    tasks: TASK_IDS,
    activity,
    weights,
    ...cache,
    signal,
    onProgress: (loaded, total) => progress.show(`Loading the ${model}: ${Math.round((100 * loaded) / total)}%`),
  })
  let policy: EnginePolicy | null = null
  try {
    policy = await fromFolder(directory, (files) =>
      loadPolicy(backend, files, { ...loading('policy'), manifest: readAsking(options) }, createDecoder),
    )
    const reward = needsReward ? await loadCommandRewardModel(backend, options, task, loading('reward model')) : null
    return {
      backend,
      policy,
      reward: reward?.model ?? null,
      rewardParts: reward?.parts ?? [],
      activity,
      dispose: () => dispose(backend, policy, reward),
    }
  } catch (error) {
    dispose(backend, policy, null)
    throw error
  } finally {
    progress.clear()
  }
}

/** What a pair of models is called in a config: ids of bundled models, or folders. */
export interface NamedModels {
  readonly policy: string
  readonly reward: string | null
  /** A second reward model, for whole responses. */
  readonly outcome?: string
}

/** As `loadCommandEngine`, of models by their names; where nobody asks them, the reward models are left out. */
export async function loadNamedModels(
  { policy, reward, outcome }: NamedModels,
  options: ParsedOptions,
  output: Output,
  needs: { readonly task: string; readonly reward: boolean; readonly outcome: boolean; readonly signal: AbortSignal },
): Promise<CommandEngine & { readonly outcome: RewardModel | null }> {
  const { task, signal } = needs
  const named = (names: Readonly<Record<string, string>>): ParsedOptions => ({
    ...options,
    text: (name) => (Object.hasOwn(names, name) ? names[name] : options.text(name)),
  })
  const both = named({ policy: folderOf(policy), ...(reward === null ? {} : { prm: folderOf(reward) }) })
  const needsReward = needs.reward && reward !== null
  const engine = await loadCommandEngine(both, output, { needsReward, task, signal })
  if (outcome === undefined || !needs.outcome) return { ...engine, outcome: null }
  try {
    const loading: LoadOptions = {
      tasks: TASK_IDS,
      activity: engine.activity,
      weights: readWeights(options),
      ...readCacheBytes(options),
      signal,
    }
    const second = await loadCommandRewardModel(engine.backend, named({ prm: folderOf(outcome) }), task, loading)
    const disposeSecond = (): void => {
      for (const part of second.parts) part.model.dispose()
    }
    return {
      ...engine,
      outcome: second.model,
      dispose: () => {
        disposeSecond()
        engine.dispose()
      },
    }
  } catch (error) {
    engine.dispose()
    throw error
  }
}

function folderOf(name: string): string {
  return BUNDLED_FOLDERS.get(name) ?? name
}

function dispose(backend: Backend, policy: EnginePolicy | null, reward: CommandRewardModel | null): void {
  policy?.model.dispose()
  for (const part of reward?.parts ?? []) part.model.dispose()
  backend.dispose()
}
