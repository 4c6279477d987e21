import type { PreTrainedModel } from '@huggingface/transformers'
import { AutoModelForCausalLM, AutoTokenizer, env, Tensor } from '@huggingface/transformers'

export interface PeerFigures {
  readonly device: 'webgpu' | 'wasm'
  /** Tokens per second of `generate()` over all rows, sampling. */
  readonly generateTokensPerSecond: number
  /** Tokens per second of a hand-written greedy loop on the model's cache: its best case. */
  readonly loopTokensPerSecond: number
  readonly rows: number
  readonly newTokens: number
}

/** Decodes `rows` copies of one prompt with Transformers.js: prefill excluded, first (compiling) run excluded. */
export async function measurePeer(
  device: 'webgpu' | 'wasm',
  prompt: string,
  rows: number,
  newTokens: number,
): Promise<PeerFigures> {
  env.allowLocalModels = true
  env.allowRemoteModels = false
  env.useBrowserCache = false
  env.localModelPath = '/peer-models/'
  if (env.backends.onnx.wasm !== undefined) env.backends.onnx.wasm.wasmPaths = '/peer-wasm/'
  const tokenizer = await AutoTokenizer.from_pretrained('countdown-policy')
  const model = await AutoModelForCausalLM.from_pretrained('countdown-policy', { device, dtype: 'fp32' })
  const inputs = tokenizer(Array.from({ length: rows }, () => prompt))
  await model.generate({ ...inputs, max_new_tokens: 2, do_sample: true })

  const generate = async (count: number): Promise<number> => {
    const start = performance.now()
    await model.generate({ ...inputs, min_new_tokens: count, max_new_tokens: count, do_sample: true })
    return performance.now() - start
  }
  const short = await generate(1)
  const long = await generate(1 + newTokens)
  const loopMs = await greedyLoop(model, inputs, rows, newTokens)
  await model.dispose()
  return {
    device,
    generateTokensPerSecond: (rows * newTokens * 1000) / (long - short),
    loopTokensPerSecond: (rows * newTokens * 1000) / loopMs,
    rows,
    newTokens,
  }
}

/** Milliseconds of `newTokens` forward passes on the growing cache, greedy, without the library's generation code. */
async function greedyLoop(
  model: PreTrainedModel,
  inputs: { input_ids: Tensor; attention_mask: Tensor },
  rows: number,
  newTokens: number,
): Promise<number> {
  let length = inputs.input_ids.dims[1] ?? 0
  let output = await model({ ...inputs, position_ids: positions(rows, 0, length) })
  const start = performance.now()
  for (let step = 0; step < newTokens; step++) {
    const next = argmaxOfLastPosition(output.logits)
    length += 1
    output = await model({
      input_ids: new Tensor('int64', next, [rows, 1]),
      attention_mask: new Tensor('int64', new BigInt64Array(rows * length).fill(1n), [rows, length]),
      position_ids: positions(rows, length - 1, length),
      past_key_values: pastFromPresent(output),
    })
  }
  return performance.now() - start
}

function positions(rows: number, from: number, to: number): Tensor {
  const count = to - from
  const values = new BigInt64Array(rows * count)
  for (let i = 0; i < values.length; i++) values[i] = BigInt(from + (i % count))
  return new Tensor('int64', values, [rows, count])
}

function argmaxOfLastPosition(logits: Tensor): BigInt64Array {
  const [rows = 0, time = 0, vocab = 0] = logits.dims
  const data = logits.data as Float32Array
  const best = new BigInt64Array(rows)
  for (let row = 0; row < rows; row++) {
    const offset = (row * time + time - 1) * vocab
    let id = 0
    for (let i = 1; i < vocab; i++) if ((data[offset + i] ?? 0) > (data[offset + id] ?? 0)) id = i
    best[row] = BigInt(id)
  }
  return best
}

function pastFromPresent(output: Record<string, Tensor>): Record<string, Tensor> {
  const past: Record<string, Tensor> = {}
  for (const [name, tensor] of Object.entries(output)) {
    if (name.startsWith('present')) past[name.replace('present', 'past_key_values')] = tensor
  }
  return past
}
