import { afterEach, describe, expect, it } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import { StepscopeError, toErrorDetails } from '../core/errors.ts'
import { EngineHost } from './engine-host.ts'
import { engineLoader } from './engine-loader.ts'
import type { ParamsOf } from './protocol.ts'
import { sourcesOf } from './sources/model-provider.ts'

const never = new AbortController().signal
const quiet = () => {}
const released = () => Promise.resolve()

/** A host whose checkpoints are read from the bundled folders; `alias:` names the same folder as another model. */
function rig() {
  const opened: string[] = []
  const fail = new Set<string>()
  const loader = engineLoader(
    sourcesOf(({ id }) => {
      opened.push(id)
      if (fail.has(id)) return Promise.reject(new StepscopeError({ code: 'out-of-memory', message: 'Full' }))
      return openCheckpointDirectory(`public/checkpoints/${id.replace(/^alias:/, '')}`)
    }),
  )
  const host = new EngineHost(loader, quiet)
  const load = (reward: string, change: Partial<ParamsOf<'load'>> = {}) =>
    host.load(
      {
        backend: 'cpu',
        policy: { source: { kind: 'bundled', id: 'countdown-policy' } },
        reward: { source: { kind: 'bundled', id: reward } },
        ...change,
      },
      quiet,
      released,
      never,
    )
  return { host, opened, fail, load }
}

const weightBytes = (host: EngineHost) => {
  const { bytes } = host.status()
  return { policy: bytes['policy weights'], reward: bytes['reward weights'] }
}

