import { expect, test } from 'vitest'
import { MODEL_BACKENDS } from '../../compute/testing/node-backends.ts'
import { onEachBackend } from '../../compute/testing/on-each-backend.ts'
import { relativeError } from '../../compute/testing/run-kernel.ts'
import type { DecoderConfig } from '../../engine/decoder/decoder.ts'
import { plainForward, plainHead } from '../../engine/testing/plain-forward.ts'
import { ODD_CONFIG, ODD_LAYER, PLAIN_LAYER, RandomWeights } from '../../engine/testing/random-weights.ts'
import { wholeSequence } from '../../objectives/sequence.ts'
import { packBatch } from './packed-batch.ts'
import { TrainableModel } from './trainable-model.ts'

const TEXTS = [
  [4, 30, 11, 2, 9, 36, 17, 5, 21, 8, 13],
  [1, 7],
]
const CONFIG: DecoderConfig = {
  ...ODD_CONFIG,
  layers: [
    { ...ODD_LAYER, window: 3 },
    { ...PLAIN_LAYER, rope: { type: 'default', theta: 50 }, window: 6 },
  ],
}

/** Log-probabilities of each text's tokens but the first, in float64. */
function plainLogprobs(weights: RandomWeights): number[] {
  return TEXTS.flatMap((ids) =>
    plainHead(CONFIG, weights, plainForward(CONFIG, weights, ids).slice(0, -1)).map((logits, position) => {
      const most = Math.max(...logits)
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0)
      return (logits[ids[position + 1] ?? 0] ?? Number.NaN) - most - Math.log(total)
    }),
  )
}

onEachBackend(
  'training with windows',
  (backend) => {
    test('values and gradients are those of a plain forward pass', async () => {
      const weights = new RandomWeights(CONFIG)
      const model = await TrainableModel.create(backend(), CONFIG, weights, {
        limits: { maxRows: 16, maxReadouts: 16, maxPositions: 12 },
        method: { kind: 'full' },
        recompute: true,
        valueHead: false,
        decayOn: 'all',
      })
      try {
        const batch = packBatch(TEXTS.map(wholeSequence), model.limits)
        const { logprobs } = await model.forward(batch)
        expect(relativeError(logprobs, plainLogprobs(weights))).toBeLessThan(1e-5)
        await model.zeroGradients()
        const ones = new Float32Array(logprobs.length).fill(1)
        await model.backward(batch, { logprobs: ones, entropies: ones.map(() => 0), scores: new Float32Array() })
        // Along its own gradient, each tensor raises the sum of the log-probabilities by the gradient's norm.
        for (const [name, { data }] of await model.read('gradient')) {
          const norm = Math.hypot(...data)
          const values = weights.values(name)
          const kept = values.slice()
          const sumAt = (step: number) => {
            values.set(kept.map((value, i) => value + (step * (data[i] ?? 0)) / norm))
            const sum = plainLogprobs(weights).reduce((total, logprob) => total + logprob, 0)
            values.set(kept)
            return sum
          }
          const step = 2e-3
          expect([name, (sumAt(step) - sumAt(-step)) / (2 * step) / norm]).toEqual([name, expect.closeTo(1, 2)])
        }
      } finally {
        model.dispose()
      }
    })
  },
  MODEL_BACKENDS,
)
