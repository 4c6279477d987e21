import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Backend } from '../compute/backend.ts'
import { openTuningMemory } from '../compute/node-tuning-memory.ts'
import { openBackend } from '../compute/open-backend.ts'
import { MATMUL_TILE_NAMES } from '../compute/tuning.ts'
import { Activity } from '../engine/activity.ts'
import type { WeightChoice } from '../engine/decoder.ts'
import { createDecoder } from '../engine/decoder-model.ts'
import type { LoadOptions } from '../engine/load-model.ts'
import { loadPolicy, loadRewardModel } from '../engine/load-model.ts'
import type { EnginePolicy } from '../engine/policy.ts'
import type { EngineRewardModel } from '../engine/reward-model.ts'
import { openCheckpointDirectory } from './checkpoint-directory.ts'
import type { Options, ParsedOptions } from './options.ts'
import { readChoice, readWhole } from './options.ts'
import type { Output } from './output.ts'
import { ProgressLine } from './output.ts'

const CHECKPOINTS = join(dirname(fileURLToPath(import.meta.url)), '../../public/checkpoints')
export const BUNDLED_POLICY = join(CHECKPOINTS, 'countdown-policy')
export const BUNDLED_REWARD_MODEL = join(CHECKPOINTS, 'countdown-prm')

export const BACKEND_OPTION: Options = {
  backend: {
    type: 'string',
    value: 'auto|webgpu|cpu',
    description: 'Where the models run; auto (default) takes WebGPU where there is an adapter, else the CPU.',
  },
  tuning: {
    type: 'string',
    value: 'table|auto|TILE',
    description:
      'Tile of matrix products on WebGPU: from the table (default), measured once and remembered, or by name.',
  },
}

export const WEIGHTS_OPTION: Options = {
  weights: {
    type: 'string',
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
  'cache-mb': {
    type: 'string',
    value: 'MIB',
    description: 'Keys and values of each model, in MiB (default: 128 on WebGPU, 256 on the CPU).',
  },
  ...WEIGHTS_OPTION,
  ...BACKEND_OPTION,
}

/** Opens the backend that `--backend` asks for; why the CPU was taken goes to stderr. */
export async function openCommandBackend(options: ParsedOptions, output: Output): Promise<Backend> {
  const choice = readChoice('backend', options.text('backend') ?? 'auto', ['auto', 'webgpu', 'cpu'])
  const tuning = readChoice('tuning', options.text('tuning') ?? 'table', ['table', 'auto', ...MATMUL_TILE_NAMES])
  const tile = tuning === 'auto' ? 'measured' : tuning
  const { backend, note } = await openBackend({
    choice,
    ...(tile === 'table' ? {} : { tile, tuningMemory: openTuningMemory() }),
  })
  if (note !== null) output.err(`stepscope: ${note}\n`)
  return backend
}

/** What `--weights` asks for. */
export function readWeights(options: ParsedOptions): WeightChoice {
  return readChoice('weights', options.text('weights') ?? 'auto', ['auto', 'f32', 'f16', 'int8', 'int4'])
}

/** What `--cache-mb` asks for, in bytes. */
function readCacheBytes(options: ParsedOptions): { readonly cacheBytes?: number } {
  const text = options.text('cache-mb')
  return text === undefined ? {} : { cacheBytes: readWhole('cache-mb', text, 1, 65536) * 2 ** 20 }
}

/** Both models of a search on one backend. */
export interface CommandEngine {
  readonly backend: Backend
  readonly policy: EnginePolicy
  /** Null where it was not asked for. */
  readonly reward: EngineRewardModel | null
  dispose(): void
}

/** Loads the models that `--policy` and `--prm` name, or the bundled ones; where anything fails, nothing stays. */
export async function loadCommandEngine(
  options: ParsedOptions,
  output: Output,
  { needsReward, signal }: { readonly needsReward: boolean; readonly signal: AbortSignal },
): Promise<CommandEngine> {
  const weights = readWeights(options)
  const cache = readCacheBytes(options)
  const policyFiles = await openCheckpointDirectory(options.text('policy') ?? BUNDLED_POLICY)
  const rewardFiles = needsReward ? await openCheckpointDirectory(options.text('prm') ?? BUNDLED_REWARD_MODEL) : null
  const backend = await openCommandBackend(options, output)
  const progress = new ProgressLine(output)
  const activity = new Activity()
  const loading = (model: string): LoadOptions => ({
    activity,
    weights,
    ...cache,
    signal,
    onProgress: (loaded, total) => progress.show(`Loading the ${model}: ${Math.round((100 * loaded) / total)}%`),
  })
  let policy: EnginePolicy | null = null
  try {
    policy = await loadPolicy(backend, policyFiles, loading('policy'), createDecoder)
    const reward = rewardFiles
      ? await loadRewardModel(backend, rewardFiles, loading('reward model'), createDecoder)
      : null
    return { backend, policy, reward, dispose: () => dispose(backend, policy, reward) }
  } catch (error) {
    dispose(backend, policy, null)
    throw error
  } finally {
    progress.clear()
  }
}

function dispose(backend: Backend, policy: EnginePolicy | null, reward: EngineRewardModel | null): void {
  policy?.model.dispose()
  reward?.model.dispose()
  backend.dispose()
}
