import { narrowHalf } from '../../core/half.ts'
import type { CheckpointFiles } from '../checkpoint/checkpoint-files.ts'
import { parseConfig } from '../checkpoint/config.ts'
import { decoderLayout } from '../decoder/decoder-layout.ts'
import { expectedShapes, tensorPlan } from '../decoder/decoder-tensors.ts'
import { memoryFiles } from './memory-files.ts'

/** config.json of Qwen2.5-0.5B. */
export const QWEN_HALF_BILLION = {
  architectures: ['Qwen2ForCausalLM'],
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151643,
  hidden_act: 'silu',
  hidden_size: 896,
  initializer_range: 0.02,
  intermediate_size: 4864,
  max_position_embeddings: 32768,
  max_window_layers: 24,
  model_type: 'qwen2',
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  sliding_window: 32768,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  use_cache: true,
  use_mrope: false,
  use_sliding_window: false,
  vocab_size: 151936,
} as const

const TILE = { matmul: { columns: 8 } }
const WEIGHTS = 'model.safetensors'

/**
 * A checkpoint folder with the shapes that config.json asks for and repeatable random weights (normal, σ 0.02; gains
 * 1) in float16. Nothing is stored: bytes are computed when they are read, so a large one costs no memory.
 * @param others further files, e.g. the tokenizer's
 */
export function randomCheckpoint(
  config: Readonly<Record<string, unknown>>,
  others: Parameters<typeof memoryFiles>[0],
  seed = 1,
): CheckpointFiles {
  const parsed = parseConfig(config)
  const shapes = expectedShapes(tensorPlan(parsed, decoderLayout(parsed, TILE)))
  let offset = 0
  const header: Record<string, unknown> = {}
  const tensors = shapes.map(({ name, shape }) => {
    const bytes = 2 * shape.reduce((product, length) => product * length, 1)
    const tensor = { start: offset, end: offset + bytes, gain: name.endsWith('norm.weight') }
    header[name] = { dtype: 'F16', shape, data_offsets: [offset, offset + bytes] }
    offset += bytes
    return tensor
  })
  const json = new TextEncoder().encode(JSON.stringify(header))
  const dataStart = 8 + Math.ceil(json.length / 8) * 8
  const head = new Uint8Array(dataStart).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(dataStart - 8), true)
  head.set(json, 8)
  const values = normalHalves()

  const small = memoryFiles({ 'config.json': config, ...others })
  return {
    name: 'random/checkpoint',
    files: [...small.files, WEIGHTS],
    size: async (file) => (file === WEIGHTS ? dataStart + offset : small.size(file)),
    read: async (file, start, end, signal) => {
      if (file !== WEIGHTS) return small.read(file, start, end, signal)
      signal?.throwIfAborted()
      // Whole halves around the range that was asked for.
      const first = start - (start % 2)
      const halves = new Uint16Array(Math.ceil((end - first) / 2))
      const bytes = new Uint8Array(halves.buffer)
      if (first < dataStart) bytes.set(head.subarray(first, Math.min(end, dataStart)))
      for (const tensor of tensors) {
        const from = Math.max(first, dataStart + tensor.start)
        const to = Math.min(end, dataStart + tensor.end)
        for (let at = from; at < to; at += 2) {
          halves[(at - first) / 2] = tensor.gain ? 0x3c00 : (values[mix((at - dataStart) / 2 + seed)] as number)
        }
      }
      return bytes.slice(start - first, end - first)
    },
  }
}

/** 16 well mixed bits of a counter. */
function mix(counter: number): number {
  let x = Math.imul(counter ^ (counter >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) & 0xffff
}

/** 65,536 normal deviates of σ 0.02 as halves, by Box and Muller. */
function normalHalves(): Uint16Array {
  return Uint16Array.from({ length: 65536 }, (_, i) => {
    const radius = Math.sqrt(-2 * Math.log(((i >> 8) + 0.5) / 256))
    return narrowHalf(0.02 * radius * Math.cos((2 * Math.PI * (i & 255)) / 256))
  })
}
