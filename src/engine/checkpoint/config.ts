import { z } from 'zod'
import { BOUNDS, bounded } from '../../core/bounds.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { DecoderConfig, LayerConfig, RopeConfig, ScoreHead } from '../decoder/decoder.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import { firstIssue, hasFile, readJson } from './checkpoint-text.ts'

const positive = z.number().int().positive()
const tokenId = bounded(BOUNDS.tokenId)
const width = bounded(BOUNDS.width)
const heads = bounded(BOUNDS.heads)
const tokenIds = z.union([tokenId, z.array(tokenId)]).nullish()

const ropeSchema = z.looseObject({
  partial_rotary_factor: z.number().optional(),
  attention_factor: z.number().nullish(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: positive.optional(),
})

const configSchema = z.looseObject({
  model_type: z.string(),
  architectures: z.array(z.string()).nullish(),
  hidden_size: width,
  intermediate_size: width,
  num_hidden_layers: bounded(BOUNDS.layers),
  num_attention_heads: heads,
  num_key_value_heads: heads.nullish(),
  head_dim: bounded(BOUNDS.headDim).nullish(),
  vocab_size: bounded(BOUNDS.vocabulary),
  max_position_embeddings: bounded(BOUNDS.positions).nullish(),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
  // Before Transformers 5: rope_theta, rope_scaling, torch_dtype; since: rope_parameters, dtype.
  rope_theta: z.number().positive().nullish(),
  rope_scaling: ropeSchema.nullish(),
  rope_parameters: ropeSchema.nullish(),
  torch_dtype: z.string().nullish(),
  dtype: z.string().nullish(),
  partial_rotary_factor: z.number().nullish(),
  use_sliding_window: z.boolean().nullish(),
  sliding_window: z.number().int().positive().nullish(),
  max_window_layers: z.number().int().nullish(),
  layer_types: z.array(z.string()).nullish(),
  num_labels: bounded(BOUNDS.labels).nullish(),
  id2label: z.record(z.string(), z.unknown()).nullish(),
  eos_token_id: tokenIds,
  bos_token_id: tokenIds,
  pad_token_id: tokenId.nullish(),
})
type RawConfig = z.infer<typeof configSchema>

const generationSchema = z.looseObject({ eos_token_id: tokenIds, pad_token_id: tokenId.nullish() })

/** What Transformers' class of a `model_type` does that config.json need not say. */
interface Family {
  /** The name of its classes: `name`ForCausalLM. */
  readonly name: string
  /** `max_position_embeddings` where a config leaves it out. */
  readonly positions: number
  readonly biases: (raw: RawConfig) => LayerConfig['biases']
  /** RMSNorm over each query and key head. */
  readonly queryKeyNorm: boolean
  /** `head_dim` where a config leaves it out; null: hidden size / heads. */
  readonly headDim: number | null
  /** `none`: no layer has a window; `chosen`: those that `use_sliding_window` and its kin name; `all`: `sliding_window`. */
  readonly windows: 'none' | 'chosen' | 'all'
}

const NO_BIASES = { queryKeyValue: false, output: false, mlp: false }
const QUERY_KEY_VALUE = { queryKeyValue: true, output: false, mlp: false }
const attentionBiases = (raw: RawConfig) => ({ queryKeyValue: raw.attention_bias, output: raw.attention_bias })

const FAMILIES: ReadonlyMap<string, Family> = new Map<string, Family>([
  [
    'llama',
    {
      name: 'Llama',
      positions: 2048,
      biases: (raw) => ({ ...attentionBiases(raw), mlp: raw.mlp_bias }),
      queryKeyNorm: false,
      headDim: null,
      windows: 'none',
    },
  ],
  [
    'qwen2',
    {
      name: 'Qwen2',
      positions: 32_768,
      biases: () => QUERY_KEY_VALUE,
      queryKeyNorm: false,
      headDim: null,
      windows: 'chosen',
    },
  ],
  [
    'qwen3',
    {
      name: 'Qwen3',
      positions: 32_768,
      biases: (raw) => ({ ...attentionBiases(raw), mlp: false }),
      queryKeyNorm: true,
      headDim: 128,
      windows: 'chosen',
    },
  ],
  [
    'mistral',
    {
      name: 'Mistral',
      positions: 131_072,
      biases: () => NO_BIASES,
      queryKeyNorm: false,
      headDim: null,
      windows: 'all',
    },
  ],
])
const TYPES = alternatives([...FAMILIES.keys()])
const NAMES = alternatives([...FAMILIES.values()].map(({ name }) => name))
/** `sliding_window`, and Qwen's first layer that has it, where a config leaves them out. */
const SLIDING_WINDOW = 4096
const MAX_WINDOW_LAYERS = 28
/** One number, as TRL's value head of a language model. */
export const VALUE_HEAD: ScoreHead = { kind: 'score', labels: 1, bias: true }
const CONFIG_FILE = 'config.json'
const GENERATION_FILE = 'generation_config.json'

/**
 * The shape of a checkpoint from config.json, with the end-of-sequence ids of generation_config.json.
 * @throws StepscopeError `unsupported-config` with the field and its value where the engine does not cover it,
 * `bad-checkpoint` where the file is missing or not JSON
 */
export async function readConfig(files: CheckpointFiles, signal?: AbortSignal): Promise<DecoderConfig> {
  const config = await readJson(files, CONFIG_FILE, signal)
  const generation = hasFile(files, GENERATION_FILE) ? await readJson(files, GENERATION_FILE, signal) : {}
  return parseConfig(config, generation)
}

/** The name of a model's class in Transformers, which config.json may lack. */
export function architectureOf({ family, outputHead }: Pick<DecoderConfig, 'family' | 'outputHead'>): string {
  const name = FAMILIES.get(family)?.name ?? family
  if (outputHead.kind === 'language-model') return `${name}ForCausalLM`
  if (outputHead.hiddenLayer) return `${name}ForProcessRewardModel`
  return `${name}For${outputHead.bias ? 'Token' : 'Sequence'}Classification`
}

/** As `readConfig`, from the parsed JSON of both files. */
export function parseConfig(config: unknown, generation: unknown = {}): DecoderConfig {
  const raw = check(configSchema, config, CONFIG_FILE)
  const generationConfig = check(generationSchema, generation, GENERATION_FILE)
  const family = FAMILIES.get(raw.model_type)
  if (family === undefined) throw unsupported('model_type', TYPES, raw.model_type)
  refuseUncovered(raw, config)
  const heads = raw.num_attention_heads
  const keyValueHeads = raw.num_key_value_heads ?? heads
  if (heads % keyValueHeads !== 0) {
    throw unsupported('num_key_value_heads', `a divisor of num_attention_heads (${heads})`, keyValueHeads)
  }
  return {
    family: raw.model_type,
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layers: layerConfigs(raw, family),
    heads,
    keyValueHeads,
    headDim: headDim(raw, family),
    vocabSize: raw.vocab_size,
    maxPositions: raw.max_position_embeddings ?? family.positions,
    normEpsilon: raw.rms_norm_eps,
    tiedEmbeddings: raw.tie_word_embeddings,
    outputHead: outputHeadConfig(raw),
    eosTokenIds: [...new Set([...list(raw.eos_token_id), ...list(generationConfig.eos_token_id)])],
    bosTokenId: list(raw.bos_token_id)[0] ?? null,
    padTokenId: raw.pad_token_id ?? generationConfig.pad_token_id ?? null,
  }
}

/**
 * An end of the sequence that the model cannot write would never end it.
 * @throws StepscopeError `unsupported-config` that names the file with an id beyond the vocabulary
 */
export async function checkEndTokens(files: CheckpointFiles, config: DecoderConfig): Promise<void> {
  const beyond = config.eosTokenIds.find((id) => id >= config.vocabSize)
  if (beyond === undefined) return
  const own = check(configSchema, await readJson(files, CONFIG_FILE), CONFIG_FILE)
  throw new StepscopeError({
    code: 'unsupported-config',
    message: 'The end-of-sequence token is beyond the vocabulary',
    expected: `ids below ${config.vocabSize} (vocab_size of ${CONFIG_FILE})`,
    found: String(beyond),
    place: { file: list(own.eos_token_id).includes(beyond) ? CONFIG_FILE : GENERATION_FILE, field: 'eos_token_id' },
    nextStep: 'Check that the file belongs to this checkpoint.',
  })
}

/** Settings of related families that would change every result, with the value at which they do not. */
const NEUTRAL: Readonly<Record<string, unknown>> = {
  attention_multiplier: 1,
  embedding_multiplier: 1,
  residual_multiplier: 1,
  logits_scaling: 1,
  logit_scale: 1,
  final_logit_softcapping: null,
  attn_logit_softcapping: null,
  clip_qkv: null,
  quantization: null,
  is_causal: true,
  add_cross_attention: false,
  use_mrope: false,
  use_qk_norm: false,
  hidden_activation: 'silu',
}

function refuseUncovered(raw: RawConfig, config: unknown): void {
  for (const [field, neutral] of Object.entries(NEUTRAL)) {
    const value = (config as Readonly<Record<string, unknown>>)[field] ?? neutral
    if (value !== neutral) throw unsupported(field, `${JSON.stringify(neutral)}, or nothing`, value)
  }
  const quantization = (config as { quantization_config?: unknown }).quantization_config
  if (quantization !== undefined && quantization !== null) {
    throw unsupported('quantization_config', 'no quantization (float32, float16 or bfloat16 weights)', quantization)
  }
  if (raw.hidden_act !== 'silu' && raw.hidden_act !== 'swish') throw unsupported('hidden_act', 'silu', raw.hidden_act)
  const dtypeField = raw.dtype === undefined || raw.dtype === null ? 'torch_dtype' : 'dtype'
  const dtype = raw[dtypeField]
  if (dtype !== undefined && dtype !== null && !/^(torch\.)?(float32|float16|bfloat16|auto)$/.test(dtype)) {
    throw unsupported(dtypeField, 'float32, float16 or bfloat16', dtype)
  }
  const rotary = raw.rope_parameters ?? raw.rope_scaling
  const partial = raw.partial_rotary_factor ?? rotary?.partial_rotary_factor ?? 1
  if (partial !== 1) throw unsupported('partial_rotary_factor', '1', partial)
  const factor = rotary?.attention_factor ?? 1
  if (factor !== 1) throw unsupported('attention_factor', '1', factor)
}

function layerConfigs(raw: RawConfig, family: Family): LayerConfig[] {
  const layer = {
    activation: 'silu',
    norms: { epsilon: raw.rms_norm_eps, queryKey: family.queryKeyNorm },
    rope: ropeConfig(raw),
    biases: family.biases(raw),
  } as const
  return windows(raw, family).map((window) => ({ ...layer, window }))
}

/** Each layer's window, as Transformers gives them to the layers; null where a layer has none. */
function windows(raw: RawConfig, family: Family): (number | null)[] {
  const layers = Array.from({ length: raw.num_hidden_layers }, (_, number) => number)
  const known = family.windows === 'none' ? ['full_attention'] : ['full_attention', 'sliding_attention']
  const types = raw.layer_types
  const unknown = types?.find((type) => !known.includes(type))
  if (unknown !== undefined) throw unsupported('layer_types', `${alternatives(known)} in every layer`, unknown)
  if (types && types.length !== layers.length) {
    throw unsupported('layer_types', `one for each of the ${layers.length} layers`, `${types.length}`)
  }
  const used = family.windows === 'all' || raw.use_sliding_window === true
  const window = used ? (raw.sliding_window === undefined ? SLIDING_WINDOW : raw.sliding_window) : null
  if (family.windows === 'none') {
    if (window !== null && (raw.max_window_layers ?? 0) < layers.length)
      throw unsupported('use_sliding_window', 'false', true)
    return layers.map(() => null)
  }
  // Transformers gives all of Mistral's layers one mask, whatever their types.
  if (family.windows === 'all') return layers.map(() => window)
  if (window === null && types?.includes('sliding_attention')) {
    throw unsupported('layer_types', 'full_attention in every layer, as there is no window', 'sliding_attention')
  }
  const from = raw.max_window_layers ?? MAX_WINDOW_LAYERS
  return layers.map((number) => {
    const windowed = types ? types[number] === 'sliding_attention' : number >= from
    return windowed ? window : null
  })
}

function headDim(raw: RawConfig, family: Family): number {
  const given = raw.head_dim ?? family.headDim
  if (given === null && raw.hidden_size % raw.num_attention_heads !== 0) {
    throw unsupported(
      'num_attention_heads',
      `a divisor of hidden_size (${raw.hidden_size}) where head_dim is not given`,
      raw.num_attention_heads,
    )
  }
  const dimensions = given ?? raw.hidden_size / raw.num_attention_heads
  if (dimensions % 2 !== 0) throw unsupported('head_dim', 'an even number, for rotary positions', dimensions)
  return dimensions
}

function ropeConfig(raw: RawConfig): RopeConfig {
  const field = raw.rope_parameters ? 'rope_parameters' : 'rope_scaling'
  const given = raw.rope_parameters ?? raw.rope_scaling ?? {}
  const theta = given.rope_theta ?? raw.rope_theta ?? 10000
  // Models whose layers turn by different angles have one table for each kind of layer.
  const nested = Object.entries(given).find(([, value]) => typeof value === 'object' && value !== null)
  if (nested !== undefined) throw unsupported(`${field}.${nested[0]}`, 'one setting for all layers', nested[1])
  if (raw.rope_parameters && raw.rope_theta && raw.rope_theta !== theta) {
    throw unsupported('rope_theta', `the same as rope_parameters.rope_theta (${theta})`, raw.rope_theta)
  }
  const type = given.rope_type ?? given.type ?? 'default'
  const need = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') => {
    const value = given[name]
    if (value === undefined) throw unsupported(`${field}.${name}`, `a number, as rope_type is ${type}`, undefined)
    return value
  }
  switch (type) {
    case 'default':
      return { type, theta }
    case 'linear':
      return { type, theta, factor: need('factor') }
    case 'llama3': {
      const [low, high] = [need('low_freq_factor'), need('high_freq_factor')]
      if (high <= low) throw unsupported(`${field}.high_freq_factor`, `more than low_freq_factor (${low})`, high)
      return {
        type,
        theta,
        factor: need('factor'),
        lowFrequencyFactor: low,
        highFrequencyFactor: high,
        originalMaxPositions: need('original_max_position_embeddings'),
      }
    }
    default:
      throw unsupported(`${field}.rope_type`, 'default, linear or llama3', type)
  }
}

