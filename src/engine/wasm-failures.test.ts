import type { Worker } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import { openCheckpointDirectory } from '../cli/checkpoint-directory.ts'
import type { Backend } from '../compute/backend.ts'
import type { WasmBackendOptions } from '../compute/wasm/wasm-backend.ts'
import { createWasmBackend } from '../compute/wasm/wasm-backend.ts'
import type { SearchEvent } from '../search/events.ts'
import { runSearch } from '../search/run-search.ts'
import { DEFAULT_CONFIG } from '../search/settings.ts'
import { countdown } from '../tasks/countdown/countdown.ts'
import { checkerFor } from '../tasks/registry.ts'
import { createDecoder } from './decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel } from './load-model.ts'

/** Threads that were started, so that a test may kill one as a browser does that runs out of memory. */
const threads: Worker[] = []
vi.mock('node:worker_threads', async (original) => {
  const module = await original<typeof import('node:worker_threads')>()
  class Started extends module.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given)
      threads.push(this)
    }
  }
  return { ...module, Worker: Started }
})

let opened: Backend[] = []
async function open(options: WasmBackendOptions): Promise<Backend> {
  const backend = await createWasmBackend(options)
  opened.push(backend)
  return backend
}
afterEach(() => {
  for (const backend of opened) backend.dispose()
  expect(opened.map(({ memory }) => memory.liveBytes)).toEqual(opened.map(() => 0))
  opened = []
  threads.length = 0
})

const folder = (id: string) => openCheckpointDirectory(`public/checkpoints/${id}`)

/** A beam search on models of its own; `seen` is called at each event. */
async function search(backend: Backend, seen: (event: SearchEvent) => Promise<void> = async () => {}): Promise<string> {
  const policy = await loadPolicy(backend, await folder('countdown-policy'), {}, createDecoder)
  const reward = await loadRewardModel(backend, await folder('countdown-prm'), {}, createDecoder)
  const text = '3 5 7 2 > 24'
  const config = { ...DEFAULT_CONFIG, n: 16, m: 4 }
  const setup = { task: 'countdown', problem: text, strategy: 'beam', config, seed: 7, prefix: [] } as const
  const problem = countdown.parse(text)
  const prompt = countdown.notation.prompt(problem)
  const events: SearchEvent[] = []
  for await (const event of runSearch(setup, { prompt, checker: checkerFor(countdown, problem), policy, reward })) {
    events.push(event)
    await seen(event)
  }
  policy.model.dispose()
  reward.model.dispose()
  return JSON.stringify(events)
}

test('a killed thread ends the search with a message; on a new backend the same search runs as before', async () => {
  const expected = await search(await open({ threads: 2 }))
  const backend = await open({ threads: 2 })
  const victim = threads.at(-1)
  const seen: SearchEvent[] = []
  const broken = search(backend, async (event) => {
    seen.push(event)
    if (event.type === 'scored') await victim?.terminate()
  })
  await expect(broken).rejects.toMatchObject({
    details: {
      code: 'device-lost',
      message: 'A thread of the engine has failed.',
      nextStep: 'Load the models again.',
    },
  })
  expect((await backend.lost).details.code).toBe('device-lost')
  // What came before is right, and kept.
  expect(expected.startsWith(JSON.stringify(seen).slice(0, -1))).toBe(true)
  expect(await search(await open({ threads: 2 }))).toBe(expected)
})

test('a model that is too large is refused before it is read, with what would fit; others load', async () => {
  const backend = await open({ shared: false, mostBytes: 2 ** 24 })
  const files = await openCheckpointDirectory('public/checkpoints/countdown-policy')
  const before = backend.memory.liveBytes
  const large = await backend.createBuffer(2 ** 24 - 3_000_000, 'test')
  const loaded = loadPolicy(backend, files, { weights: 'f32' }, createDecoder)
  await expect(loaded).rejects.toMatchObject({
    details: {
      code: 'out-of-memory',
      message: 'The weights of this model are too large for this device',
      found: '3.2 MB as f32',
      nextStep: 'Load it with f16 (1.6 MB) or int8 (0.9 MB) or int4 (0.5 MB) weights, or take a smaller model.',
    },
  })
  large.destroy()
  expect(backend.memory.liveBytes).toBe(before)
  const policy = await loadPolicy(backend, files, { weights: 'f32', cacheTokens: 512 }, createDecoder)
  policy.model.dispose()
})

test('where memory runs out while a model loads, all of it is given back, and a smaller cache fits', async () => {
  const backend = await open({ threads: 2, mostBytes: 2 ** 24 })
  const files = await openCheckpointDirectory('public/checkpoints/countdown-policy')
  const loaded = loadPolicy(backend, files, { cacheTokens: 2 ** 16 }, createDecoder)
  await expect(loaded).rejects.toMatchObject({ details: { code: 'out-of-memory' } })
  expect(backend.memory.liveBytes).toBe(0)
  const policy = await loadPolicy(backend, files, { cacheTokens: 512 }, createDecoder)
  expect((await policy.read('Q 3 5 7 2 > 24\n', '3*5=15 : 7 2 15\n')).length).toBeGreaterThan(5)
  policy.model.dispose()
})
