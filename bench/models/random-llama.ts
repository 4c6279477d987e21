import { open } from 'node:fs/promises'

/** A Llama shape in the words of config.json. */
export interface LlamaShape {
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_hidden_layers: number
  readonly num_attention_heads: number
  readonly num_key_value_heads: number
  readonly head_dim: number
  readonly vocab_size: number
}

const DEVIATION = 0.02

/**
 * Writes `model.safetensors` of a shape with tied embeddings, in float32: matrices uniform around 0 with the deviation
 * that training starts from, norms 1. The same seed gives the same file.
 */
export async function writeRandomLlama(path: string, shape: LlamaShape, seed: number): Promise<void> {
  const tensors = tensorsOf(shape)
  const header: Record<string, object> = {}
  let end = 0
  for (const { name, dims } of tensors) {
    const start = end
    end += 4 * elements(dims)
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [start, end] }
  }
  const text = JSON.stringify(header)
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8))
  const file = await open(path, 'w')
  try {
    await file.writeFile(new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer))
    await file.writeFile(json)
    let state = seed
    for (const { dims } of tensors) {
      const values = new Float32Array(elements(dims))
      if (dims.length === 1) values.fill(1)
      else {
        for (let i = 0; i < values.length; i++) {
          // Marsaglia's xorshift: quick, and nothing here depends on its quality.
          state ^= state << 13
          state ^= state >>> 17
          state ^= state << 5
          values[i] = (state / 2 ** 31) * DEVIATION * Math.sqrt(3)
        }
      }
      await file.writeFile(new Uint8Array(values.buffer))
    }
  } finally {
    await file.close()
  }
}

function tensorsOf(shape: LlamaShape): { name: string; dims: readonly number[] }[] {
  const { hidden_size: hidden, intermediate_size: inner, vocab_size: vocabulary } = shape
  const queries = shape.num_attention_heads * shape.head_dim
  const keys = shape.num_key_value_heads * shape.head_dim
  const layer: readonly (readonly [string, readonly number[]])[] = [
    ['input_layernorm', [hidden]],
    ['self_attn.q_proj', [queries, hidden]],
    ['self_attn.k_proj', [keys, hidden]],
    ['self_attn.v_proj', [keys, hidden]],
    ['self_attn.o_proj', [hidden, queries]],
    ['post_attention_layernorm', [hidden]],
    ['mlp.gate_proj', [inner, hidden]],
    ['mlp.up_proj', [inner, hidden]],
    ['mlp.down_proj', [hidden, inner]],
  ]
  const layers = Array.from({ length: shape.num_hidden_layers }, (_, number) =>
    layer.map(([name, dims]) => ({ name: `model.layers.${number}.${name}.weight`, dims })),
  )
  return [
    { name: 'model.embed_tokens.weight', dims: [vocabulary, hidden] },
    ...layers.flat(),
    { name: 'model.norm.weight', dims: [hidden] },
  ]
}

function elements(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1)
}
