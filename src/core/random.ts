/**
 * Counter-based random numbers: every draw is a pure function of its key, so a result never depends
 * on how requests were batched. The hash is pcg4d (Jarzynski & Olano, "Hash Functions for GPU
 * Rendering", JCGT 9(3), 2020): 32-bit integers only, so the WGSL sampler computes the same bits.
 */

/** Four 32-bit words from a four-word key. Mirrors `pcg4d` in the WGSL sampler, bit for bit. */
export function pcg4d(a: number, b: number, c: number, d: number): [number, number, number, number] {
  let x = (Math.imul(a, 1664525) + 1013904223) | 0
  let y = (Math.imul(b, 1664525) + 1013904223) | 0
  let z = (Math.imul(c, 1664525) + 1013904223) | 0
  let w = (Math.imul(d, 1664525) + 1013904223) | 0
  x = (x + Math.imul(y, w)) | 0
  y = (y + Math.imul(z, x)) | 0
  z = (z + Math.imul(x, y)) | 0
  w = (w + Math.imul(y, z)) | 0
  x ^= x >>> 16
  y ^= y >>> 16
  z ^= z >>> 16
  w ^= w >>> 16
  x = (x + Math.imul(y, w)) | 0
  y = (y + Math.imul(z, x)) | 0
  z = (z + Math.imul(x, y)) | 0
  w = (w + Math.imul(y, z)) | 0
  return [x >>> 0, y >>> 0, z >>> 0, w >>> 0]
}

/** A 32-bit word as a number strictly inside (0, 1): (top 23 bits + ½) / 2²³, exact in float32. */
export function toUnit(word: number): number {
  return ((word >>> 9) + 0.5) / 8388608
}

/** Identifies the noise of one sampled step: run seed, node it starts from, sample among its siblings. */
export interface NoiseKey {
  readonly seed: number
  readonly node: number
  readonly sample: number
}

/**
 * Gumbel noise of token `token` at position `position` of the sequence: argmax over tokens of
 * (logit / temperature + noise) draws from the softmax. Key: (seed, node, sample·2¹⁶ + position, token / 4),
 * word token mod 4. Samples and positions are below 65,536.
 */
export function gumbelNoise(key: NoiseKey, position: number, token: number): number {
  const words = pcg4d(key.seed, key.node, ((key.sample << 16) | position) >>> 0, token >>> 2)
  return -Math.log(-Math.log(toUnit(words[(token & 3) as 0 | 1 | 2 | 3])))
}

/** A sequential stream over the counter-based hash, for generators and shuffles. */
export class RandomStream {
  private counter = 0
  private readonly seed: number
  private readonly stream: number

  constructor(seed: number, stream = 0) {
    this.seed = seed
    this.stream = stream
  }

  /** Uniform in (0, 1). */
  next(): number {
    return toUnit(pcg4d(this.seed, this.stream, this.counter++, 0x5bd1e995)[0])
  }

  /** Uniform integer in [low, high], both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  /** One element, uniformly. Throws a RangeError on an empty list. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)]
    if (item === undefined) throw new RangeError('pick from an empty list')
    return item
  }
}
