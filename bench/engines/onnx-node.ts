import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parseConfig } from '../../src/engine/checkpoint/config.ts'
import type { OnnxModel, OnnxTensor } from './onnx-session.ts'
import { OnnxSession } from './onnx-session.ts'

/** Not a dependency of anything: fetched from npm the first time that it is measured. */
const VERSION = '1.30.0'
const PEERS = fileURLToPath(new URL('../../node_modules/.cache/peers/', import.meta.url))

interface OrtTensor extends OnnxTensor {
  readonly data: Float32Array
}

interface Ort {
  readonly Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: readonly number[]) => OrtTensor
  readonly InferenceSession: {
    create(path: string): Promise<{
      readonly inputNames: readonly string[]
      run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Record<string, OrtTensor>>
      release(): Promise<void>
    }>
  }
}

export async function openOnnxNode(folder: string): Promise<OnnxSession<OrtTensor>> {
  const { Tensor, InferenceSession } = await loadOrt()
  const { layers, keyValueHeads, headDim } = parseConfig(JSON.parse(await readFile(`${folder}config.json`, 'utf8')))
  const session = await InferenceSession.create(`${folder}onnx/model.onnx`)
  const model: OnnxModel<OrtTensor> = {
    adapter: `onnxruntime-node ${VERSION}, CPU`,
    layers: layers.length,
    keyValueHeads,
    headDim,
    integers: (values, dims) => new Tensor('int64', values, dims),
    floats: (values, dims) => new Tensor('float32', values, dims),
    values: async ({ data }) => data,
    run(inputs, past) {
      const known = Object.entries(inputs).filter(([name]) => session.inputNames.includes(name))
      return session.run({ ...Object.fromEntries(known), ...past })
    },
    dispose: () => session.release(),
  }
  return new OnnxSession(model)
}

async function loadOrt(): Promise<Ort> {
  if (!existsSync(`${PEERS}node_modules/onnxruntime-node`)) {
    const install = ['install', '--ignore-scripts', '--no-save', '--prefix', PEERS, `onnxruntime-node@${VERSION}`]
    await promisify(execFile)('npm', install, { timeout: 120_000 })
  }
  return createRequire(`${PEERS}package.json`)('onnxruntime-node') as Ort
}
