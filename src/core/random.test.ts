import { describe, expect, it } from 'vitest'
import { gumbelNoise, pcg4d, RandomStream, toUnit } from './random.ts'

describe('pcg4d', () => {
  // From a separate implementation of the paper's listing with arbitrary-precision integers.
  type Words = [number, number, number, number]
  const vectors: { key: Words; words: Words }[] = [
    { key: [0, 0, 0, 0], words: [251852841, 760645481, 850445371, 3542436074] },
    { key: [1, 2, 3, 4], words: [908250390, 4044648920, 3775961919, 45698095] },
    { key: [7, 0, 65536, 5], words: [4236455586, 2668912065, 2699444392, 101282424] },
    {
      key: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      words: [2538526866, 3222658151, 2677364576, 2713428488],
    },
  ]

  // From a separate implementation of the paper's listing with arbitrary-precision integers.
  it.each(vectors)('of $key is $words', ({ key, words }) => {
    expect(pcg4d(...key)).toEqual(words)
  })

  it('gives uniform units that differ with every word of the key', () => {
    for (let word = 0; word < 4; word++) {
      const bins = new Array<number>(16).fill(0)
      for (let i = 0; i < 8000; i++) {
        const key: [number, number, number, number] = [11, 12, 13, 14]
        key[word] = i
        const bin = Math.floor(toUnit(pcg4d(...key)[(word + 1) % 4] ?? 0) * 16)
        bins[bin] = (bins[bin] ?? 0) + 1
      }
      // χ² with 15 degrees of freedom: 99.9 % lies below 37.7.
      const chi2 = bins.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0)
      expect(chi2).toBeLessThan(37.7)
    }
  })
})

describe('toUnit', () => {
  it('is strictly inside (0, 1) and exact in float32', () => {
    expect(toUnit(0)).toBe(0.5 / 8388608)
    expect(toUnit(0xffffffff)).toBe(8388607.5 / 8388608)
    expect(Math.fround(toUnit(0xffffffff))).toBeLessThan(1)
  })
})

describe('gumbelNoise', () => {
  it('draws from the softmax by argmax', () => {
    const logits = [Math.log(0.5), Math.log(0.3), Math.log(0.15), Math.log(0.05)]
    const counts = [0, 0, 0, 0]
    for (let sample = 0; sample < 20000; sample++) {
      const key = { seed: 7, node: 3, sample: sample % 5000 }
      let best = 0
      let highest = Number.NEGATIVE_INFINITY
      for (const [token, logit] of logits.entries()) {
        const value = logit + gumbelNoise(key, Math.floor(sample / 5000), token)
        if (value > highest) {
          highest = value
          best = token
        }
      }
      counts[best] = (counts[best] ?? 0) + 1
    }
    expect((counts[0] ?? 0) / 20000).toBeCloseTo(0.5, 1.7)
    expect((counts[1] ?? 0) / 20000).toBeCloseTo(0.3, 1.7)
    expect((counts[2] ?? 0) / 20000).toBeCloseTo(0.15, 1.7)
    expect((counts[3] ?? 0) / 20000).toBeCloseTo(0.05, 1.7)
  })

  it('differs between samples, positions, nodes, seeds and tokens', () => {
    const key = { seed: 1, node: 2, sample: 3 }
    const values = [
      gumbelNoise(key, 4, 5),
      gumbelNoise({ ...key, seed: 2 }, 4, 5),
      gumbelNoise({ ...key, node: 3 }, 4, 5),
      gumbelNoise({ ...key, sample: 4 }, 4, 5),
      gumbelNoise(key, 5, 5),
      gumbelNoise(key, 4, 6),
      gumbelNoise(key, 4, 9),
    ]
    expect(new Set(values).size).toBe(values.length)
  })
})

describe('RandomStream', () => {
  it('repeats for the same seed and stream only', () => {
    const draw = (seed: number, stream: number): number[] => {
      const random = new RandomStream(seed, stream)
      return [random.next(), random.next(), random.next()]
    }
    expect(draw(1, 0)).toEqual(draw(1, 0))
    expect(draw(1, 0)).not.toEqual(draw(1, 1))
    expect(draw(1, 0)).not.toEqual(draw(2, 0))
  })

  it('draws integers in both bounds and picks from lists', () => {
    const random = new RandomStream(5)
    const seen = new Set<number>()
    for (let i = 0; i < 500; i++) seen.add(random.integer(1, 13))
    expect([...seen].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
    expect(random.pick(['only'])).toBe('only')
    expect(() => random.pick([])).toThrow(RangeError)
  })
})
