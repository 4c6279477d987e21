import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import type { DecoderConfig } from './decoder.ts'
import type { DecoderBuffers } from './decoder-buffers.ts'
import { ropeAngles } from './rope.ts'

/** For each layer (cosine, sine) of its rotary positions, [positions, headDim / 2, 2]; layers that turn alike share one. */
export async function createAngles(
  backend: Backend,
  buffers: DecoderBuffers,
  { layers, headDim }: Pick<DecoderConfig, 'layers' | 'headDim'>,
  positions: number,
  purpose: Parameters<DecoderBuffers['words']>[1],
): Promise<BackendBuffer[]> {
  const tables = new Map<string, BackendBuffer>()
  const angles: BackendBuffer[] = []
  for (const { rope } of layers) {
    const key = JSON.stringify(rope)
    let table = tables.get(key)
    if (table === undefined) {
      table = await buffers.words(positions * headDim, purpose)
      backend.write(table, 0, ropeAngles(rope, headDim, positions))
      tables.set(key, table)
    }
    angles.push(table)
  }
  return angles
}
