import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { firstIssue, hasFile, readJson } from '../../engine/checkpoint/checkpoint-text.ts'
import type { FlopsModel } from '../../search/models.ts'

const size = z.number().int().positive().nullish()
const tokenId = z.number().int().nonnegative()
const tokenIds = z.union([tokenId, z.array(tokenId)]).nullish()

/** Fields under the names that families of decoders give them. */
const schema = z.looseObject({
  model_type: z.string(),
  vocab_size: z.number().int().positive(),
  hidden_size: size,
  n_embd: size,
  intermediate_size: size,
  ffn_dim: size,
  n_inner: size,
  num_hidden_layers: size,
  n_layer: size,
  num_attention_heads: size,
  n_head: size,
  num_key_value_heads: size,
  head_dim: size,
  max_position_embeddings: size,
  n_positions: size,
  tie_word_embeddings: z.boolean().nullish(),
  eos_token_id: tokenIds,
  pad_token_id: tokenId.nullish(),
})
const generationSchema = z.looseObject({ eos_token_id: tokenIds, pad_token_id: tokenId.nullish() })

/** What the policy needs to know of a checkpoint of any family that Transformers.js runs. */
export interface OnnxConfig {
  readonly family: string
  readonly vocabSize: number
  readonly maxPositions: number
  readonly eosTokenIds: readonly number[]
  readonly padTokenId: number | null
  /** Counted from the config's sizes: embeddings, and layers as Llama (or, without a gate, GPT-2) has them. */
  readonly parameters: number
  readonly flops: FlopsModel
}

/** Families whose feed-forward part has two matrices, not three. */
const UNGATED = /^(gpt|opt|bloom|falcon|phi$|codegen|mpt)/
/** Where a config does not say, which only a few old families leave out. */
const USUAL_CONTEXT = 2048

/** @throws StepscopeError `unsupported-config` naming the field that is missing or wrong */
export async function readOnnxConfig(files: CheckpointFiles, signal?: AbortSignal): Promise<OnnxConfig> {
  const raw = check(schema, await readJson(files, 'config.json', signal), 'config.json')
  const generationFile = 'generation_config.json'
  const generation = hasFile(files, generationFile)
    ? check(generationSchema, await readJson(files, generationFile, signal), generationFile)
    : {}
  const hidden = need(raw.hidden_size ?? raw.n_embd, 'hidden_size')
  const layers = need(raw.num_hidden_layers ?? raw.n_layer, 'num_hidden_layers')
  const heads = need(raw.num_attention_heads ?? raw.n_head, 'num_attention_heads')
  const headDim = raw.head_dim ?? hidden / heads
  const between = raw.intermediate_size ?? raw.ffn_dim ?? raw.n_inner ?? 4 * hidden
  const attention = hidden * headDim * (2 * heads + 2 * (raw.num_key_value_heads ?? heads))
  const mlp = (UNGATED.test(raw.model_type) ? 2 : 3) * hidden * between
  const embeddings = raw.vocab_size * hidden * (raw.tie_word_embeddings === false ? 2 : 1)
  return {
    family: raw.model_type,
    vocabSize: raw.vocab_size,
    maxPositions: raw.max_position_embeddings ?? raw.n_positions ?? USUAL_CONTEXT,
    eosTokenIds: [...new Set([...list(raw.eos_token_id), ...list(generation.eos_token_id)])],
    padTokenId: raw.pad_token_id ?? generation.pad_token_id ?? null,
    parameters: embeddings + layers * (attention + mlp + 2 * hidden) + hidden,
    flops: {
      token: 2 * layers * (attention + mlp),
      head: 2 * hidden * raw.vocab_size,
      context: 4 * layers * heads * headDim,
    },
  }
}

function list(ids: number | readonly number[] | null | undefined): readonly number[] {
  if (ids === null || ids === undefined) return []
  return typeof ids === 'number' ? [ids] : ids
}

function need(value: number | null | undefined, field: string): number {
  if (value !== null && value !== undefined) return value
  throw new StepscopeError({
    code: 'unsupported-config',
    message: 'The field is missing',
    expected: 'the config of a causal language model',
    found: 'nothing',
    place: { file: 'config.json', field },
    nextStep: 'Take a checkpoint that generates text alone, without images or sound.',
  })
}

function check<T>(shape: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = shape.safeParse(value)
  if (parsed.success) return parsed.data
  const { field, message } = firstIssue(parsed.error)
  throw new StepscopeError({
    code: 'unsupported-config',
    message,
    expected: 'the config of a causal language model',
    place: { file, field },
    nextStep: 'Take a checkpoint that generates text alone, without images or sound.',
  })
}
