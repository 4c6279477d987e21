import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import type { SearchEvent } from '../search/events.ts'
import type { FromWorker } from './protocol.ts'
import type { EventSource } from './run-host.ts'
import { RunHost } from './run-host.ts'

/** Events that can be told apart; the host does not look inside. */
const event = (index: number): SearchEvent => {
  const one = { asked: 30 * (index + 1), executed: 10 * (index + 1), unique: 0, merged: 0, overrun: 0, flops: 0 }
  return { type: 'backedUp', round: 1, node: index, visits: 0, value: 0, ledger: { policy: one, reward: one } }
}

interface Rig {
  readonly host: RunHost
  readonly posted: FromWorker[]
  /** Indices of the events of a run that were posted so far. */
  seen(runId: string): number[]
  ended(runId: string): Extract<FromWorker, { type: 'ended' }> | undefined
  clock: number
}

function rig(): Rig {
  const posted: FromWorker[] = []
  const result: Rig = {
    posted,
    clock: 0,
    host: new RunHost({
      post: (message) => posted.push(message),
      now: () => result.clock,
      nextTask: () => new Promise((resolve) => setImmediate(resolve)),
      later: (callback) => {
        const timer = setImmediate(callback)
        return () => clearImmediate(timer)
      },
      counters: () => ({ passes: result.clock, readbackBytes: 4 * result.clock, bytes: 1000 - result.clock }),
    }),
    seen: (runId) =>
      posted.flatMap((message) =>
        message.type === 'events' && message.runId === runId
          ? message.events.map((made) => (made as { node: number }).node)
          : [],
      ),
    ended: (runId) =>
      posted.find(
        (message): message is Extract<FromWorker, { type: 'ended' }> =>
          message.type === 'ended' && message.runId === runId,
      ),
  }
  return result
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** `count` events, one per task, each taking 10 ms of the rig's clock; counts what it holds. */
function source(count: number, held: { now: number }, clock?: Rig): EventSource {
  return async function* (signal) {
    held.now += 1
    try {
      for (let index = 0; index < count; index += 1) {
        await new Promise((resolve) => setImmediate(resolve))
        if (signal.aborted) throw new StepscopeError({ code: 'cancelled', message: 'Cancelled.' })
        if (clock) clock.clock += 10
        yield event(index)
      }
    } finally {
      held.now -= 1
    }
  }
}

const until = async (reached: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 500 && !reached(); turn += 1) await new Promise((resolve) => setImmediate(resolve))
  expect(reached()).toBe(true)
}

