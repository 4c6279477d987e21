import { expect, test } from 'vitest'
import { gumbelNoise } from '../../../core/random.ts'
import type { Backend } from '../../backend.ts'
import { onEachBackend } from '../../testing/on-each-backend.ts'
import { makeRows, runKernel, someFloats } from '../../testing/run-kernel.ts'
import { NO_SLOT } from '../rows.ts'
import { FLAG_NEVER } from '../sequences.ts'
import type { SamplerShape } from './sampler.reference.ts'
import { samplerKernel } from './sampler.ts'

interface TestSequence {
  readonly logits: Float32Array
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  readonly seed?: number
  readonly node?: number
  readonly sample?: number
  readonly position?: number
  readonly sampled?: number
  readonly maxTokens?: number
}

/** Samples one token for each sequence; sequence numbers are the rows' in reverse. */
async function sample(backend: Backend, shape: SamplerShape, sequences: readonly TestSequence[], flags: Uint32Array) {
  const count = sequences.length
  const numberOf = (row: number) => count - 1 - row
  const logits = new Float32Array(count * shape.logitsStride).fill(1e9)
  const settings = new Uint32Array(8 * count)
  const floats = new Float32Array(settings.buffer)
  const states = new Uint32Array(4 * count)
  sequences.forEach((sequence, row) => {
    const number = numberOf(row)
    logits.set(sequence.logits, row * shape.logitsStride)
    floats.set([sequence.temperature ?? 0, sequence.topP ?? 1], 8 * number)
    const { topK = 0, maxTokens = 100, seed = 1, node = 2, sample = 3, sampled = 0, position = 4 } = sequence
    settings.set([topK, maxTokens, seed, node, sample], 8 * number + 2)
    states.set([sampled, 0, 0, position], 4 * number)
  })
  const rows = makeRows(sequences.map((_, row) => [row, 0, numberOf(row), NO_SLOT]))
  const results = new Uint32Array(2 * shape.steps * count)
  const inputs = { rows, sequences: settings, flags, logits, states, results }
  const found = await runKernel(backend, samplerKernel(shape), inputs, count)
  const logprobs = new Float32Array(found.results.buffer)
  return sequences.map(({ sampled = 0 }, row) => {
    const number = numberOf(row)
    const place = 2 * (number * shape.steps + sampled)
    return {
      token: found.results[place] ?? -1,
      logprob: logprobs[place + 1] ?? Number.NaN,
      state: [...found.states.slice(4 * number, 4 * number + 4)],
    }
  })
}

function logSoftmax(logits: Float32Array, token: number): number {
  const most = Math.max(...logits)
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0)
  return (logits[token] ?? Number.NaN) - most - Math.log(sum)
}

/** Ids that topK and then topP leave, by sorting. */
function candidates(sequence: TestSequence, flags: Uint32Array): number[] {
  const { logits, temperature = 0, topK = 0, topP = 1 } = sequence
  const allowed = [...logits.keys()].filter((id) => ((flags[id] ?? 0) & FLAG_NEVER) === 0)
  const sorted = allowed.sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
  const best = topK > 0 ? sorted.slice(0, topK) : sorted
  if (topP >= 1) return best
  const weights = best.map((id) => Math.exp(((logits[id] ?? 0) - (logits[best[0] ?? 0] ?? 0)) / temperature))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let mass = 0
  return best.filter((_, place) => {
    const inside = place === 0 || mass < topP * total
    mass += weights[place] ?? 0
    return inside
  })
}

/** The draw by its definition: argmax of logit / temperature + noise over the candidates. */
function draw(sequence: TestSequence, flags: Uint32Array): number {
  const { logits, temperature = 0, seed = 1, node = 2, sample = 3, position = 4 } = sequence
  const value = (id: number) =>
    temperature === 0
      ? (logits[id] ?? 0)
      : (logits[id] ?? 0) / temperature + gumbelNoise({ seed, node, sample }, position, id)
  const ids = candidates(sequence, flags).sort((a, b) => a - b)
  return ids.reduce((best, id) => (value(id) > value(best) ? id : best), ids[0] ?? 0)
}

