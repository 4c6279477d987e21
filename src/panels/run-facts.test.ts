import { expect, it } from 'vitest'
import type { Ledger } from '../search/events.ts'
import type { LoadedModels } from '../state/models/engine-state.ts'
import { formatRatio } from './per-token.ts'
import { computedDifferently, measuredRows } from './run-facts.ts'

const model = {
  id: 'policy',
  hash: 'aaaa',
  family: 'llama',
  parameters: 1,
  contextLength: 16,
  backend: 'webgpu',
  adapter: 'card',
  flops: { token: 1, head: 1, context: 1 },
} as const
const reward = { ...model, id: 'prm', hash: 'bbbb', kind: 'process', aggregation: 'last' } as const
const loaded: LoadedModels = { policy: { ...model, choices: { burst: '8 steps' } }, reward }

it('tells by name what is computed otherwise here', () => {
  expect(computedDifferently({ policy: loaded.policy, reward }, loaded)).toEqual([])
  expect(computedDifferently({ policy: { ...model, adapter: 'other' }, reward }, loaded)).toEqual(['adapter'])
  const choices = { burst: '2 steps' }
  expect(computedDifferently({ policy: { ...model, choices }, reward: null }, loaded)).toEqual(['burst'])
  // What an older run does not tell is no difference, and a renamed model is the same weights.
  expect(computedDifferently({ policy: { ...model, id: 'renamed' }, reward }, loaded)).toEqual([])
})

it('calls strict WebAssembly with another number of threads the same', () => {
  const strict = { ...model, backend: 'wasm', adapter: '2 threads', choices: { arithmetic: 'strict' } } as const
  const here = (info: LoadedModels['policy']): LoadedModels => ({ policy: info, reward: null })
  const differs = (now: LoadedModels['policy']) => computedDifferently({ policy: strict, reward: null }, here(now))
  expect(differs({ ...strict, adapter: '8 threads' })).toEqual([])
  expect(differs({ ...strict, adapter: '8 threads', choices: { arithmetic: 'fused' } })).toEqual([
    'adapter',
    'arithmetic',
  ])
  expect(differs({ ...strict, backend: 'cpu', adapter: 'CPU' })).toEqual(['backend', 'adapter'])
})

it('says nothing of other weights, or without models', () => {
  expect(computedDifferently({ policy: { ...model, hash: 'cccc' }, reward }, loaded)).toBeNull()
  expect(computedDifferently({ policy: model, reward: { ...reward, hash: 'cccc' } }, loaded)).toBeNull()
  expect(computedDifferently(null, loaded)).toBeNull()
  expect(computedDifferently({ policy: model, reward }, null)).toBeNull()
})

it('spreads what was measured over the tokens of both models, and leaves out what is not known', () => {
  const part = { asked: 300, executed: 100, unique: 100, merged: 0, overrun: 0, flops: 1 }
  const ledger: Ledger = { policy: part, reward: part }
  const measured = { wallMs: 500, passes: 50, peakBytes: 1024, readbackBytes: 6400 }
  expect(Object.fromEntries(measuredRows(measured, ledger))).toMatchObject({
    passes: '50',
    'passes per token': '0.25',
    'read back per token': '32\u202fB',
  })
  const old = measuredRows({ ...measured, readbackBytes: null }, ledger).map(([name]) => name)
  expect(old).toEqual(['time', 'passes', 'passes per token', 'most bytes at once'])
})

it.each([
  [{ asked: 600, executed: 150 }, '4.0×'],
  [{ asked: 1234, executed: 100 }, '12×'],
  [{ asked: 0, executed: 0 }, '–'],
])('shows %j as %s', (tokens, text) => {
  expect(formatRatio(tokens)).toBe(text)
})
