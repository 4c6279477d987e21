import { open } from 'node:fs/promises'
import type { DecoderConfig, WeightSource } from '../../src/engine/decoder/decoder.ts'
import { firstLayer } from './first-layer.ts'
import { ggufCharacter } from './gguf-characters.ts'
import type { GgufFormat } from './gguf-formats.ts'
import { GGUF_TYPES, ggufBytes, ggufEncode } from './gguf-formats.ts'

const MAGIC = 0x46554747
const VERSION = 3
const ALIGNMENT = 32
/** Types of values. */
const UINT32 = 4
const INT32 = 5
const FLOAT32 = 6
const BOOL = 7
const STRING = 8
const ARRAY = 9
const NORMAL_TOKEN = 1

/**
 * Writes a Llama checkpoint as the GGUF file that llama.cpp loads: norms in float32, and a vocabulary of one character for each
 * token, so that any tokens can be given as text. Layout: gguf.md of ggml, version 3.
 */
export async function writeGgufLlama(
  path: string,
  config: DecoderConfig,
  weights: WeightSource,
  format: GgufFormat = 'F32',
): Promise<void> {
  const tensors = tensorsOf(config)
  const header = new Writer()
  header.uint32(MAGIC)
  header.uint32(VERSION)
  header.uint64(tensors.length)
  const settings = settingsOf(config, format)
  header.uint64(settings.length)
  for (const setting of settings) setting(header)
  let end = 0
  for (const { name, source } of tensors) {
    // The innermost dimension comes first.
    const dims = weights.shape(source).toReversed()
    header.string(name)
    header.uint32(dims.length)
    for (const dim of dims) header.uint64(dim)
    header.uint32(GGUF_TYPES[formatOf(dims, format)].tensor)
    header.uint64(end)
    const count = dims.reduce((product, dim) => product * dim, 1)
    end = aligned(end + ggufBytes(formatOf(dims, format), count))
  }
  const file = await open(path, 'w')
  try {
    await file.writeFile(padded(header.bytes()))
    for (const { source, heads } of tensors) {
      const values = await weights.read(source)
      const written = heads === undefined ? values : interleaved(values, heads, config.headDim)
      await file.writeFile(padded(ggufEncode(formatOf(weights.shape(source), format), written)))
    }
  } finally {
    await file.close()
  }
}

/** A vector is read as a whole, and stays as it is. */
function formatOf(dims: readonly number[], format: GgufFormat): GgufFormat {
  return dims.length === 1 ? 'F32' : format
}

interface GgufTensor {
  readonly name: string
  /** Name in the checkpoint. */
  readonly source: string
  /** Of a projection whose outputs are turned by their position. */
  readonly heads?: number
}

function tensorsOf({ layers, heads, keyValueHeads, tiedEmbeddings }: DecoderConfig): GgufTensor[] {
  const layer = (number: number): GgufTensor[] => {
    const tensor = (name: string, source: string, heads?: number): GgufTensor => ({
      name: `blk.${number}.${name}.weight`,
      source: `model.layers.${number}.${source}.weight`,
      ...(heads === undefined ? {} : { heads }),
    })
    return [
      tensor('attn_norm', 'input_layernorm'),
      tensor('attn_q', 'self_attn.q_proj', heads),
      tensor('attn_k', 'self_attn.k_proj', keyValueHeads),
      tensor('attn_v', 'self_attn.v_proj'),
      tensor('attn_output', 'self_attn.o_proj'),
      tensor('ffn_norm', 'post_attention_layernorm'),
      tensor('ffn_gate', 'mlp.gate_proj'),
      tensor('ffn_up', 'mlp.up_proj'),
      tensor('ffn_down', 'mlp.down_proj'),
    ]
  }
  return [
    { name: 'token_embd.weight', source: 'model.embed_tokens.weight' },
    ...layers.flatMap((_, number) => layer(number)),
    { name: 'output_norm.weight', source: 'model.norm.weight' },
    ...(tiedEmbeddings ? [] : [{ name: 'output.weight', source: 'lm_head.weight' }]),
  ]
}

type Setting = (writer: Writer) => void

