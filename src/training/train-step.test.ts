import { expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import { LONG } from '../compute/testing/node-backends.ts'
import { onEachBackend } from '../compute/testing/on-each-backend.ts'
import { openWeights } from '../engine/checkpoint/checkpoint-weights.ts'
import { readConfig } from '../engine/checkpoint/config.ts'
import { completionSequence } from '../objectives/sequence.ts'
import { sft } from '../objectives/sft/loss.ts'
import { TrainableModel } from './model/trainable-model.ts'
import { trainStep } from './train-step.ts'

const SETTINGS = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxNorm: 1 }
const ITEMS = [
  { id: 'one', sequence: completionSequence([3, 1, 4], [1, 5, 9, 2]) },
  { id: 'two', sequence: completionSequence([2, 7], [1, 8, 2, 8]) },
]

/** Enough to learn by heart; on WebGPU's software adapter, where most steps are slow, a thousand only in `npm run test:long`. */
const stepsOn = ({ kind }: Backend): number => (kind === 'webgpu' && !LONG ? 200 : 1000)

/** One layer is enough, and takes half the time. */
async function load(backend: Backend): Promise<TrainableModel> {
  const files = await openCheckpointDirectory('tests/fixtures/train/model')
  const whole = await readConfig(files)
  const config = { ...whole, layers: whole.layers.slice(0, 1) }
  return TrainableModel.create(backend, config, await openWeights(files), {
    limits: { maxRows: 16, maxReadouts: 16, maxPositions: 8 },
    method: { kind: 'full' },
    recompute: false,
    valueHead: false,
    decayOn: 'all',
  })
}

onEachBackend('training steps', (backend) => {
  test('many of them create nothing and learn the batch by heart', async () => {
    const model = await load(backend())
    try {
      const live = new Set<number>()
      let loss = Number.NaN
      for (let step = 1; step <= stepsOn(backend()); step++) {
        loss = (await trainStep(model, sft, ITEMS, SETTINGS, step)).loss ?? Number.NaN
        const { memory } = backend()
        live.add(memory.liveBytes - (memory.liveByPurpose().staging ?? 0))
      }
      expect(live.size).toBe(1)
      expect(loss).toBeLessThan(1e-2)
    } finally {
      model.dispose()
    }
  })

  test('a batch that does not fit is refused by the setting to change', async () => {
    const model = await load(backend())
    try {
      const long = { id: 'long', sequence: completionSequence([1], [2, 3, 4, 5, 6, 7, 8, 9]) }
      await expect(trainStep(model, sft, [long], SETTINGS, 1)).rejects.toThrow('too many tokens of one sequence')
    } finally {
      model.dispose()
    }
  })
})
