import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import type { RunSetup, SearchEvent } from '../search/events.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import { ScriptedPolicy, ScriptedRewardModel } from '../search/testing/scripted-models.ts'
import type { WorkerClient } from './client.ts'
import { createWorkerClient } from './client.ts'
import type { Engine } from './engine-host.ts'
import type { FromWorker, RunResult } from './protocol.ts'
import { searchTask } from './task-search.ts'
import { InProcessPort } from './testing/in-process-port.ts'
import { WorkerService } from './worker-service.ts'

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

/** Three operations on `1 2 3 4 > 10`, then the answer; every sample but the first goes astray. */
function script({ text, sample }: { readonly text: string; readonly sample: number }): { readonly text: string } {
  const line = text.split('\n').length - 1
  const right = ['1+2=3 : 3 4 3\n', '3+4=7 : 3 7\n', '3+7=10 : 10\n', 'A 10\n'][line] ?? 'A 10\n'
  return { text: sample === 0 ? right : right.replace(/\n$/, ` ${sample}\n`) }
}

function rig() {
  const policy = new ScriptedPolicy(script, { pause })
  const reward = new ScriptedRewardModel((text) => (/ \d\n$/.test(text) && !/A/.test(text) ? 0.2 : 0.9), { pause })
  let lose: (error: Error) => void = () => {}
  let disposed = 0
  let loads = 0
  const engine = (id: string): Engine => ({
    policy: id === 'other' ? new ScriptedPolicy(script, { pause }) : policy,
    reward,
    lost: new Promise((resolve) => {
      lose = resolve
    }),
    status: () => ({
      backend: 'cpu',
      adapter: 'script',
      software: true,
      note: null,
      bytes: { weights: 3, cache: 4 },
      passes: policy.calls.length,
      readbackBytes: 0,
    }),
    executedTokens: () => 0,
    dispose: () => {
      disposed += 1
    },
  })
  const messages: FromWorker[] = []
  const client = createWorkerClient(
    () =>
      new InProcessPort(
        (post) =>
          new WorkerService({
            post,
            now: () => performance.now(),
            nextTask: pause,
            later: (callback, ms) => {
              const timer = setTimeout(callback, ms)
              return () => clearTimeout(timer)
            },
            loader: {
              load: (params) => {
                loads += 1
                return params.policy.source.id === 'broken'
                  ? Promise.reject(new StepscopeError({ code: 'bad-checkpoint', message: 'Broken.' }))
                  : Promise.resolve(engine(params.policy.source.id))
              },
              preview: () => Promise.reject(new StepscopeError({ code: 'not-found', message: 'Nothing is loaded.' })),
              openReward: () =>
                Promise.reject(new StepscopeError({ code: 'not-found', message: 'Nothing is loaded.' })),
              inspect: () => Promise.reject(new StepscopeError({ code: 'bad-checkpoint', message: 'Empty.' })),
            },
            search: searchTask,
          }),
      ),
  )
  const heard = new Set<() => void>()
  client.subscribe((message) => {
    messages.push(message)
    for (const listener of [...heard]) listener()
  })
  const until = (reached: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!reached()) return
        heard.delete(look)
        resolve()
      }
      heard.add(look)
      look()
    })
  return {
    client,
    policy,
    reward,
    messages,
    until,
    lose: (error: Error) => lose(error),
    counts: () => ({ disposed, loads }),
    events: (runId: string): SearchEvent[] =>
      messages.flatMap((message) => (message.type === 'events' && message.runId === runId ? message.events : [])),
    result: async (runId: string): Promise<RunResult> => {
      const find = () =>
        messages.find(
          (message): message is Extract<FromWorker, { type: 'ended' }> =>
            message.type === 'ended' && message.runId === runId,
        )
      await until(() => find() !== undefined)
      const found = find()
      if (!found) throw new Error('no end')
      return found.result
    },
  }
}

function load(client: WorkerClient, policy = 'p') {
  return client.call('load', {
    backend: 'cpu',
    policy: { source: { kind: 'bundled', id: policy } },
    reward: { source: { kind: 'bundled', id: 'r' } },
  })
}

const setup = (strategy: RunSetup['strategy'], change: Partial<RunSetup> = {}): RunSetup => ({
  task: 'countdown',
  problem: '1 2 3 4 > 10',
  strategy,
  config: { ...DEFAULT_CONFIG, n: 4, m: 2 },
  seed: 7,
  prefix: [],
  ...change,
})

