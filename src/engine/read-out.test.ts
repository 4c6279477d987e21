import { describe, expect, it } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import { CpuBackend } from '../compute/cpu/cpu-backend.ts'
import type { SearchEvent } from '../search/events.ts'
import { runSearch } from '../search/run-search.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import { openWeights } from './checkpoint/checkpoint-weights.ts'
import { writeSafetensors } from './checkpoint/safetensors.ts'
import { createDecoder } from './decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from './load-model.ts'
import { withFiles } from './testing/memory-files.ts'

/** A bundled model, one of whose gains is spoiled. */
async function spoiled(name: string, value: number) {
  const files = await openCheckpointDirectory(`public/checkpoints/${name}`)
  const weights = await openWeights(files)
  const tensors: Record<string, { shape: readonly number[]; data: Float32Array }> = {}
  for (const tensor of weights.entries.keys()) {
    tensors[tensor] = { shape: weights.shape(tensor), data: await weights.read(tensor) }
  }
  tensors['model.norm.weight']?.data.fill(value)
  return withFiles(files, { 'model.safetensors': writeSafetensors(tensors) })
}

const options = { id: 'broken', cacheTokens: 512 }
const message = (what: string) => new RegExp(`^broken, ${what}: broken gives a number that cannot be used \\(expected`)

describe.each([Number.NaN, Number.POSITIVE_INFINITY])('a model with %d among its weights', (value) => {
  it('is found out where log-probabilities are read: sampled, given, and as they stand', async () => {
    const backend = new CpuBackend()
    const policy = await loadPolicy(backend, await spoiled('countdown-policy', value), options, createDecoder)
    const { branch } = await policy.open('Q 3 5 > 8\n')
    const request = {
      branch,
      count: 2,
      temperature: 1,
      topP: 1,
      topK: 0,
      seed: 1,
      node: 5,
      firstSample: 0,
      maxTokens: 8,
    }
    await expect(policy.propose([request])).rejects.toThrow(message('log-probability of token 1 sampled below node 5'))
    await expect(policy.extend(branch, '3+5=8 : 8\n')).rejects.toThrow(
      message('log-probability of token 1 of .*3\\+5=8.*'),
    )
    await expect(policy.read('Q 3 5 > 8\n', 'A 8\n')).rejects.toThrow(message('log-probability of token 1 of .*A 8.*'))
    policy.release(branch)
    const setup = { task: 'countdown', problem: '3 5 > 8', strategy: 'sampling', seed: 1, prefix: [] } as const
    const context = {
      prompt: 'Q 3 5 > 8\n',
      checker: { isFinal: () => false, verify: () => never(), accepts: null },
      policy,
      reward: null,
    }
    const events: SearchEvent[] = []
    const search = async () => {
      for await (const event of runSearch({ ...setup, config: DEFAULT_CONFIG }, context)) events.push(event)
    }
    await expect(search()).rejects.toThrow(message('log-probability of token 1 sampled below node 0'))
    expect(events.map(({ type }) => type)).toEqual(['started'])
    policy.model.dispose()
    expect(backend.memory.liveBytes).toBe(0)
    backend.dispose()
  })

  it('is found out where scores are read', async () => {
    const backend = new CpuBackend()
    const reward = await loadRewardModel(backend, await spoiled('countdown-prm', value), options, createDecoder)
    const { branch } = await reward.open('Q 3 5 > 8\n')
    const scoring = reward.score([{ branch, steps: ['3+5=8 : 8\n', 'A 8\n'] }])
    await expect(scoring).rejects.toThrow(message('score of .*3\\+5=8.*'))
    reward.release(branch)
    reward.model.dispose()
    expect(backend.memory.liveBytes).toBe(0)
    backend.dispose()
  })
})

function never(): never {
  throw new Error('nothing was written')
}
