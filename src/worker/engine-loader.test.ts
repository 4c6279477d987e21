import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import { toErrorDetails } from '../core/errors.ts'
import { EngineHost, splitReadings } from './engine-host.ts'
import { engineLoader } from './engine-loader.ts'
import type { ParamsOf } from './protocol.ts'
import { sourcesOf } from './sources/model-provider.ts'

interface Expected {
  readonly prompt: string
  readonly greedy_response: string
  readonly prm_step_scores: readonly number[]
  readonly response_logprob_with_eos: number
}

const expected = JSON.parse(readFileSync('tests/fixtures/expected.json', 'utf8')) as readonly Expected[]
const loader = engineLoader(sourcesOf(({ id }) => openCheckpointDirectory(`public/checkpoints/${id}`)))
const never = new AbortController().signal

const params = (policy = 'countdown-policy', reward = 'countdown-prm'): ParamsOf<'load'> => ({
  backend: 'cpu',
  policy: { source: { kind: 'bundled', id: policy } },
  reward: { source: { kind: 'bundled', id: reward } },
})

describe('the engine behind the worker', () => {
  const host = new EngineHost(loader, () => {})
  const progress: string[] = []

  beforeAll(async () => {
    await host.load(
      params(),
      (model, loaded, total) => progress.push(`${model} ${loaded === total ? 'all' : 'part'}`),
      () => Promise.resolve(),
      never,
    )
  })
  afterAll(() => host.dispose())

  it('reports bytes while loading, and what it holds', () => {
    expect(progress).toContain('policy all')
    expect(progress.at(-1)).toBe('reward all')
    const status = host.status()
    expect(status).toMatchObject({ backend: 'cpu', note: null })
    // 0.8 million float32 parameters each.
    expect(status.bytes['policy weights']).toBeGreaterThan(3_000_000)
    expect(status.bytes['reward weights']).toBeGreaterThan(3_000_000)
    expect(host.counters().bytes).toBe(Object.values(status.bytes).reduce((sum, bytes) => sum + bytes, 0))
  })

  it('probes steps with the scores and log-probabilities of the reference', async () => {
    for (const { prompt, greedy_response, prm_step_scores } of expected.slice(0, 2)) {
      const steps = greedy_response.match(/.*\n/g) ?? []
      const { scores, readings } = await host.probe(prompt, steps, never)
      scores.forEach((score, index) => {
        expect(score).toBeCloseTo(prm_step_scores[index] ?? Number.NaN, 3)
      })
      expect(readings.map((tokens) => tokens.map(({ text }) => text).join(''))).toEqual(steps)
      // Greedy decoding took the first alternative everywhere.
      for (const token of readings.flat()) expect(token.alternatives[0]?.text).toBe(token.text)
    }
    const { policy, reward } = host.models()
    expect([policy, reward ?? {}].map((model) => Reflect.get(model, 'model').counters().liveBranches)).toEqual([0, 0])
  })

  it('reads no steps as nothing', async () => {
    expect(await host.probe('Q 1 2 > 3\n', [], never)).toEqual({ scores: [], readings: [] })
  })

  it('refuses models in the wrong role and keeps the others', async () => {
    const before = host.models()
    const error = await host
      .load(
        params('countdown-prm'),
        () => {},
        () => Promise.resolve(),
        never,
      )
      .catch((reason: unknown) => toErrorDetails(reason))
    expect(error).toMatchObject({ code: 'unsupported-config', place: { file: 'config.json', field: 'architectures' } })
    expect(host.models()).toEqual(before)
  })

  it('leaves nothing when loading is cancelled', async () => {
    const controller = new AbortController()
    const before = host.models()
    const bytes = host.status().bytes
    const { policy, ...rest } = params()
    const error = await host
      .load(
        { ...rest, policy: { ...policy, manifest: { role: 'policy', task: 'countdown', stepEnds: ['\n'] } } },
        () => controller.abort(),
        () => Promise.resolve(),
        controller.signal,
      )
      .catch((reason: unknown) => toErrorDetails(reason))
    expect(error).toMatchObject({ code: 'cancelled' })
    expect(host.models()).toEqual(before)
    expect(host.status().bytes).toEqual(bytes)
  })
})

describe('an implicit reward model', () => {
  const implicit = (reference: string): ParamsOf<'load'> => ({
    ...params(),
    reward: {
      source: { kind: 'bundled', id: 'countdown-policy' },
      implicit: { reference: { source: { kind: 'bundled', id: reference } }, beta: 2 },
    },
  })
  const prompt = 'Q 3 5 7 2 > 24\n'
  const steps = ['3*5=15 : 7 2 15\n', '15+7=22 : 2 22\n']

  it('is a language model beside its reference, and says even of each that is no other', async () => {
    const host = new EngineHost(loader, () => {})
    const progress: [loaded: number, total: number][] = []
    const { reward } = await host.load(
      implicit('countdown-policy'),
      (model, ...bytes) => model === 'reward' && progress.push(bytes),
      () => Promise.resolve(),
      never,
    )
    expect(reward).toMatchObject({ kind: 'process', id: 'countdown-policy' })
    expect(reward?.choices?.['implicit reward']).toMatch(/^β 2 against countdown-policy/)
    // No byte twice, and at the end all of both.
    expect(progress.map(([loaded]) => loaded)).toEqual(progress.map(([loaded]) => loaded).toSorted((a, b) => a - b))
    expect(progress.at(-1)?.[0]).toBe(progress.at(-1)?.[1])
    expect((await host.probe(prompt, steps, never)).scores).toEqual([0.5, 0.5])
    const { bytes, counters } = host.status()
    expect(bytes['reward weights']).toBe(2 * (bytes['policy weights'] ?? Number.NaN))
    // The policy read the steps as well, and the prompt.
    expect(counters?.reward?.executedTokens).toBe(2 * (counters?.policy.executedTokens ?? Number.NaN))
    host.dispose()
  })

  it('is kept only where its reference and β are the same', async () => {
    const host = new EngineHost(loader, () => {})
    const load = async (wanted: ParamsOf<'load'>) => {
      await host.load(
        wanted,
        () => {},
        () => Promise.resolve(),
        never,
      )
      return host.models().reward
    }
    const first = await load(implicit('countdown-policy'))
    expect(await load(implicit('countdown-policy'))).toBe(first)
    const { reward, ...rest } = implicit('countdown-policy')
    const other = { ...rest, reward: { ...reward, implicit: { ...reward?.implicit, beta: 3 } } } as ParamsOf<'load'>
    const second = await load(other)
    expect(second).not.toBe(first)
    const refused = await load(implicit('countdown-prm')).catch((reason: unknown) => toErrorDetails(reason))
    expect(refused).toMatchObject({ code: 'unsupported-config', place: { file: 'config.json' } })
    expect(host.models().reward).toBe(second)
    host.dispose()
  })
})

describe('readings by step', () => {
  const tokens = (texts: readonly string[]) => texts.map((text, id) => ({ id, text, logprob: -1, alternatives: [] }))

  it('belong to the step that their first character is in', () => {
    const groups = splitReadings(tokens(['1', '+2', '\n3', '=', '5\n']), ['1+2\n', '3=5\n'])
    expect(groups.map((group) => group.map(({ text }) => text))).toEqual([
      ['1', '+2', '\n3'],
      ['=', '5\n'],
    ])
  })
})
