import type { Backend } from '../../compute/backend.ts'
import { StepscopeError } from '../../core/errors.ts'
import { hasChatTemplate } from '../../engine/checkpoint/chat-template.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { readConfig } from '../../engine/checkpoint/config.ts'
import { readManifest } from '../../engine/checkpoint/manifest.ts'
import { openCheckpoint } from '../../engine/checkpoint/open-checkpoint.ts'
import type { DecoderConfig, WeightSource } from '../../engine/decoder/decoder.ts'
import type { PromptWriter } from '../../engine/prompt/prompt-writer.ts'
import { readPromptWriter } from '../../engine/prompt/prompt-writer.ts'
import { recognizeReading } from '../../engine/reading/recognize.ts'
import { readRewardReading } from '../../engine/reading/reward-reading.ts'
import type { StepReader } from '../../engine/reading/step-reader.ts'
import type { Tokenizer } from '../../engine/tokenizer/tokenizer.ts'
import { readTokenizer } from '../../engine/tokenizer/tokenizer.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import { objectiveById, scoredRole } from '../../objectives/registry.ts'
import type { ModelRole, PromptForm, RewardManifest, StatedManifest } from '../../search/manifest.ts'
import { TrainableModel } from '../model/trainable-model.ts'
import { VALUE_HEAD } from '../model/value-head.ts'

/** Text that ends a step, and whose token a new reward model is read at, where a model does not say. */
const STEP_END = '\n'
const SCORE_BIAS = 'score.bias'

/** A model in training, and how it reads text. */
export interface ModelInTraining {
  readonly model: TrainableModel
  readonly config: DecoderConfig
  readonly tokenizer: Tokenizer
  readonly role: ModelRole
  /** Texts that end a step. */
  readonly stepEnds: readonly [string, ...string[]]
  /** How problems are put to it, in training as in a search. */
  readonly prompts: PromptWriter
  readonly form: PromptForm
  /** Text of the token at which a reward model is read. */
  readonly scoreAt: string
  /** How a reward model of another project is read, and so trained; absent where it is at its steps' ends. */
  readonly reading?: { readonly manifest: RewardManifest; readonly reader: StepReader }
  /** Whether the score head was made for this run. */
  readonly newHead: boolean
}

/** What a recipe makes of a checkpoint's config: reward models get a scalar head where there is none. */
export function trainedConfig(
  config: DecoderConfig,
  { objective }: TrainingRecipe,
): { readonly config: DecoderConfig; readonly newHead: boolean } {
  const rewards = objectiveById(objective).trains === 'reward-model'
  const scored = config.outputHead.kind === 'score'
  if (rewards && config.outputHead.kind === 'score' && config.outputHead.hiddenLayer) throw twoLayers()
  if (rewards && !scored)
    return { config: { ...config, outputHead: { kind: 'score', labels: 1, bias: true } }, newHead: true }
  if (rewards || !scored) return { config, newHead: false }
  throw new StepscopeError({
    code: 'bad-setting',
    message: `The objective ${objective} trains a language model`,
    expected: 'a language-model head (…ForCausalLM)',
    found: 'a score head',
    place: { file: 'config.json', field: 'architectures' },
    nextStep: 'Choose a policy, or an objective for reward models.',
  })
}

function twoLayers(): StepscopeError {
  return new StepscopeError({
    code: 'bad-setting',
    message: 'A score head of two layers can be read here, but not trained',
    expected: 'a score head of one layer, or a language model',
    found: 'score.0 and score.2',
    place: { file: 'config.json', field: 'architectures' },
    nextStep: 'Train from the language model that the reward model was made from.',
  })
}