describe('the worker', () => {
  it('answers with the models, then runs and says what it cost', async () => {
    const r = rig()
    await expect(r.client.call('startRun', { runId: 'a', setup: setup('beam') })).rejects.toMatchObject({
      details: { code: 'not-found', nextStep: 'Load the models first.' },
    })
    const { policy, reward } = await load(r.client)
    expect([policy.id, reward?.id]).toEqual(['scripted-policy', 'scripted-prm'])
    await r.client.call('startRun', { runId: 'a', setup: setup('beam') })
    const result = await r.result('a')
    expect(result).toMatchObject({ status: 'finished', measured: { peakBytes: 7 } })
    expect(result.measured.passes).toBe(r.policy.calls.length)
    expect(r.events('a').at(-1)).toMatchObject({ type: 'finished', answer: '10', correct: true })
    expect([r.policy.live, r.reward.live]).toEqual([0, 0])
    const status = await r.client.call('status', {})
    expect(status.bytes).toEqual({ weights: 3, cache: 4 })
    r.client.dispose()
  })

  it('pauses, steps, resumes and cancels a real search at any event, and frees everything', async () => {
    const r = rig()
    await load(r.client)
    await r.client.call('startRun', { runId: 'whole', setup: setup('lookahead') })
    await r.result('whole')
    const whole = r.events('whole')
    expect(whole.length).toBeGreaterThan(20)
    for (let at = 0; at <= whole.length; at += 5) {
      const runId = `cancelled ${at}`
      await r.client.call('startRun', { runId, setup: setup('lookahead'), paused: true })
      for (let step = 0; step < at; step += 1) await r.client.call('stepRun', { runId })
      await r.until(() => r.events(runId).length === at)
      if (at % 2 === 0) {
        await r.client.call('cancelRun', { runId })
        expect((await r.result(runId)).status).toBe('cancelled')
        expect(r.events(runId)).toEqual(whole.slice(0, at))
      } else {
        await r.client.call('resumeRun', { runId })
        expect((await r.result(runId)).status).toBe('finished')
        expect(r.events(runId)).toEqual(whole)
      }
      expect([r.policy.live, r.reward.live]).toEqual([0, 0])
    }
    r.client.dispose()
  })

  it('runs two searches at once with the events that each has alone', async () => {
    const r = rig()
    await load(r.client)
    const setups = { beam: setup('beam'), tree: setup('greedy-tree', { seed: 9 }) }
    for (const [name, given] of Object.entries(setups)) {
      await r.client.call('startRun', { runId: `${name} alone`, setup: given })
      await r.result(`${name} alone`)
    }
    await Promise.all(
      Object.entries(setups).map(([name, given]) => r.client.call('startRun', { runId: `${name} both`, setup: given })),
    )
    for (const name of Object.keys(setups)) {
      await r.result(`${name} both`)
      expect(r.events(`${name} both`)).toEqual(r.events(`${name} alone`))
    }
    r.client.dispose()
  })

  it('says why a setup cannot run', async () => {
    const r = rig()
    await load(r.client)
    await r.client.call('startRun', { runId: 'a', setup: setup('beam', { problem: '1 x > 3' }) })
    expect(await r.result('a')).toMatchObject({ status: 'failed', error: { code: 'bad-problem' } })
    r.client.dispose()
  })

  it('keeps its engine when another cannot be loaded, and frees it when one can', async () => {
    const r = rig()
    await load(r.client)
    await expect(load(r.client, 'broken')).rejects.toMatchObject({ details: { code: 'bad-checkpoint' } })
    expect(r.counts()).toEqual({ loads: 2, disposed: 0 })
    await r.client.call('startRun', { runId: 'a', setup: setup('beam'), paused: true })
    // Its models stay: it goes on.
    await load(r.client)
    expect(r.counts()).toEqual({ loads: 3, disposed: 1 })
    await r.client.call('stepRun', { runId: 'a' })
    await r.until(() => r.events('a').length === 1)
    await load(r.client, 'other')
    expect((await r.result('a')).status).toBe('cancelled')
    expect(r.counts()).toEqual({ loads: 4, disposed: 2 })
    r.client.dispose()
  })

  it('tells when the device is lost, and asks for models again', async () => {
    const r = rig()
    await load(r.client)
    r.lose(new StepscopeError({ code: 'device-lost', message: 'The device is gone.' }))
    await r.until(() => r.messages.some(({ type }) => type === 'lost'))
    await expect(r.client.call('status', {})).rejects.toMatchObject({ details: { code: 'not-found' } })
    r.client.dispose()
  })
})
