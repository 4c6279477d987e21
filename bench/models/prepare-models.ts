import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { openCheckpointDirectory } from '../../src/cli/checkpoint-directory.ts'
import { openWeights } from '../../src/engine/checkpoint-weights.ts'
import { readConfig } from '../../src/engine/config.ts'
import type { AttentionOperators } from './onnx-llama.ts'
import { writeOnnxLlama } from './onnx-llama.ts'
import { MODELS } from './served-files.ts'

const CHECKPOINTS = fileURLToPath(new URL('../../public/checkpoints/', import.meta.url))
const POLICY_ONNX = fileURLToPath(new URL('../fixtures/onnx/model.onnx', import.meta.url))

/** Positions that the benchmarks' longest prefix needs; the bundled models were trained for 256. */
const POSITIONS = 2048
const COPIED = ['model.safetensors', 'tokenizer.json', 'tokenizer_config.json', 'stepscope.json']

export const POLICY = 'countdown-policy'
export const POLICY_FUSED = 'countdown-policy-fused'
export const PRM = 'countdown-prm'

/** Copies of the bundled models that take longer sequences; weights and rotary angles are the same. */
export async function prepareBundled(): Promise<void> {
  await copyCheckpoint(POLICY, POLICY)
  await copyFile(POLICY_ONNX, `${MODELS}${POLICY}/onnx/model.onnx`)
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
export async function exportOnnx(name: string, operators: AttentionOperators): Promise<void> {
  const folder = `${MODELS}${name}/`
  const path = `${folder}onnx/model.onnx`
  if (existsSync(path)) return
  await mkdir(`${folder}onnx`, { recursive: true })
  const files = await openCheckpointDirectory(folder)
  await writeOnnxLlama(`${path}.part`, await readConfig(files), await openWeights(files), operators)
  await rename(`${path}.part`, path)
}
