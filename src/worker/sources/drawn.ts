import { pcg4d } from '../../core/random.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { browserCheckpointFiles } from '../../engine/checkpoint/checkpoint-files-browser.ts'
import { readConfig } from '../../engine/checkpoint/config.ts'
import { storedTensors } from '../../engine/checkpoint/open-checkpoint.ts'
import type { ModelProvider } from './model-provider.ts'
import { describeFiles } from './model-provider.ts'

/** A folder without weights: they are drawn, so that memory, speed, tokens and the flow can be tried before they are fetched. */
export interface DrawnSource {
  readonly kind: 'drawn'
  readonly id: string
  readonly files: readonly File[]
  readonly seed: number
}

const WEIGHTS = 'model.safetensors'
const ONE = 0x3c00
/** Halves of 2⁻⁶ to 2⁻⁵, of both signs: ten bits of fraction below this exponent. */
const SMALL = 0x2400

export const drawnProvider: ModelProvider<DrawnSource> = {
  open: async ({ files, seed }, signal) => ({
    files: await withDrawnWeights(browserCheckpointFiles(files), seed, signal),
    release: () => {},
  }),
  identify: ({ files, ...named }) => [named, describeFiles(files)],
}

async function withDrawnWeights(folder: CheckpointFiles, seed: number, signal: AbortSignal): Promise<CheckpointFiles> {
  const tensors = storedTensors(await readConfig(folder, signal))
  let end = 0
  const entries = tensors.map(({ name, shape }) => {
    const start = end
    end += 2 * shape.reduce((product, size) => product * size, 1)
    return [name, { dtype: 'F16', shape, data_offsets: [start, end] }] as const
  })
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const head = new Uint8Array(8 + json.length)
  new DataView(head.buffer).setBigUint64(0, BigInt(json.length), true)
  head.set(json, 8)
  const norms = entries.filter(([name]) => /norm/.test(name)).map(([, { data_offsets }]) => data_offsets)
  const half = (index: number): number => {
    if (norms.some(([start = 0, stop = 0]) => 2 * index >= start && 2 * index < stop)) return ONE
    const [word] = pcg4d(index, seed, 0, 0)
    return SMALL | (word & 0x83ff)
  }
  return {
    name: folder.name,
    files: [...folder.files, WEIGHTS],
    size: (file) => (file === WEIGHTS ? Promise.resolve(head.length + end) : folder.size(file)),
    read: async (file, start, stop, signal) => {
      if (file !== WEIGHTS) return folder.read(file, start, stop, signal)
      return Uint8Array.from({ length: stop - start }, (_, at) => {
        const place = start + at - head.length
        return place < 0 ? (head[start + at] ?? 0) : (half(place >> 1) >> (8 * (place & 1))) & 0xff
      })
    },
  }
}
