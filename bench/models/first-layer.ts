import type { DecoderConfig, LayerConfig } from '../../src/engine/decoder/decoder.ts'

/** The layer that stands for all of them in a format that describes all at once. */
export function firstLayer({ layers }: DecoderConfig): LayerConfig {
  const [layer] = layers
  if (layer === undefined) throw new RangeError('a decoder without layers')
  return layer
}
