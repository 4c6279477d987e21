import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import { ASKED, createWorkerClient } from './client.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { InProcessPort } from './testing/in-process-port.ts'

/** Answers `probe` with the number of steps, never answers `load`, fails `status`. */
function echo(aborted: number[]) {
  return (post: (message: FromWorker) => void) => ({
    handle: async (message: ToWorker) => {
      await Promise.resolve()
      if ('ping' in message) post({ type: 'heard', ping: message.ping })
      else if ('abort' in message) aborted.push(message.abort)
      else if (message.method === 'probe') {
        post({ type: 'answer', id: message.id, result: { scores: message.params.steps.map(() => 0.5), readings: [] } })
      } else if (message.method === 'status') {
        post({ type: 'failure', id: message.id, error: { code: 'not-found', message: 'No models are loaded.' } })
      } else if (message.method === 'pauseRun') {
        post({ type: 'run', runId: message.params.runId, state: 'paused' })
        post({ type: 'answer', id: message.id, result: undefined })
      }
    },
  })
}

function rig() {
  const ports: InProcessPort[] = []
  const aborted: number[] = []
  const client = createWorkerClient(() => {
    const port = new InProcessPort(echo(aborted))
    ports.push(port)
    return port
  })
  return { client, ports, aborted }
}

const load = {
  backend: 'cpu',
  policy: { source: { kind: 'bundled', id: 'p' } },
  reward: { source: { kind: 'bundled', id: 'r' } },
} as const

describe('worker client', () => {
  it('pairs answers with requests and passes failures on', async () => {
    const { client, ports } = rig()
    const [one, two] = await Promise.all([
      client.call('probe', { problem: { task: 'test', problem: 'Q' }, steps: ['a'] }),
      client.call('probe', { problem: { task: 'test', problem: 'Q' }, steps: ['a', 'b'] }),
    ])
    expect([one.scores.length, two.scores.length]).toEqual([1, 2])
    await expect(client.call('status', {})).rejects.toMatchObject({ details: { code: 'not-found' } })
    expect(ports).toHaveLength(1)
  })

  it('cancels a request at the signal, there and here', async () => {
    const { client, aborted } = rig()
    const controller = new AbortController()
    const call = client.call('load', load, controller.signal)
    controller.abort()
    await expect(call).rejects.toMatchObject({ details: { code: 'cancelled' } })
    await client.call('probe', { problem: { task: 'test', problem: 'Q' }, steps: [] })
    expect(aborted).toEqual([1])
    await expect(client.call('load', load, controller.signal)).rejects.toMatchObject({ details: { code: 'cancelled' } })
  })

  it('tells listeners what answers no request, until they leave', async () => {
    const { client } = rig()
    const heard: string[] = []
    const leave = client.subscribe((message) => heard.push(message.type))
    await client.call('pauseRun', { runId: 'a' })
    leave()
    await client.call('pauseRun', { runId: 'a' })
    expect(heard).toEqual(['run'])
  })

  it('fails what waits when the worker dies, says so, and starts another', async () => {
    const { client, ports } = rig()
    const heard: string[] = []
    client.subscribe((message) => heard.push(message.type))
    const waiting = client.call('load', load)
    ports[0]?.crash()
    const error: unknown = await waiting.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(StepscopeError)
    expect((error as StepscopeError).details.code).toBe('device-lost')
    expect(heard).toEqual(['lost'])
    await client.call('probe', { problem: { task: 'test', problem: 'Q' }, steps: [] })
    expect(ports).toHaveLength(2)
  })

  it('does nothing more once disposed', async () => {
    const { client, ports } = rig()
    const waiting = client.call('load', load)
    client.dispose()
    await expect(waiting).rejects.toMatchObject({ details: { code: 'cancelled' } })
    await expect(client.call('status', {})).rejects.toMatchObject({ details: { code: 'cancelled' } })
    expect(ports[0]?.terminated).toBe(true)
  })
})

