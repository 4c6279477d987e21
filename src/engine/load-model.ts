import type { Backend } from '../compute/backend.ts'
import { allOrNothing } from '../core/all-or-nothing.ts'
import { StepscopeError } from '../core/errors.ts'
import type { ManifestField, ModelRole, StatedManifest } from '../search/manifest.ts'
import { missingFields, withStepEnds } from '../search/manifest.ts'
import type { Reading } from '../search/reading.ts'
import { hasChatTemplate } from './checkpoint/chat-template.ts'
import type { CheckpointFiles } from './checkpoint/checkpoint-files.ts'
import { hashCheckpoint } from './checkpoint/checkpoint-hash.ts'
import { readConfig } from './checkpoint/config.ts'
import { policyManifest, readManifest } from './checkpoint/manifest.ts'
import type { Checkpoint } from './checkpoint/open-checkpoint.ts'
import { openCheckpoint } from './checkpoint/open-checkpoint.ts'
import type { Decoder, DecoderConfig, DecoderOptions, WeightChoice, WeightSource } from './decoder/decoder.ts'
import { PAGE_SIZE } from './decoder/decoder.ts'
import type { EngineModel } from './engine-model.ts'
import { checkTask, readFittingTokenizer, wrongHead } from './fitting.ts'
import { EnginePolicy } from './policy.ts'
import { readPromptWriter } from './prompt/prompt-writer.ts'
import { recognizeReading } from './reading/recognize.ts'
import { readRewardReading } from './reading/reward-reading.ts'
import { EngineRewardModel } from './reward-model.ts'
import type { Activity } from './scheduler/activity.ts'
import type { StartedModel } from './start-model.ts'
import { startModel } from './start-model.ts'
import { stepFlags } from './tokenizer/step-end.ts'