describe('changing one model', () => {
  const rigs: ReturnType<typeof rig>[] = []
  const fresh = () => {
    const made = rig()
    rigs.push(made)
    return made
  }
  afterEach(() => {
    for (const { host } of rigs.splice(0)) host.dispose()
  })

  it('leaves the other on the device, with what it counted', async () => {
    const { host, opened, load } = fresh()
    await load('countdown-prm')
    await host.probe('Q 1 2 > 3\n', ['1+2=3 : 3\n'], never)
    const { policy, reward } = host.models()
    const before = { ...host.counters(), tokens: host.executedTokens() }
    expect(before.tokens).toBeGreaterThan(0)

    await load('alias:countdown-prm')
    expect(opened).toEqual(['countdown-policy', 'countdown-prm', 'alias:countdown-prm'])
    expect(host.models().policy).toBe(policy)
    expect(host.models().reward).not.toBe(reward)
    expect(host.models().reward?.info.id).toBe('alias:countdown-prm')
    expect({ ...host.counters(), tokens: host.executedTokens() }).toEqual(before)
    expect(host.status().counters?.policy).toMatchObject({ livePages: 0 })
    expect(host.status().counters?.policy.executedTokens).toBeGreaterThan(0)
    expect(host.status().counters?.reward?.executedTokens).toBe(0)

    const { scores } = await host.probe('Q 1 2 > 3\n', ['1+2=3 : 3\n'], never)
    expect(scores).toHaveLength(1)
    // The policy stayed, and with it what it knows: the prompt but its last token.
    expect(host.executedTokens()).toBe(2 * before.tokens - ('Q 1 2 > 3\n'.length - 1))
  })

  it('does without a reward model, keeps the policy, and takes one again', async () => {
    const { host, opened, load } = fresh()
    const loaded = await load('none', { reward: null })
    expect(loaded).toMatchObject({ policy: { id: 'countdown-policy' }, reward: null })
    expect(opened).toEqual(['countdown-policy'])
    const { scores, readings } = await host.probe('Q 1 2 > 3\n', ['1+2=3 : 3\n'], never)
    expect(scores).toEqual([])
    expect(readings[0]?.map(({ text }) => text).join('')).toBe('1+2=3 : 3\n')
    expect(Object.keys(host.status().bytes).filter((purpose) => purpose.startsWith('reward'))).toEqual([])
    const { policy } = host.models()
    await load('countdown-prm')
    expect(opened).toEqual(['countdown-policy', 'countdown-prm'])
    expect(host.models().policy).toBe(policy)
    await load('none', { reward: null })
    expect(host.models()).toMatchObject({ reward: null })
    expect(weightBytes(host).reward).toBeUndefined()
  })

  it('loads a model anew with other weights, and keeps the other', async () => {
    const { host, opened, load } = fresh()
    await load('countdown-prm')
    const { reward } = host.models()
    const { policy: full = 0 } = weightBytes(host)
    const policy = { source: { kind: 'bundled', id: 'countdown-policy' }, weights: 'int8' } as const
    await load('countdown-prm', { policy })
    expect(opened).toHaveLength(3)
    expect(host.models().policy.info.weights).toBe('int8')
    expect(host.models().reward).toBe(reward)
    expect(reward?.info.weights).toBe('f32')
    expect(weightBytes(host).policy).toBeLessThan(0.3 * full)
  })

  it('loads both anew on another backend or with other manifest fields', async () => {
    const { opened, load } = fresh()
    await load('countdown-prm', { backend: 'auto' })
    await load('countdown-prm', { backend: 'cpu' })
    expect(opened).toHaveLength(4)
    const source = { kind: 'bundled', id: 'countdown-policy' } as const
    await load('countdown-prm', {
      policy: { source, manifest: { role: 'policy', task: 'countdown', stepEnds: ['\n'] } as never },
    })
    expect(opened).toHaveLength(5)
    expect(opened.at(-1)).toBe('countdown-policy')
  })

  it('keeps both usable where the new one does not fit, and says that both were there', async () => {
    const { host, fail, load } = fresh()
    await load('countdown-prm')
    const before = host.models()
    const bytes = host.counters().bytes
    fail.add('alias:countdown-prm')
    const error = await load('alias:countdown-prm').catch((reason: unknown) => toErrorDetails(reason))
    expect(error).toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining('beside those that are loaded'),
      nextStep: expect.stringContaining('stay as they were'),
    })
    expect(host.models()).toEqual(before)
    expect(host.counters().bytes).toBe(bytes)
    expect((await host.probe('Q 1 2 > 3\n', ['1+2=3 : 3\n'], never)).scores).toHaveLength(1)
  })

  it('holds pairs besides, each model once, and runs by key', async () => {
    const { host, opened, load } = fresh()
    await load('countdown-prm')
    const main = host.models()
    const alone = weightBytes(host)
    const source = (id: string) => ({ source: { kind: 'bundled', id } as const })
    const beside = [
      { key: 'other policy', policy: source('alias:countdown-policy'), reward: source('countdown-prm') },
      { key: 'both', policy: source('alias:countdown-policy'), reward: source('alias:countdown-prm') },
      { key: 'none', policy: source('countdown-policy'), reward: null },
    ]
    await load('countdown-prm', { beside })
    expect(opened).toEqual(['countdown-policy', 'countdown-prm', 'alias:countdown-policy', 'alias:countdown-prm'])
    expect(host.models().policy).toBe(main.policy)
    expect(host.models().reward).toBe(main.reward)
    expect(host.models('other policy').reward).toBe(main.reward)
    expect(host.models('both').policy).toBe(host.models('other policy').policy)
    expect(host.models('both').reward).not.toBe(main.reward)
    expect(host.models('none').policy).toBe(main.policy)
    expect(host.models('none').reward).toBeNull()
    expect(weightBytes(host)).toEqual({ policy: 2 * (alone.policy ?? 0), reward: 2 * (alone.reward ?? 0) })
    // What its models count is counted once, whatever number of pairs they are in.
    await host.models('both').policy.read('Q 1 2 > 3\n', '1+2=3 : 3\n', { alternatives: 0 })
    const { executedTokens = 0 } = host.status().counters?.policy ?? {}
    expect(executedTokens).toBe(0)
    const read = host.executedTokens()
    expect(read).toBeGreaterThan(0)

    await load('countdown-prm')
    expect(host.executedTokens()).toBe(read)
    expect(host.models().policy).toBe(main.policy)
    expect(host.models().reward).toBe(main.reward)
    expect(weightBytes(host)).toEqual(alone)
    expect(() => host.models('both')).toThrowError(/not loaded any more/)
  })

  it('names the model that does not fit beside the others, and keeps what there was', async () => {
    const { host, fail, load } = fresh()
    await load('countdown-prm')
    const before = host.models()
    const bytes = host.counters().bytes
    fail.add('alias:countdown-prm')
    const source = (id: string) => ({ source: { kind: 'bundled', id } as const })
    const pair = { key: 'a', policy: source('alias:countdown-policy'), reward: source('alias:countdown-prm') }
    const error = await load('countdown-prm', { beside: [pair] }).catch((reason: unknown) => toErrorDetails(reason))
    expect(error).toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining('“alias:countdown-prm” beside the other models'),
      nextStep: expect.stringContaining('Compare fewer models'),
    })
    expect(host.models()).toBe(before)
    expect(host.counters().bytes).toBe(bytes)
  })

  it('frees everything once the last engine that holds it is gone', async () => {
    const { host, load } = fresh()
    await load('countdown-prm')
    const backend = Reflect.get(Reflect.get(Reflect.get(host.models().policy, 'model'), 'decoder'), 'backend')
    const meter: { readonly liveBytes: number } = Reflect.get(backend, 'memory')
    const one = meter.liveBytes
    expect(one).toBeGreaterThan(0)
    await load('alias:countdown-prm')
    expect(meter.liveBytes).toBe(one)
    await load('countdown-prm')
    expect(meter.liveBytes).toBe(one)
    host.dispose()
    expect(meter.liveBytes).toBe(0)
  })
})
