import { describe, expect, it } from 'vitest'
import type { EngineStatus, LoadedModels } from '../../state/models/engine-state.ts'
import { engineFigures, figuresAsJson, figuresAsMarkdown } from './engine-figures.ts'

const info = {
  id: 'small',
  hash: '0123456789abcdef',
  family: 'llama',
  parameters: 800_000,
  contextLength: 256,
  backend: 'webgpu',
  adapter: 'SwiftShader',
  weights: 'f32',
  choices: { product: 'tile 8 × 16', burst: '8 steps' },
  flops: { token: 1, head: 1, context: 1 },
} as const
const models: LoadedModels = {
  policy: info,
  reward: { ...info, id: 'judge', choices: { product: 'tile 8 × 16' }, kind: 'process', aggregation: 'last' },
}
const status: EngineStatus = {
  backend: 'webgpu',
  adapter: 'SwiftShader',
  software: true,
  note: null,
  bytes: { 'policy weights': 2048, 'policy cache': 1024, 'reward weights': 1024, 'reward key value scratch': 512 },
  tokensPerSecond: 0,
  passes: 50,
  readbackBytes: 6400,
  executedTokens: 200,
  searched: { asked: 600, executed: 150 },
  counters: {
    policy: { passes: 40, cacheHitTokens: 12, somethingNew: 3, cacheBytes: 2048 },
    reward: { passes: 10, cacheHitTokens: 1 },
  },
}

const chosen = {
  policy: { kind: 'trained', id: 'small', name: 'SFT of mine, 26 Nov 23:15, step 4' },
  reward: { kind: 'folder', id: 'judge', name: 'judge' },
  ownModels: [],
} as const

const made = (change: Partial<EngineStatus> = {}) => {
  const figures = engineFigures({ status: { ...status, ...change }, models, ...chosen })
  if (!figures) throw new Error('there are no figures')
  return figures
}
const texts = (list: readonly { name: string; text: string }[]) => Object.fromEntries(list.map((f) => [f.name, f.text]))

describe('the engine’s figures', () => {
  it('are none without models', () => {
    expect(engineFigures({ status: null, models, ...chosen })).toBeNull()
    expect(engineFigures({ status, models: null, ...chosen })).toBeNull()
  })

  it('spread passes and bytes over tokens, and compare executed with asked', () => {
    const { speed, sharing } = made()
    expect(texts(speed)).toMatchObject({
      'Tokens/s': 'idle',
      'Passes per token': '0.25',
      'Read back per token': '32\u202fB',
    })
    expect(texts(sharing)).toMatchObject({ 'Asked / executed': '4.0×', Saved: '75\u202f%' })
  })

  it('have dashes, not infinities, before the first token', () => {
    const { speed, sharing } = made({
      executedTokens: 0,
      passes: 0,
      readbackBytes: 0,
      searched: { asked: 0, executed: 0 },
    })
    expect(texts(speed)).toMatchObject({ 'Passes per token': '–', 'Read back per token': '–' })
    expect(texts(sharing)).toMatchObject({ 'Asked / executed': '–', Saved: '–' })
    expect(JSON.parse(figuresAsJson(made({ executedTokens: 0 }), []))).toMatchObject({
      speed: { 'Passes per token': null },
    })
  })

  it('sum bytes by purpose, largest first, each model in its column', () => {
    const { bytes, totalBytes } = made()
    expect(bytes.map(({ purpose, policy, reward, total }) => [purpose, policy, reward, total])).toEqual([
      ['weights', 2048, 1024, 3072],
      ['cache', 1024, 0, 1024],
      ['key value scratch', 0, 512, 512],
    ])
    expect(totalBytes).toBe(4608)
  })

  it('show every counter, known ones first and by name, and a dash where one model has none', () => {
    expect(made().counts.map(({ name, texts: [policy, reward] }) => [name, policy, reward])).toEqual([
      ['Passes', '40', '10'],
      ['Tokens from cache', '12', '1'],
      ['Something new', '3', '–'],
      ['Cache bytes', '2.00\u202fKiB', '–'],
    ])
    const { counters: _, ...without } = status
    expect(engineFigures({ status: without, models, ...chosen })?.counts).toEqual([])
  })

  it('name the choices of both models', () => {
    expect(made().choices.map(({ name, texts: both }) => [name, ...both])).toEqual([
      ['Model', 'SFT of mine, 26 Nov 23:15, step 4', 'judge'],
      ['Parameters', '800\u202fk', '800\u202fk'],
      ['Weights', 'f32', 'f32'],
      ['Product', 'tile 8 × 16', 'tile 8 × 16'],
      ['Burst', '8 steps', '–'],
    ])
  })

  it.each([
    [{ software: true }, 'software'],
    [{ software: false }, 'hardware'],
    [{ backend: 'cpu', software: true }, 'processor'],
  ] as const)('call the device by its kind: %j', (change, kind) => {
    expect(texts(made(change).device).Kind).toBe(kind)
  })

  it('are copied as JSON with plain numbers and as Markdown tables', () => {
    const json: unknown = JSON.parse(figuresAsJson(made(), [10.4, 0]))
    expect(json).toMatchObject({
      device: { Adapter: 'SwiftShader', Backend: 'WebGPU' },
      speed: { 'Passes per token': 0.25, history: [10, 0] },
      bytes: { weights: { policy: 2048, prm: 1024 } },
      counts: { 'Something new': { policy: 3, prm: null } },
    })
    const markdown = figuresAsMarkdown(made())
    expect(markdown).toContain('| Adapter | SwiftShader |\n')
    expect(markdown).toContain('| Bytes | Policy | PRM |\n|---|--:|--:|\n| weights | 2.00\u202fKiB | 1.00\u202fKiB |\n')
  })
})