export interface LoadOptions {
  /** Shown and stored with runs; the folder's name where it is not given. */
  readonly id?: string
  /** Fields that stepscope.json lacks, or that replace what it says. */
  readonly manifest?: StatedManifest
  /** Ids of the tasks that there are: a folder that names another is refused. Not looked at where they are not given. */
  readonly tasks?: readonly string[]
  /** Shared by the models of one backend. */
  readonly activity?: Activity
  /** How weights lie on the device; `auto` where it is not given. */
  readonly weights?: WeightChoice
  readonly burst?: number
  /** Bytes of keys and values, at most; a default of the backend where it is not given. `cacheTokens` goes before it. */
  readonly cacheBytes?: number
  readonly cacheTokens?: number
  readonly slots?: number
  readonly maxRows?: number
  readonly maxSequences?: number
  readonly signal?: AbortSignal
  /** Bytes of weights on the device so far. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void
}

export type CreateDecoder = (
  backend: Backend,
  config: DecoderConfig,
  weights: WeightSource,
  options: DecoderOptions,
) => Promise<Decoder>

/** A branch that somebody samples from keeps a hidden state: small beside its pages, so there are plenty. */
const MOST_SLOTS = 4096
const SLOT_BYTES = 16 * 1024 * 1024
/**
 * Keys and values: with the bundled models, room for 256 whole responses at once on WebGPU. A processor's memory is
 * committed as it is used, so a larger cache costs nothing until it is needed.
 */
const CACHE_BYTES: Readonly<Record<Backend['kind'], number>> = {
  webgpu: 2 ** 27,
  wasm: 2 ** 28,
  cpu: 2 ** 28,
}

/** What a folder holds, before it is loaded: for asking the fields that its stepscope.json lacks. */
export interface CheckpointSummary {
  readonly family: DecoderConfig['family']
  readonly role: ModelRole
  readonly parameters: number
  /** Of the weights, as stored. */
  readonly bytes: number
  readonly manifest: StatedManifest
  readonly missing: readonly ManifestField[]
  /** Why it is taken for what `manifest` says of its reading, where its files do not say so themselves. */
  readonly recognized?: string
  /** Whether it comes with a chat template. */
  readonly chat: boolean
}

/** Reads config, headers and manifest of a folder. @throws StepscopeError naming file and field that are wrong */
export async function inspectCheckpoint(files: CheckpointFiles, signal?: AbortSignal): Promise<CheckpointSummary> {
  const { config, weights } = await openCheckpoint(files, signal)
  const stored = await readManifest(files, signal)
  const says = stored.role === 'policy' || stored.reading !== undefined
  const recognized = says ? null : await recognizeReading(files, config, false, signal)
  const manifest = withStepEnds({ ...recognized?.manifest, ...stored })
  const role = manifest.role ?? (config.outputHead.kind === 'score' ? 'process-reward-model' : 'policy')
  return {
    family: config.family,
    role,
    parameters: weights.parameters,
    bytes: weights.bytes,
    manifest,
    missing: missingFields(manifest, role),
    ...(recognized === null ? {} : { recognized: recognized.reason }),
    chat: await hasChatTemplate(files, signal),
  }
}

/**
 * Loads a language model as a policy. Everything that can be wrong with the small files is checked before any weight is
 * loaded; where anything fails, nothing stays on the device.
 * @throws StepscopeError `unsupported-config`, `bad-checkpoint` or `bad-tokenizer` naming file and field; `out-of-memory`;
 * `cancelled` where the signal aborts
 */
export function loadPolicy(
  backend: Backend,
  files: CheckpointFiles,
  options: LoadOptions,
  createDecoder: CreateDecoder,
): Promise<EnginePolicy> {
  return cancellable(async () => {
    const { checkpoint, tokenizer, manifest, prompts } = await readPolicy(files, options)
    const { stepEnds } = manifest
    const tokenFlags = stepFlags(checkpoint.config, tokenizer, stepEnds)
    const { model, info } = await loadWeights(backend, files, checkpoint, tokenFlags, options, createDecoder)
    return new EnginePolicy({ model, tokenizer, prompts, info, stepEnds, tokenFlags, manifest })
  }, options.signal)
}

/** Loads a model with a score head as a reward model, of processes or outcomes as its role says; as `loadPolicy`. */
export function loadRewardModel(
  backend: Backend,
  files: CheckpointFiles,
  options: LoadOptions,
  createDecoder: CreateDecoder,
): Promise<EngineRewardModel> {
  return cancellable(async () => {
    const { checkpoint, manifest, opened } = await readRewardModel(files, options)
    const { aggregation } = manifest.reading
    const { model, info } = await loadWeights(backend, files, checkpoint, undefined, options, createDecoder)
    const named = describeReading(manifest.reading)
    return new EngineRewardModel({
      model,
      info: {
        ...info,
        kind: manifest.role === 'outcome-reward-model' ? 'outcome' : 'process',
        aggregation,
        ...(named === null ? {} : { choices: { ...info.choices, reading: named } }),
      },
      reader: opened.reader(model.contextLength),
      scoring: opened.scoring,
    })
  }, options.signal)
}

/**
 * A language model and the reference that it is read against, as implicit rewards need them: both, or none.
 * @param load loads one of the two, as `loadPolicy`
 * @param name of the reference, for messages
 * @throws StepscopeError `bad-tokenizer` where their ids mean other tokens
 */
export async function loadWithReference<Item>(
  pair: readonly [model: Item, reference: Item],
  load: (item: Item, signal: AbortSignal) => Promise<EnginePolicy>,
  name: string,
  signal?: AbortSignal,
): Promise<readonly [policy: EnginePolicy, reference: EnginePolicy]> {
  const [policy, reference] = await allOrNothing(pair, load, ({ model }) => model.dispose(), signal)
  if (!policy || !reference) throw new TypeError('two models were asked for')
  try {
    policy.tokenizer.checkSame(reference.tokenizer, name)
  } catch (error) {
    for (const { model } of [policy, reference]) model.dispose()
    throw error
  }
  return [policy, reference]
}

/** Loads config and weights only: enough for head outputs of given token ids. */
export function loadModel(
  backend: Backend,
  files: CheckpointFiles,
  options: LoadOptions,
  createDecoder: CreateDecoder,
): Promise<EngineModel> {
  return cancellable(async () => {
    const checkpoint = await openCheckpoint(files, options.signal)
    const { model } = await createModel(backend, { id: '', hash: '', ...checkpoint }, options, createDecoder)
    return model
  }, options.signal)
}

/**
 * Everything that loading does before the device: for folders that were just written.
 * @throws StepscopeError as loading in this role does
 */
export async function checkLoads(files: CheckpointFiles, role: ModelRole): Promise<void> {
  await (role === 'policy' ? readPolicy : readRewardModel)(files, {})
}

type ReadOptions = Pick<LoadOptions, 'manifest' | 'tasks' | 'signal'>

async function readPolicy(files: CheckpointFiles, { manifest = {}, tasks, signal }: ReadOptions) {
  const config = await readConfig(files, signal)
  if (config.outputHead.kind !== 'language-model') throw wrongHead('a language model (…ForCausalLM)', 'a score head')
  const completed = await policyManifest(files, manifest, signal)
  checkTask(completed, tasks)
  const tokenizer = await readFittingTokenizer(files, config, signal)
  const prompts = await readPromptWriter(files, completed, tokenizer, signal)
  return { checkpoint: await openCheckpoint(files, signal, config), tokenizer, manifest: completed, prompts }
}

async function readRewardModel(files: CheckpointFiles, options: ReadOptions) {
  const { config, ...read } = await readRewardReading(files, options)
  return { ...read, checkpoint: await openCheckpoint(files, options.signal, config) }
}

/** How a model is read, where that is not at its steps' ends: scores of another reading are not comparable. */
function describeReading({ id, scoreAt }: Reading): string | null {
  return id === 'step-end' ? null : `${id}${scoreAt === '' ? '' : ` at ${JSON.stringify(scoreAt)}`}`
}

async function loadWeights(
  backend: Backend,
  files: CheckpointFiles,
  checkpoint: Checkpoint,
  tokenFlags: Uint32Array | undefined,
  options: LoadOptions,
  createDecoder: CreateDecoder,
): Promise<StartedModel> {
  const hash = await hashCheckpoint(files, checkpoint.weights.weightFiles, options.signal)
  const id = options.id ?? files.name.replace(/\/+$/, '').replace(/^.*\//, '')
  return createModel(backend, { id, hash, ...checkpoint, tokenFlags }, options, createDecoder)
}

interface NamedCheckpoint extends Checkpoint {
  readonly id: string
  readonly hash: string
  readonly tokenFlags?: Uint32Array | undefined
}

async function createModel(
  backend: Backend,
  { id, hash, config, weights, tokenFlags }: NamedCheckpoint,
  options: LoadOptions,
  createDecoder: CreateDecoder,
): Promise<StartedModel> {
  const { weights: weightChoice, maxRows, maxSequences, signal, onProgress, burst, activity } = options
  const { layers, keyValueHeads, headDim, hiddenSize } = config
  const tokenBytes = 8 * layers.length * keyValueHeads * headDim
  const cacheBytes = options.cacheBytes ?? CACHE_BYTES[backend.kind]
  const cacheTokens = options.cacheTokens ?? PAGE_SIZE * Math.floor(cacheBytes / (PAGE_SIZE * tokenBytes))
  const slots = options.slots ?? Math.min(MOST_SLOTS, Math.max(512, Math.floor(SLOT_BYTES / (4 * hiddenSize))))
  const decoder = await createDecoder(backend, config, weights, {
    slots,
    cacheTokens,
    ...(weightChoice === undefined ? {} : { weights: weightChoice }),
    ...(maxRows === undefined ? {} : { maxRows }),
    ...(maxSequences === undefined ? {} : { maxSequences }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  }).catch((error: unknown) => {
    throw weights.located(error)
  })
  const started = startModel(backend, decoder, { id, hash, tokenFlags, burst, activity })
  if (!signal?.aborted) return started
  started.model.dispose()
  throw cancelled()
}

/** An aborted signal shows as `cancelled`, whatever the interrupted part threw. */
async function cancellable<T>(load: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await load()
  } catch (error) {
    throw signal?.aborted ? cancelled() : error
  }
}

function cancelled(): StepscopeError {
  return new StepscopeError({ code: 'cancelled', message: 'Loading was cancelled.' })
}
