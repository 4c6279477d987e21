import { expect, test } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import { createWasmBackend } from '../compute/wasm/wasm-backend.ts'
import { openWeights } from '../engine/checkpoint/checkpoint-weights.ts'
import { readConfig } from '../engine/checkpoint/config.ts'
import { sha256 } from '../engine/checkpoint/sha256.ts'
import { createDecoder } from '../engine/decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from '../engine/load-model.ts'
import type { Metrics } from '../objectives/loss.ts'
import { completionSequence } from '../objectives/sequence.ts'
import { sft } from '../objectives/sft/loss.ts'
import type { SearchEvent } from '../search/events.ts'
import { runSearch } from '../search/run-search.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import { countdown } from '../tasks/countdown/countdown.ts'
import { checkerFor } from '../tasks/registry.ts'
import { TrainableModel } from './model/trainable-model.ts'
import { caseBits } from './testing/case-bits.ts'
import { trainStep } from './train-step.ts'

/** Ways to run that must not show in any bit: one thread on memory of its own, several, more than there are cores. */
const WAYS = [{ shared: false }, { threads: 2 }, { threads: 3 }]

/** What `run` gives in each way. */
async function inEachWay<T>(run: (backend: Backend) => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  for (const way of WAYS) {
    const backend = await createWasmBackend({ ...way, arithmetic: 'strict' })
    try {
      results.push(await run(backend))
    } finally {
      backend.dispose()
    }
  }
  return results
}

const folder = (id: string) => openCheckpointDirectory(`public/checkpoints/${id}`)

test('the same seed gives the same events on one thread and on several, twice', async () => {
  const [alone, ...others] = await inEachWay(async (backend) => {
    const policy = await loadPolicy(backend, await folder('countdown-policy'), {}, createDecoder)
    const reward = await loadRewardModel(backend, await folder('countdown-prm'), {}, createDecoder)
    const search = async (text: string) => {
      const config = { ...DEFAULT_CONFIG, n: 16, m: 4 }
      const setup = { task: 'countdown', problem: text, strategy: 'beam', config, seed: 7, prefix: [] } as const
      const problem = countdown.parse(text)
      const prompt = countdown.notation.prompt(problem)
      const events: SearchEvent[] = []
      for await (const event of runSearch(setup, { prompt, checker: checkerFor(countdown, problem), policy, reward })) {
        events.push(event)
      }
      // The first one names the adapter, and with it the threads.
      const [started, ...others] = events
      expect([started?.type, events.at(-1)?.type]).toEqual(['started', 'finished'])
      return sha256(new TextEncoder().encode(JSON.stringify(others)))
    }
    const found = [await search('3 5 7 2 > 24'), await search('11 1 3 4 > 23'), await search('3 5 7 2 > 24')]
    policy.model.dispose()
    reward.model.dispose()
    return found
  })
  expect(alone?.[1]).not.toBe(alone?.[0])
  expect(alone?.[2]).toBe(alone?.[0])
  expect(others).toEqual(others.map(() => alone))
}, 120_000)

test('training steps give the same weights on one thread and on several', async () => {
  const settings = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.01, maxNorm: 1 }
  // Sequences of 20 to 64 tokens: enough rows for every product, attention and reduction to be shared among threads.
  const items = Array.from({ length: 12 }, (_, number) => {
    const tokens = (length: number) => Array.from({ length }, (_, i) => 1 + ((i * (number + 3) + number) % 20))
    return { id: String(number), sequence: completionSequence(tokens(8), tokens(12 + 4 * number)) }
  })
  const files = await folder('countdown-policy')
  const [alone, ...others] = await inEachWay(async (backend) => {
    const model = await TrainableModel.create(backend, await readConfig(files), await openWeights(files), {
      limits: { maxRows: 512, maxReadouts: 512, maxPositions: 64 },
      method: { kind: 'full' },
      recompute: false,
      valueHead: false,
      decayOn: 'all',
    })
    const trajectory: Metrics[] = []
    for (let step = 1; step <= 2; step++) trajectory.push(await trainStep(model, sft, items, settings, step))
    const bits = await caseBits({ figures: { trajectory }, tensors: await model.read('weights') })
    model.dispose()
    return { losses: trajectory.map(({ loss }) => loss ?? Number.NaN), bits }
  })
  expect(alone?.losses[1]).toBeLessThan(alone?.losses[0] ?? 0)
  expect(others).toEqual(others.map(() => alone))
}, 120_000)