function settingsOf(config: DecoderConfig, format: GgufFormat): Setting[] {
  const { rope } = firstLayer(config)
  if (rope.type !== 'default') throw new Error(`rotary positions of type ${rope.type} are not written`)
  const tokens = Array.from({ length: config.vocabSize }, (_, id) => ggufCharacter(id))
  return [
    text('general.architecture', 'llama'),
    uint32('general.alignment', ALIGNMENT),
    uint32('general.file_type', GGUF_TYPES[format].file),
    uint32('llama.context_length', config.maxPositions),
    uint32('llama.embedding_length', config.hiddenSize),
    uint32('llama.block_count', config.layers.length),
    uint32('llama.feed_forward_length', config.intermediateSize),
    uint32('llama.attention.head_count', config.heads),
    uint32('llama.attention.head_count_kv', config.keyValueHeads),
    uint32('llama.attention.key_length', config.headDim),
    uint32('llama.attention.value_length', config.headDim),
    float32('llama.attention.layer_norm_rms_epsilon', config.normEpsilon),
    uint32('llama.rope.dimension_count', config.headDim),
    float32('llama.rope.freq_base', rope.theta),
    uint32('llama.vocab_size', config.vocabSize),
    text('tokenizer.ggml.model', 'llama'),
    array('tokenizer.ggml.tokens', STRING, tokens, (writer, token) => writer.string(token)),
    array('tokenizer.ggml.scores', FLOAT32, tokens, (writer) => writer.float32(0)),
    array('tokenizer.ggml.token_type', INT32, tokens, (writer) => writer.uint32(NORMAL_TOKEN)),
    uint32('tokenizer.ggml.bos_token_id', 0),
    uint32('tokenizer.ggml.eos_token_id', 0),
    uint32('tokenizer.ggml.unknown_token_id', 0),
    no('tokenizer.ggml.add_bos_token'),
    no('tokenizer.ggml.add_eos_token'),
    no('tokenizer.ggml.add_space_prefix'),
  ]
}

function text(key: string, value: string): Setting {
  return (writer) => writer.key(key, STRING).string(value)
}

function uint32(key: string, value: number): Setting {
  return (writer) => writer.key(key, UINT32).uint32(value)
}

function float32(key: string, value: number): Setting {
  return (writer) => writer.key(key, FLOAT32).float32(value)
}

function no(key: string): Setting {
  return (writer) => writer.key(key, BOOL).byte(0)
}

function array(
  key: string,
  type: number,
  values: readonly string[],
  write: (writer: Writer, value: string) => void,
): Setting {
  return (writer) => {
    writer.key(key, ARRAY)
    writer.uint32(type)
    writer.uint64(values.length)
    for (const value of values) write(writer, value)
  }
}

/** Little-endian values in a row. */
class Writer {
  private readonly parts: Uint8Array[] = []

  key(name: string, type: number): this {
    this.string(name)
    this.uint32(type)
    return this
  }

  string(value: string): void {
    const bytes = new TextEncoder().encode(value)
    this.uint64(bytes.length)
    this.parts.push(bytes)
  }

  byte(value: number): void {
    this.parts.push(Uint8Array.of(value))
  }

  uint32(value: number): void {
    this.parts.push(new Uint8Array(Uint32Array.of(value).buffer))
  }

  uint64(value: number): void {
    this.parts.push(new Uint8Array(BigUint64Array.of(BigInt(value)).buffer))
  }

  float32(value: number): void {
    this.parts.push(new Uint8Array(Float32Array.of(value).buffer))
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.parts)
  }
}

/**
 * Rows of a query or key projection [heads · head_dim, hidden] in the order that llama.cpp turns them: it pairs
 * neighbours, where the checkpoint pairs each row of a head's first half with the one as far into its second half.
 */
function interleaved(values: Float32Array, heads: number, headDim: number): Float32Array {
  const width = values.length / (heads * headDim)
  const half = headDim / 2
  const out = new Float32Array(values.length)
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < headDim; row++) {
      const to = 2 * (row % half) + (row < half ? 0 : 1)
      const from = (head * headDim + row) * width
      out.set(values.subarray(from, from + width), (head * headDim + to) * width)
    }
  }
  return out
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}

function padded(bytes: Uint8Array): Uint8Array {
  const missing = aligned(bytes.length) - bytes.length
  return missing === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(missing)])
}
