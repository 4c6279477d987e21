import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../../core/errors.ts'
import type { Policy } from '../../search/models.ts'
import { randomModels } from '../../search/testing/random-models.ts'
import type { SweepConfig } from '../../sweep/config.ts'
import type { SweepResult } from '../../sweep/result.ts'
import { generateProblems } from '../../tasks/generate-problems.ts'
import { taskById } from '../../tasks/registry.ts'
import type { Engine, EngineLoader } from '../engine-host.ts'
import type { FromWorker, ParamsOf } from '../protocol.ts'
import { SweepHost } from './sweep-host.ts'

const task = taskById('countdown')
const problems = generateProblems(task, { difficulty: '3-numbers', count: 4, seed: 1, split: 'held-out' })

const config: SweepConfig = {
  version: 1,
  task: 'countdown',
  problems: { source: 'generated', difficulty: '3-numbers', count: 4, seed: 1, split: 'held-out' },
  lines: [{ strategy: 'beam', config: {} }],
  budgets: [1, 4],
  vary: {},
  models: [
    { policy: 'one', reward: 'prm' },
    { policy: 'two', reward: 'prm' },
  ],
  seeds: [1],
}

function rig(load: EngineLoader['load'] = () => Promise.resolve(engineOf(1))) {
  const posted: FromWorker[] = []
  const before = { name: 'before' } as unknown as Engine
  const host = new SweepHost({
    post: (message) => posted.push(message),
    now: () => 0,
    later: (callback) => {
      const timer = setImmediate(callback)
      return () => clearImmediate(timer)
    },
    loader: { load } as EngineLoader,
    engine: () => before,
  })
  const params: ParamsOf<'startSweep'> = {
    id: 's',
    config,
    problems: problems.map((problem) => task.fields(problem)),
    known: [],
    pairs: ['one', 'two'].map((id) => ({
      policy: { source: { kind: 'bundled', id } },
      reward: { source: { kind: 'bundled', id: 'prm' } },
    })),
    backend: 'auto',
  }
  return {
    host,
    params,
    before,
    posted,
    results: (): SweepResult[] => posted.flatMap((message) => (message.type === 'sweepResults' ? message.results : [])),
    states: () => posted.flatMap((message) => (message.type === 'sweepState' ? [message.state] : [])),
    end: () => posted.find((message) => message.type === 'sweepEnded')?.end,
  }
}

let disposed = 0
function engineOf(key: number, policy?: Policy): Engine {
  const models = randomModels(key)
  return {
    policy: policy ?? models.policy,
    reward: models.reward,
    dispose: () => {
      disposed += 1
      expect([models.policy.live, models.reward.live]).toEqual([0, 0])
    },
  } as unknown as Engine
}

const until = async (reached: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2000 && !reached(); turn += 1) await new Promise((resolve) => setImmediate(resolve))
  expect(reached()).toBe(true)
}

describe('a sweep in the worker', () => {
  it('loads one pair after the other beside what is loaded, tells its results and gives the models back', async () => {
    const asked: [string, unknown][] = []
    const { host, params, before, results, states, end } = rig((wanted, _progress, _signal, beside) => {
      asked.push([wanted.policy.source.id, beside])
      return Promise.resolve(engineOf(asked.length))
    })
    disposed = 0
    host.start(params)
    expect(() => host.start(params)).toThrow('Another sweep is under way')
    await until(() => end() !== undefined)
    expect(end()).toEqual({ status: 'finished' })
    expect(asked).toEqual([
      ['one', before],
      ['two', before],
    ])
    expect(disposed).toBe(2)
    expect(results().map(({ pair }) => pair)).toEqual([...Array(8).fill(0), ...Array(8).fill(1)])
    expect(states()).toEqual(['loading', 'running', 'loading', 'running'])
    // Only what is missing, the next time.
    const again = rig()
    again.host.start({
      ...params,
      known: results()
        .slice(0, 15)
        .map(({ key }) => key),
    })
    await until(() => again.end() !== undefined)
    expect(again.results()).toHaveLength(1)
  })

  it('begins nothing while it is paused or a search is at work, and goes on after both', async () => {
    const { host, params, results, states, end } = rig()
    host.see({ type: 'run', runId: 'r', state: 'running' })
    host.start(params)
    await until(() => states().includes('waiting'))
    host.pause('s')
    host.see({ type: 'run', runId: 'r', state: 'paused' })
    await new Promise((resolve) => setImmediate(resolve))
    expect([states().at(-1), results().length]).toEqual(['paused', 0])
    host.resume('s')
    await until(() => end() !== undefined)
    expect(states().slice(0, 4)).toEqual(['loading', 'waiting', 'paused', 'running'])
    expect(results()).toHaveLength(16)
  })

  it('is cancelled at once, also while it waits, and fails with the reason', async () => {
    const cancelled = rig()
    cancelled.host.see({ type: 'run', runId: 'r', state: 'running' })
    cancelled.host.start(cancelled.params)
    await until(() => cancelled.states().includes('waiting'))
    cancelled.host.cancel('s')
    await until(() => cancelled.end() !== undefined)
    expect(cancelled.end()).toEqual({ status: 'cancelled' })

    const failed = rig(() => Promise.reject(new StepscopeError({ code: 'bad-checkpoint', message: 'No config.json' })))
    failed.host.start(failed.params)
    await until(() => failed.end() !== undefined)
    expect(failed.end()).toMatchObject({ status: 'failed', error: { code: 'bad-checkpoint' } })
    // Another one may begin.
    await new Promise((resolve) => setImmediate(resolve))
    failed.host.start(failed.params)
  })
})
