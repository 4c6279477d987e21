import { expect, test } from 'vitest'
import { openCheckpointDirectory } from '../../cli/checkpoint-directory.ts'
import { MODEL_BACKENDS } from '../../compute/testing/node-backends.ts'
import { onEachBackend } from '../../compute/testing/on-each-backend.ts'
import { logSumExp } from '../../core/numerics.ts'
import { openWeights } from '../../engine/checkpoint/checkpoint-weights.ts'
import { readConfig } from '../../engine/checkpoint/config.ts'
import { createResidentDecoder } from '../../engine/decoder/decoder-model.ts'
import { EngineModel } from '../../engine/engine-model.ts'
import { headOutputs } from '../../engine/head-outputs.ts'
import { wholeSequence } from '../../objectives/sequence.ts'
import { packBatch } from './packed-batch.ts'
import { TrainableModel } from './trainable-model.ts'

const IDS = [3, 14, 15, 9, 26, 5, 35, 8, 9, 7, 9, 3]

onEachBackend(
  'low-rank updates',
  (backend) => {
    test.each(['train', 'train-qwen2', 'train-qwen3'])(
      '%s: merged for rollouts they say what they say applied',
      async (fixture) => {
        const files = await openCheckpointDirectory(`tests/fixtures/${fixture}/model`)
        const config = await readConfig(files)
        const targets = ['q_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
        const model = await TrainableModel.create(backend(), config, await openWeights(files), {
          limits: { maxRows: 32, maxReadouts: 32, maxPositions: 32 },
          method: { kind: 'low-rank', rank: 3, alpha: 6, targets, seed: 1 },
          recompute: false,
          valueHead: false,
          decayOn: 'all',
          weights: 'f32',
        })
        try {
          const batch = packBatch([wholeSequence(IDS)], model.limits)
          const before = await model.forward(batch)
          // B is zero at first: another one, so that the update changes something.
          const weights = new Map(await model.read('weights'))
          for (const [name, { shape, data }] of weights) {
            if (!name.includes('lora_B')) continue
            weights.set(name, { shape, data: data.map((_, index) => Math.sin(index + 1) / 8) })
          }
          await model.write('weights', weights)
          const applied = await model.forward(batch)
          const moved = applied.logprobs.map((value, index) => Math.abs(value - (before.logprobs[index] ?? 0)))
          expect(Math.max(...moved)).toBeGreaterThan(0.05)

          const decoder = await createResidentDecoder(backend(), config, await model.createRolloutWeights(), {
            cacheTokens: 64,
            slots: 32,
            maxRows: 32,
          })
          const engine = new EngineModel(decoder)
          try {
            const [logits = new Float32Array()] = await headOutputs(engine, [IDS])
            for (const [index, target] of IDS.slice(1).entries()) {
              const row = [...logits.subarray(index * config.vocabSize, (index + 1) * config.vocabSize)]
              const merged = (row[target] ?? Number.NaN) - logSumExp(row)
              expect(Math.abs(merged - (applied.logprobs[index] ?? Number.NaN))).toBeLessThan(2e-5)
            }
          } finally {
            engine.dispose()
          }
        } finally {
          model.dispose()
        }
      },
    )
  },
  MODEL_BACKENDS,
)
