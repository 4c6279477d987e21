import { StepscopeError } from '../../core/errors.ts'
import type { DecoderConfig } from '../decoder/decoder.ts'
import { decoderLayout } from '../decoder/decoder-layout.ts'
import { expectedShapes, tensorPlan } from '../decoder/decoder-tensors.ts'
import { checkShape } from '../decoder/decoder-weights.ts'
import type { CheckpointFiles } from './checkpoint-files.ts'
import type { CheckpointWeights } from './checkpoint-weights.ts'
import { openWeights } from './checkpoint-weights.ts'
import { readConfig } from './config.ts'

/** Shape and weights of a model, as they belong together. */
export interface Checkpoint {
  readonly config: DecoderConfig
  /** The tensors that the model is made of; others in the files are left out. */
  readonly weights: CheckpointWeights
}

const EMBEDDING = 'model.embed_tokens.weight'
const HEAD = 'lm_head.weight'
/** Weights compared at a time. */
const COMPARED = 2 ** 20

/**
 * Opens a Hugging Face folder: what `config.json` says and what is in the weights are held against each other once, before
 * anything is loaded, for search, scoring, training and exports alike. As in Transformers, a base model's tensors may lack
 * the prefix `model.`; names may have those of wrappers before them (`module.`, `_orig_mod.`, `pretrained_model.`), and a
 * score head may be called `v_head.summary`. A head that differs from the embedding is a head of its own, whatever `tie_word_embeddings` says.
 * @param read what `readConfig` gave, where it was read already
 * @throws StepscopeError `unsupported-config` or `bad-checkpoint` naming file and field; a missing tensor with those that
 * are there
 */
export async function openCheckpoint(
  files: CheckpointFiles,
  signal?: AbortSignal,
  read?: DecoderConfig,
): Promise<Checkpoint> {
  const stated = read ?? (await readConfig(files, signal))
  const stored = underOwnNames(await openWeights(files, signal), stated)
  const config = { ...stated, tiedEmbeddings: stated.tiedEmbeddings && !(await hasOwnHead(stated, stored, signal)) }
  const tensors = storedTensors(config)
  refuseLeftOut(stored, new Set(tensors.map(({ name }) => name)))
  try {
    for (const { name, shape } of tensors) checkShape(name, shape, stored.shape(name))
  } catch (error) {
    throw stored.located(error)
  }
  return { config, weights: stored.only(new Set(tensors.map(({ name }) => name))) }
}

/** The tensors that a checkpoint of this config has, with their shapes. */
export function storedTensors(
  config: DecoderConfig,
): readonly { readonly name: string; readonly shape: readonly number[] }[] {
  // Layouts differ by the tiles of a backend, names and shapes do not.
  return expectedShapes(tensorPlan(config, decoderLayout(config, { matmul: { columns: 1 } })))
}

/** Names of a decoder's own tensors; a head that ties replace, buffers and whatever else a file holds are none. */
const OWN =
  /^(model\.layers\.\d+\.(self_attn\.([qkvo]_proj|[qk]_norm)|mlp\.(gate|up|down)_proj|(input|post_attention)_layernorm)|model\.norm|score(\.[02])?)\.(weight|bias)$/

/** A layer, bias or head that is stored and that config.json makes no use of would change every result. */
function refuseLeftOut(weights: CheckpointWeights, used: ReadonlySet<string>): void {
  const names = [...weights.entries.keys()].filter((name) => OWN.test(name) && !used.has(name))
  if (names[0] === undefined) return
  throw weights.located(
    new StepscopeError({
      code: 'bad-checkpoint',
      message: 'The weights have a tensor that config.json makes no use of',
      expected: 'a config.json that uses every layer, bias and head of the weights',
      found: `${names.length} such tensors`,
      place: { field: names[0] },
      nextStep: 'Check num_hidden_layers, attention_bias, mlp_bias, model_type and architectures of config.json.',
    }),
  )
}

/** What wrappers put before a name: TRL's value head, DistributedDataParallel, torch.compile. */
const WRAPPERS = /^((pretrained_model|module|_orig_mod)\.)+|(?<=\.)_orig_mod\./g
/** TRL's name of a value head. */
const VALUE_HEAD_NAME = /^v_head\.summary\./

/** The tensors under the names that Transformers gives them, however they were saved. */
function underOwnNames(weights: CheckpointWeights, { outputHead }: DecoderConfig): CheckpointWeights {
  const names = [...weights.entries.keys()]
  const bare = (name: string) => name.replace(WRAPPERS, '')
  const prefixed = names.some((name) => bare(name) === EMBEDDING)
  const scored = outputHead.kind === 'score' && !names.some((name) => bare(name) === 'score.weight')
  const own = (name: string) => {
    const inner = bare(name)
    if (!prefixed && /^(embed_tokens|layers|norm)\./.test(inner)) return `model.${inner}`
    return scored ? inner.replace(VALUE_HEAD_NAME, 'score.') : inner
  }
  if (names.every((name) => own(name) === name)) return weights
  const seen = new Map<string, string>()
  for (const name of names) {
    const before = seen.get(own(name))
    if (before !== undefined) throw weights.located(sameTensor(own(name), before, name))
    seen.set(own(name), name)
  }
  return weights.renamed(own)
}

function sameTensor(name: string, first: string, second: string): StepscopeError {
  return new StepscopeError({
    code: 'bad-checkpoint',
    message: 'Two tensors of the weights are the same one of the model',
    expected: `one tensor for ${name}`,
    found: `${first} and ${second}`,
    place: { field: second },
    nextStep: 'Save the model again without its wrapper.',
  })
}

/** Whether a model that says it has none has a head that is not the embedding. */
async function hasOwnHead(
  { tiedEmbeddings, outputHead }: DecoderConfig,
  weights: CheckpointWeights,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!tiedEmbeddings || outputHead.kind !== 'language-model' || !weights.has(HEAD) || !weights.has(EMBEDDING))
    return false
  const shape = weights.shape(HEAD)
  if (shape.join() !== weights.shape(EMBEDDING).join()) return true
  const length = shape.reduce((product, size) => product * size, 1)
  for (let first = 0; first < length; first += COMPARED) {
    const range = { first, end: Math.min(length, first + COMPARED) }
    const own = await weights.read(HEAD, signal, range)
    const embedding = await weights.read(EMBEDDING, signal, range)
    if (own.some((value, index) => value !== embedding[index])) return true
  }
  return false
}