function outputHeadConfig(raw: RawConfig): DecoderConfig['outputHead'] {
  const architecture = raw.architectures?.[0]
  // Classes that come with checkpoints: Qwen2.5-Math-PRM's head has two layers, Skywork-o1-Open-PRM's is a value head.
  if (architecture?.endsWith('ForProcessRewardModel')) {
    return { kind: 'score', labels: labelCount(raw), bias: true, hiddenLayer: true }
  }
  if (architecture?.endsWith('ForPrmModel')) return VALUE_HEAD
  // A base model's weights are those of the language model but for a head, which tied embeddings are.
  if (architecture === undefined || /(ForCausalLM|Model)$/.test(architecture)) return { kind: 'language-model' }
  // Transformers: token classification heads have a bias, sequence classification heads have none.
  const bias = architecture.endsWith('ForTokenClassification')
  if (!bias && !architecture.endsWith('ForSequenceClassification')) {
    throw unsupported(
      'architectures',
      '…ForCausalLM, …ForTokenClassification, …ForSequenceClassification, …ForProcessRewardModel or …ForPrmModel',
      architecture,
    )
  }
  return { kind: 'score', labels: labelCount(raw), bias }
}

function labelCount(raw: RawConfig): number {
  const named = Object.keys(raw.id2label ?? {}).length
  if (raw.num_labels && named > 0 && raw.num_labels !== named) {
    throw unsupported('num_labels', `${named}, as id2label has`, raw.num_labels)
  }
  return raw.num_labels ?? (named > 0 ? named : 2)
}

/** “a, b or c” */
function alternatives(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

function list(ids: number | readonly number[] | null | undefined): readonly number[] {
  if (ids === null || ids === undefined) return []
  return typeof ids === 'number' ? [ids] : ids
}

function check<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const { field, message } = firstIssue(parsed.error)
  const path = field === '' ? [] : field.split('.')
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value)
  throw new StepscopeError({
    code: 'unsupported-config',
    message,
    found: JSON.stringify(found)?.slice(0, 60) ?? 'nothing',
    place: { file, field },
    nextStep: `Check that this is the config.json of a ${NAMES} checkpoint.`,
  })
}

function unsupported(field: string, expected: string, found: unknown): StepscopeError {
  return new StepscopeError({
    code: 'unsupported-config',
    message: 'The engine does not cover this setting',
    expected,
    found: typeof found === 'string' ? found : (JSON.stringify(found) ?? 'nothing'),
    place: { file: CONFIG_FILE, field },
    nextStep: `Take another checkpoint: ${NAMES} with a language-model or score head.`,
  })
}
