import { readFile } from 'node:fs/promises'
import { parseConfig } from '../../src/engine/checkpoint/config.ts'
import { flopsModel } from '../../src/engine/decoder/decoder-model.ts'
import type { FlopsModel } from '../../src/search/models.ts'
import { MODELS } from './served-files.ts'

export interface ModelShape {
  readonly vocabulary: number
  readonly heads: number
  readonly flops: FlopsModel
  /** Of the matrices that each pass reads. */
  readonly parameters: number
}

export async function modelShape(name: string): Promise<ModelShape> {
  const config = parseConfig(JSON.parse(await readFile(`${MODELS}${name}/config.json`, 'utf8')))
  const flops = flopsModel(config)
  return { vocabulary: config.vocabSize, heads: config.heads, flops, parameters: (flops.token + flops.head) / 2 }
}
