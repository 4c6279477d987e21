import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { openCheckpointDirectory } from '../../src/cli/checkpoint-directory.ts'
import { openWeights } from '../../src/engine/checkpoint/checkpoint-weights.ts'
import { readConfig } from '../../src/engine/checkpoint/config.ts'
import type { GgufFormat } from './gguf-formats.ts'
import { ggufName } from './gguf-formats.ts'
import { writeGgufLlama } from './gguf-llama.ts'
import type { AttentionOperators } from './onnx-llama.ts'
import { writeOnnxLlama } from './onnx-llama.ts'
import type { OnnxDtype } from './onnx-products.ts'
import { writeRandomLlama } from './random-llama.ts'
import { MODELS } from './served-files.ts'

const CHECKPOINTS = fileURLToPath(new URL('../../public/checkpoints/', import.meta.url))
const POLICY_ONNX = fileURLToPath(new URL('../fixtures/onnx/model.onnx', import.meta.url))

/** Positions that the benchmarks' longest prefix needs; the bundled models were trained for 256. */
const POSITIONS = 2048
const COPIED = ['model.safetensors', 'tokenizer.json', 'tokenizer_config.json', 'stepscope.json']

/** Of files, as Transformers.js asks for them. */
const ONNX_NAMES: Readonly<Record<OnnxDtype, string>> = { fp32: 'model', q8: 'model_quantized', q4: 'model_q4' }

export const POLICY = 'countdown-policy'
export const POLICY_FUSED = 'countdown-policy-fused'
export const PRM = 'countdown-prm'
export const SMOLLM2 = 'smollm2-135m'

/** Copies of the bundled models that take longer sequences; weights and rotary angles are the same. */
export async function prepareBundled(): Promise<void> {
  await copyCheckpoint(POLICY, POLICY)
  await copyFile(POLICY_ONNX, `${MODELS}${POLICY}/onnx/model.onnx`)
  await exportGguf(POLICY)
  await copyCheckpoint(POLICY, POLICY_FUSED)
  await exportOnnx(POLICY_FUSED, 'grouped')
  await copyCheckpoint(PRM, PRM)
  await exportOnnx(PRM, 'plain')
}

async function copyCheckpoint(from: string, to: string): Promise<void> {
  const folder = `${MODELS}${to}/`
  await mkdir(`${folder}onnx`, { recursive: true })
  const config = JSON.parse(await readFile(`${CHECKPOINTS}${from}/config.json`, 'utf8')) as object
  await writeFile(`${folder}config.json`, JSON.stringify({ ...config, max_position_embeddings: POSITIONS }))
  await writeFile(`${folder}generation_config.json`, '{}')
  for (const file of COPIED) await copyFile(`${CHECKPOINTS}${from}/${file}`, folder + file)
}

/** Writes a checkpoint's ONNX file where it is not there yet. */
export async function exportOnnx(name: string, operators: AttentionOperators, dtype?: OnnxDtype): Promise<void> {
  const folder = `${MODELS}${name}/`
  const path = `${folder}onnx/${ONNX_NAMES[dtype ?? 'fp32']}.onnx`
  if (existsSync(path)) return
  await mkdir(`${folder}onnx`, { recursive: true })
  const files = await openCheckpointDirectory(folder)
  await writeOnnxLlama(`${path}.part`, await readConfig(files), await openWeights(files), operators, dtype)
  await rename(`${path}.part`, path)
}

/** Writes a checkpoint's GGUF file where it is not there yet. */
async function exportGguf(name: string, format?: GgufFormat): Promise<void> {
  const folder = `${MODELS}${name}/`
  const path = folder + ggufName(format)
  if (existsSync(path)) return
  const files = await openCheckpointDirectory(folder)
  await writeGgufLlama(`${path}.part`, await readConfig(files), await openWeights(files), format)
  await rename(`${path}.part`, path)
}

/** The config of HuggingFaceTB/SmolLM2-135M, without what the engines do not read. */
const SMOLLM2_CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  head_dim: 64,
  vocab_size: 49152,
  max_position_embeddings: 8192,
  rms_norm_eps: 1e-5,
  rope_theta: 100000,
  tie_word_embeddings: true,
  bos_token_id: 0,
  eos_token_id: 0,
  torch_dtype: 'float32',
}

/** Random weights of SmolLM2-135M's shape, for all engines alike; 0.6 GB each for the checkpoint, its ONNX and its GGUF file, and as much for their smaller formats. */
export async function prepareSmolLm2(): Promise<void> {
  const folder = `${MODELS}${SMOLLM2}/`
  const weights = `${folder}model.safetensors`
  await mkdir(folder, { recursive: true })
  await writeFile(`${folder}config.json`, JSON.stringify(SMOLLM2_CONFIG))
  await writeFile(`${folder}generation_config.json`, '{}')
  if (!existsSync(weights)) {
    await writeRandomLlama(`${weights}.part`, SMOLLM2_CONFIG, 135)
    await rename(`${weights}.part`, weights)
  }
  for (const dtype of ['fp32', 'q8', 'q4'] as const) await exportOnnx(SMOLLM2, 'grouped', dtype)
  for (const format of ['F32', 'Q8_0', 'Q4_0'] as const) await exportGguf(SMOLLM2, format)
}