/** A worker that is busy in a loop from its first `load` or `cancelRun` on: it takes messages and answers none. */
function busyRig() {
  const ports: InProcessPort[] = []
  const timers = new Set<() => void>()
  let busy = false
  const client = createWorkerClient(
    () => {
      busy = false
      const port = new InProcessPort((post) => ({
        handle: async (message: ToWorker) => {
          if ('method' in message && message.method === 'load') busy = true
          if (busy) return
          if ('ping' in message) post({ type: 'heard', ping: message.ping })
          else if ('method' in message && message.method !== 'stopTraining')
            post({ type: 'answer', id: message.id, result: undefined })
        },
      }))
      ports.push(port)
      return port
    },
    (callback) => {
      timers.add(callback)
      return () => timers.delete(callback)
    },
  )
  /** The two seconds, and the last turn for what waits in the queue, are over. */
  const over = () => {
    for (let turn = 0; turn < 2; turn++) {
      for (const callback of [...timers]) {
        timers.delete(callback)
        callback()
      }
    }
  }
  const turns = () => new Promise((resolve) => setTimeout(resolve, 20))
  const lost: FromWorker[] = []
  client.subscribe((message) => lost.push(message))
  return { client, ports, timers, over, turns, lost }
}

const details = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (reason: unknown) => (reason as StepscopeError).details,
  )

describe('a worker that does not answer', () => {
  it('is ended two seconds after a person cancelled, and whoever waits is told', async () => {
    const { client, ports, over, lost } = busyRig()
    await client.call('status', {})
    const controller = new AbortController()
    const cancelled = details(client.call('load', load, controller.signal))
    const waiting = details(client.call('listTrainings', {}))
    controller.abort(ASKED)
    expect(await cancelled).toMatchObject({ code: 'cancelled' })
    expect(ports[0]?.terminated).toBe(false)
    over()
    expect(await waiting).toMatchObject({ message: expect.stringContaining('did not answer within two seconds') })
    expect(ports[0]?.terminated).toBe(true)
    expect(lost).toEqual([{ type: 'lost', reload: false, error: await waiting }])
    await client.call('status', {})
    expect(ports).toHaveLength(2)
  })

  it('is ended where it does not hear that a search shall end', async () => {
    const { client, ports, over } = busyRig()
    await client.call('status', {})
    void details(client.call('load', load))
    const call = details(client.call('cancelRun', { runId: 'a' }))
    over()
    expect(await call).toMatchObject({ code: 'device-lost', nextStep: expect.stringContaining('saved is kept') })
    expect(ports[0]?.terminated).toBe(true)
  })

  it('goes on where it gives a sign of life, and where the page itself gave up on a request', async () => {
    const { client, ports, over, turns, timers } = busyRig()
    await client.call('status', {})
    const stop = details(client.call('stopTraining', { id: 'a' }))
    await turns()
    expect(timers.size).toBe(0)
    const controller = new AbortController()
    const given = details(client.call('load', load, controller.signal))
    controller.abort()
    await given
    over()
    expect(ports[0]?.terminated).toBe(false)
    client.dispose()
    expect(await stop).toMatchObject({ code: 'cancelled' })
  })

  it('is ended where the answer itself has a limit', async () => {
    const { client, ports, over, turns } = busyRig()
    await client.call('status', {})
    const stop = details(client.call('stopTraining', { id: 'a' }, undefined, 2000))
    await turns()
    expect(ports[0]?.terminated).toBe(false)
    over()
    expect(await stop).toMatchObject({ code: 'device-lost' })
    expect(ports[0]?.terminated).toBe(true)
  })

  it('is not hurried before its first word, while its script is fetched', async () => {
    const { client, ports, over, timers } = busyRig()
    const controller = new AbortController()
    const cancelled = details(client.call('load', load, controller.signal))
    controller.abort(ASKED)
    await cancelled
    expect(timers.size).toBe(0)
    over()
    expect(ports[0]?.terminated).toBe(false)
  })
})