describe('run host', () => {
  it('posts every event in order, then the end with what was measured', async () => {
    const r = rig()
    const held = { now: 0 }
    r.host.start('a', source(5, held, r))
    await until(() => r.ended('a') !== undefined)
    expect(r.seen('a')).toEqual([0, 1, 2, 3, 4])
    expect(r.posted[0]).toEqual({ type: 'run', runId: 'a', state: 'running' })
    expect(r.ended('a')?.result).toEqual({
      status: 'finished',
      measured: { wallMs: 50, passes: 50, peakBytes: 990, readbackBytes: 200 },
    })
    expect([held.now, r.host.active]).toEqual([0, 0])
    r.host.start('b', source(2, held, r))
    await until(() => r.ended('b') !== undefined)
    // The last ledgers of both runs, both models.
    expect(r.host.searched).toEqual({ asked: 2 * (150 + 60), executed: 2 * (50 + 20) })
  })

  it.each([0, 1, 2, 3, 4])('stands before event %i, resumes and finishes', async (at) => {
    const r = rig()
    const held = { now: 0 }
    r.host.start('a', source(5, held), { paused: true })
    for (let step = 0; step < at; step += 1) r.host.step('a')
    await until(() => r.seen('a').length === at)
    await settle()
    expect(r.seen('a')).toEqual(Array.from({ length: at }, (_, index) => index))
    expect(r.ended('a')).toBeUndefined()
    r.host.resume('a')
    await until(() => r.ended('a') !== undefined)
    expect(r.seen('a')).toEqual([0, 1, 2, 3, 4])
  })

  it('lets exactly one event through per step', async () => {
    const r = rig()
    r.host.start('a', source(5, { now: 0 }), { paused: true })
    for (let made = 1; made <= 3; made += 1) {
      r.host.step('a')
      await until(() => r.seen('a').length === made)
      await settle()
      expect(r.seen('a')).toHaveLength(made)
    }
    await r.host.cancel('a')
  })

  it.each([0, 1, 3, 5])('frees everything when cancelled after event %i', async (at) => {
    const r = rig()
    const held = { now: 0 }
    r.host.start('a', source(5, held), { paused: true })
    for (let step = 0; step < at; step += 1) r.host.step('a')
    await until(() => r.seen('a').length === at)
    await r.host.cancel('a')
    expect(r.ended('a')?.result.status).toBe('cancelled')
    expect(held.now).toBe(0)
    expect(r.seen('a')).toHaveLength(at)
    expect(r.host.active).toBe(0)
  })

  it('cancels a run in the middle of an event', async () => {
    const r = rig()
    const held = { now: 0 }
    r.host.start('a', async function* (signal) {
      held.now += 1
      try {
        yield event(0)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        yield event(1)
      } finally {
        held.now -= 1
      }
    })
    await until(() => held.now === 1)
    await settle()
    await r.host.cancel('a')
    expect(r.ended('a')?.result.status).toBe('cancelled')
    expect(r.seen('a')).toEqual([0])
    await settle()
    expect(held.now).toBe(0)
  })

  it('ends a run at once for whoever cancels, and frees what it holds when the device is done', async () => {
    const r = rig()
    const held = { now: 0 }
    let answer = () => {}
    r.host.start('a', async function* () {
      held.now += 1
      try {
        yield event(0)
        await new Promise<void>((resolve) => {
          answer = resolve
        })
        yield event(1)
      } finally {
        held.now -= 1
      }
    })
    await until(() => r.seen('a').length === 1)
    await settle()
    await r.host.cancel('a')
    expect(r.ended('a')?.result.status).toBe('cancelled')
    expect(held.now).toBe(1)
    const freed = r.host.cancelAll()
    answer()
    await freed
    expect(held.now).toBe(0)
    expect(r.seen('a')).toEqual([0])
    expect(r.posted.filter(({ type }) => type === 'ended')).toHaveLength(1)
  })

  it('counts no time while paused', async () => {
    const r = rig()
    r.host.start('a', source(2, { now: 0 }, r), { paused: true })
    r.host.step('a')
    await until(() => r.seen('a').length === 1)
    r.clock += 100_000
    r.host.resume('a')
    await until(() => r.ended('a') !== undefined)
    expect(r.ended('a')?.result.measured.wallMs).toBe(20)
  })

  it('keeps two runs apart', async () => {
    const r = rig()
    const held = { now: 0 }
    r.host.start('a', source(4, held))
    r.host.start('b', source(6, held), { paused: true })
    expect(() => r.host.start('a', source(1, held))).toThrow(RangeError)
    await until(() => r.ended('a') !== undefined)
    expect(r.seen('b')).toEqual([])
    r.host.resume('b')
    await until(() => r.ended('b') !== undefined)
    expect([r.seen('a'), r.seen('b')]).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3, 4, 5],
    ])
    expect(held.now).toBe(0)
  })

  it('tells why a run failed, after its last event', async () => {
    const r = rig()
    r.host.start('a', async function* () {
      yield event(0)
      throw new StepscopeError({ code: 'out-of-memory', message: 'No room.' })
    })
    await until(() => r.ended('a') !== undefined)
    expect(r.ended('a')?.result).toMatchObject({
      status: 'failed',
      error: { code: 'out-of-memory', message: 'No room.' },
    })
    expect(r.seen('a')).toEqual([0])
    expect(r.posted.at(-1)?.type).toBe('ended')
  })
})
