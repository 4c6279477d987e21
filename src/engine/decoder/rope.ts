import { cosineAndSine, exp, log } from '../../core/portable-maths.ts'
import type { RopeConfig } from './decoder.ts'

/**
 * Angular frequency of each rotated pair, [headDim / 2], radians per position.
 * Llama 3's scaling as in Hugging Face transformers, `modeling_rope_utils.py`, `_compute_llama3_parameters`.
 */
export function ropeFrequencies(rope: RopeConfig, headDim: number): Float64Array {
  return Float64Array.from({ length: headDim / 2 }, (_, pair) => {
    const frequency = exp(((-2 * pair) / headDim) * log(rope.theta))
    switch (rope.type) {
      case 'default':
        return frequency
      case 'linear':
        return frequency / rope.factor
      case 'llama3':
        return scaleFrequency(frequency, rope)
    }
  })
}

/** Slow turns are stretched by the factor, fast ones kept, those between blended. */
function scaleFrequency(frequency: number, rope: Extract<RopeConfig, { type: 'llama3' }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositions } = rope
  const turns = (originalMaxPositions * frequency) / (2 * Math.PI)
  if (turns < lowFrequencyFactor) return frequency / factor
  if (turns > highFrequencyFactor) return frequency
  const smooth = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
  return (1 - smooth) * (frequency / factor) + smooth * frequency
}

/** (cosine, sine) of every position and pair, [positions, headDim / 2, 2], computed in float64. */
export function ropeAngles(rope: RopeConfig, headDim: number, positions: number): Float32Array {
  const frequencies = ropeFrequencies(rope, headDim)
  const angles = new Float32Array(positions * headDim)
  for (let position = 0; position < positions; position++) {
    frequencies.forEach((frequency, pair) => {
      const place = position * headDim + 2 * pair
      angles.set(cosineAndSine(position * frequency), place)
    })
  }
  return angles
}