/** Loads the recipe's model for training. @throws StepscopeError as loading a model does, and where it does not fit */
export async function loadModelInTraining(
  backend: Backend,
  files: CheckpointFiles,
  recipe: TrainingRecipe,
  signal?: AbortSignal,
): Promise<ModelInTraining> {
  const { newHead, ...reading } = await readModelInTraining(files, recipe, signal)
  const checkpoint = await openCheckpoint(files, signal)
  const { config } = trainedConfig(checkpoint.config, recipe)
  const source = newHead ? withScoreHead(checkpoint.weights, config) : checkpoint.weights
  const { method } = recipe
  const objective = objectiveById(recipe.objective)
  const model = await TrainableModel.create(backend, config, source, {
    limits: passLimits(recipe),
    method: method.kind === 'full' ? method : { ...method, seed: recipe.seed },
    recompute: recipe.recompute,
    valueHead: objective.online && objective.valueHead,
    decayOn: recipe.optimizer.decayOn,
    weights: 'f32',
    ...(signal === undefined ? {} : { signal }),
  })
  return { ...reading, config, newHead, model }
}

/** All of a model in training that needs no weights. @throws StepscopeError as loading a model does */
export async function readModelInTraining(
  files: CheckpointFiles,
  recipe: TrainingRecipe,
  signal?: AbortSignal,
): Promise<Omit<ModelInTraining, 'model'>> {
  const { config, newHead } = trainedConfig(await readConfig(files, signal), recipe)
  const stored = await readManifest(files, signal)
  const tokenizer = await readTokenizer(files, signal)
  tokenizer.fitTo(config.vocabSize)
  const role = config.outputHead.kind === 'score' ? scoredRole(recipe.objective) : 'policy'
  const form = await promptForm(files, stored, signal)
  const { system } = stored
  const asked = { prompt: form, role, ...(system === undefined ? {} : { system }) } as const
  const [first = STEP_END, ...others] = stored.stepEnds ?? []
  const reading = role === 'policy' || newHead ? null : await ownReading(files, config, signal)
  return {
    ...(reading === null ? {} : { reading }),
    config,
    tokenizer,
    newHead,
    role,
    form,
    prompts: await readPromptWriter(files, asked, tokenizer, signal),
    stepEnds: [first, ...others],
    scoreAt: stored.reading?.scoreAt ?? stored.stepEnds?.[0] ?? STEP_END,
  }
}

/** The reading that a folder has, by its stepscope.json or by what it is recognized by; null where that is `step-end`. */
export async function ownReading(
  files: CheckpointFiles,
  config: DecoderConfig,
  signal?: AbortSignal,
): Promise<NonNullable<ModelInTraining['reading']> | null> {
  const stored = await readManifest(files, signal)
  const recognized = stored.reading === undefined ? await recognizeReading(files, config, true, signal) : null
  const id = stored.reading?.id ?? recognized?.manifest.reading?.id ?? 'step-end'
  if (id === 'step-end') return null
  const { manifest, opened } = await readRewardReading(files, signal === undefined ? {} : { signal })
  return { manifest, reader: opened.reader(config.maxPositions) }
}

/** As in a search; a folder that says nothing of itself reads rows as they are. */
export async function promptForm(
  files: CheckpointFiles,
  { prompt, task, role }: StatedManifest,
  signal?: AbortSignal,
): Promise<PromptForm> {
  if (prompt !== undefined) return prompt
  if (task !== undefined) return 'notation'
  if (await hasChatTemplate(files, signal)) return 'chat'
  return role === undefined ? 'notation' : 'completion'
}

/** Rows of one pass: a pair of the longest sequences must fit. */
export function passLimits({ passTokens, maxTokens }: TrainingRecipe) {
  const maxRows = Math.max(passTokens, 2 * maxTokens)
  return { maxRows, maxReadouts: maxRows, maxPositions: maxTokens }
}

/** A language model's weights with a scalar head of zeros: it starts from a score of ½ everywhere. */
export function withScoreHead(source: WeightSource, { hiddenSize }: DecoderConfig): WeightSource {
  const shapes = new Map<string, readonly number[]>([
    [VALUE_HEAD, [1, hiddenSize]],
    [SCORE_BIAS, [1]],
  ])
  return {
    has: (name) => shapes.has(name) || source.has(name),
    shape: (name) => shapes.get(name) ?? source.shape(name),
    read: (name, signal, range) => {
      const shape = shapes.get(name)
      if (shape === undefined) return source.read(name, signal, range)
      const length = shape.reduce((product, size) => product * size, 1)
      return Promise.resolve(new Float32Array(range === undefined ? length : range.end - range.first))
    },
  }
}