onEachBackend('sampler', (backend) => {
  const shapes = [
    { vocabulary: 23, logitsStride: 24, steps: 8, lanes: 1 },
    { vocabulary: 23, logitsStride: 24, steps: 8, lanes: 64 },
    { vocabulary: 1001, logitsStride: 1008, steps: 8, lanes: 64 },
  ]

  test.each(shapes)('draws as defined: $vocabulary tokens, $lanes lanes', async (shape) => {
    const flags = new Uint32Array(shape.vocabulary)
    flags[3] = FLAG_NEVER
    flags[8] = FLAG_NEVER
    const sequences = Array.from(
      { length: 48 },
      (_, i): TestSequence => ({
        // Rounded, so that equal logits are common.
        logits: someFloats(shape.vocabulary, i, 4).map((logit) => Math.round(logit * 4) / 4),
        temperature: [0, 1, 0.5, 2][i % 4] ?? 0,
        topK: [0, 0, 5, 1][Math.floor(i / 4) % 4] ?? 0,
        topP: [1, 0.8, 1, 0.05][Math.floor(i / 16) % 4] ?? 1,
        seed: i * 77,
        node: i * 1000003,
        sample: i * 31,
        position: i * 5,
      }),
    )
    const found = await sample(backend(), shape, sequences, flags)
    expect(found.map(({ token }) => token)).toEqual(sequences.map((sequence) => draw(sequence, flags)))
    sequences.forEach(({ logits }, row) => {
      const { token = 0, logprob = Number.NaN } = found[row] ?? {}
      expect(Math.abs(logprob - logSoftmax(logits, token))).toBeLessThan(2e-5)
    })
  })

  test.each(shapes)('at temperature 0 ties go to the lowest id: $vocabulary tokens, $lanes lanes', async (shape) => {
    const logits = new Float32Array(shape.vocabulary).fill(-2)
    logits[7] = 5
    logits[15] = 5
    const [found] = await sample(backend(), shape, [{ logits }], new Uint32Array(shape.vocabulary))
    expect(found?.token).toBe(7)
  })

  test.each(shapes)('takes large logits: $vocabulary tokens, $lanes lanes', async (shape) => {
    const logits = someFloats(shape.vocabulary, 5, 3e4)
    const sequence = { logits, temperature: 0.7, topP: 0.9 }
    const [found] = await sample(backend(), shape, [sequence], new Uint32Array(shape.vocabulary))
    expect(found?.token).toBe(draw(sequence, new Uint32Array(shape.vocabulary)))
    expect(found?.logprob).toBeCloseTo(logSoftmax(logits, found?.token ?? 0), 1)
  })

  test('a sequence is done after a token that ends it, and after its last', async () => {
    const shape = { vocabulary: 23, logitsStride: 24, steps: 8, lanes: 1 }
    const flags = new Uint32Array(23)
    flags[10] = 1
    flags[11] = 2
    const peak = (id: number) => new Float32Array(23).map((_, other) => (other === id ? 9 : 0))
    const found = await sample(
      backend(),
      shape,
      [
        { logits: peak(10), sampled: 3, position: 40 },
        { logits: peak(11) },
        { logits: peak(12), sampled: 3, position: 40 },
        { logits: peak(12), sampled: 3, maxTokens: 4 },
      ],
      flags,
    )
    expect(found.map(({ state }) => state)).toEqual([
      [4, 1, 10, 41],
      [1, 1, 11, 5],
      [4, 0, 12, 41],
      [4, 1, 12, 5],
    ])
  })

  test('draws from the softmax', async () => {
    const shape = { vocabulary: 5, logitsStride: 8, steps: 1, lanes: 1 }
    const logits = Float32Array.of(0, 1, 2, -1, 0.5)
    const draws = 4000
    const sequences = Array.from({ length: draws }, (_, i) => ({ logits, temperature: 1, sample: i, position: i % 50 }))
    const found = await sample(backend(), shape, sequences, new Uint32Array(5))
    const counts = new Array<number>(5).fill(0)
    for (const { token } of found) counts[token] = (counts[token] ?? 0) + 1
    const chi = counts.reduce((sum, count, id) => {
      const expected = draws * Math.exp(logSoftmax(logits, id))
      return sum + (count - expected) ** 2 / expected
    }, 0)
    // 99.9th percentile of χ² with 4 degrees of freedom.
    expect(chi).toBeLessThan(18.47)
  })
})
