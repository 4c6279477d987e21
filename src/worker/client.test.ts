import { describe, expect, it } from 'vitest'
import { StepscopeError } from '../core/errors.ts'
import { createWorkerClient } from './client.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { InProcessPort } from './testing/in-process-port.ts'

/** Answers `probe` with the number of steps, never answers `load`, fails `status`. */
function echo(aborted: number[]) {
  return (post: (message: FromWorker) => void) => ({
    handle: async (message: ToWorker) => {
      await Promise.resolve()
      if ('abort' in message) aborted.push(message.abort)
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
      client.call('probe', { prompt: 'Q', steps: ['a'] }),
      client.call('probe', { prompt: 'Q', steps: ['a', 'b'] }),
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
    await client.call('probe', { prompt: 'Q', steps: [] })
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
    await client.call('probe', { prompt: 'Q', steps: [] })
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
