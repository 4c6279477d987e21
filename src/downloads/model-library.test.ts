import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RemotePlan } from './model-library.ts'
import { ModelLibrary } from './model-library.ts'
import { webModelLocks } from './model-locks.ts'
import { readRemoteSource } from './model-source.ts'
import { MemoryStore } from './testing/memory-store.ts'
import type { ModelServer } from './testing/node-model-server.ts'
import { modelServer } from './testing/node-model-server.ts'

const FOLDER = 'public/checkpoints/countdown-policy'
const NAMES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'stepscope.json',
  'model.safetensors',
]
const COMMIT = 'c0ffee'.padEnd(40, '0')
const HUB_REPO = 'someone/countdown-policy'
const signal = new AbortController().signal
const quiet = () => {}

let files: Record<string, Uint8Array>
let server: ModelServer
let store: MemoryStore
let library: ModelLibrary
let urls: string[]
/** What the hub names as the next page, instead of it. */
let badLink: string | null = null
/** Called when this many bytes of the weights have come; nothing more comes then. */
let hold: { readonly bytes: number; readonly reached: () => void } | null = null

/** The hub's paths, answered by the local server's files. */
function hubFetch(url: string, init: RequestInit): Promise<Response> {
  urls.push(url)
  const { pathname, origin } = new URL(url)
  if (origin !== 'https://huggingface.co') return fetch(url, init)
  if (pathname === `/api/models/${HUB_REPO}/revision/main`) return Promise.resolve(Response.json({ sha: COMMIT }))
  if (pathname === `/api/models/${HUB_REPO}/tree/${COMMIT}`) {
    const listed = [...server.files].map(([path, bytes]) => ({
      type: 'file',
      path,
      oid: 'a'.repeat(40),
      size: bytes.length,
      ...(path.endsWith('.safetensors')
        ? { lfs: { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, pointerSize: 130 } }
        : {}),
    }))
    // Two pages, as the hub does for long lists.
    const second = url.includes('cursor=2')
    const half = listed.slice(second ? 3 : 0, second ? undefined : 3)
    const link = badLink ?? `<https://huggingface.co${pathname}?recursive=true&cursor=2>; rel="next"`
    return Promise.resolve(Response.json(half, second ? {} : { headers: { link } }))
  }
  const file = pathname.replace(`/${HUB_REPO}/resolve/${COMMIT}/`, '')
  const answer = fetch(server.url + file, init)
  return hold !== null && file === 'model.safetensors' ? answer.then(held) : answer
}

function held(answer: Response): Response {
  const { bytes = 0, reached } = hold ?? {}
  const start = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(new Uint8Array(await answer.arrayBuffer()).slice(0, bytes))
      await new Promise(() => reached?.())
    },
  })
  return new Response(start, { status: answer.status, headers: answer.headers })
}

beforeEach(async () => {
  hold = null
  badLink = null
  files = Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await readFile(`${FOLDER}/${name}`)])))
  server = await modelServer({ ...files, 'README.md': new TextEncoder().encode('# a model') })
  store = new MemoryStore()
  urls = []
  library = newLibrary()
})
afterEach(() => server.close())

function newLibrary(): ModelLibrary {
  return new ModelLibrary({
    store,
    network: { fetch: hubFetch, wait: () => Promise.resolve(), origin: 'http://localhost' },
    locks: webModelLocks(undefined),
    date: () => '2026-01-02T03:04:05Z',
    now: () => performance.now(),
  })
}

const inspect = (typed = HUB_REPO): Promise<RemotePlan> => library.inspect(readRemoteSource(typed, ''), signal)

describe('from the hub', () => {
  it('tells what it is before weights are fetched', async () => {
    const plan = await inspect()
    expect(plan).toMatchObject({ id: HUB_REPO, host: 'huggingface.co', keeps: true, stored: null, refused: null })
    expect(plan.listing.commit).toBe(COMMIT)
    expect(plan.summary).toMatchObject({ family: 'llama', role: 'policy', missing: [] })
    expect(plan.listing.files.map(({ name }) => name)).toEqual(NAMES)
    const fetched = server.asked.filter(({ path }) => path === 'model.safetensors')
    expect(fetched.map(({ range }) => range)).toEqual(['bytes=0-65535'])
  })

  it.each([
    `<https://huggingface.co/api/models/${HUB_REPO}/tree/${COMMIT}?cursor=2>; title="x"; REL=next`,
    `<https://huggingface.co/first>; rel="first", </api/models/${HUB_REPO}/tree/${COMMIT}?cursor=2>; rel='next'`,
  ])('goes on with the next page that %s names', async (link) => {
    badLink = link
    expect((await inspect()).listing.files.map(({ name }) => name)).toEqual(NAMES)
  })

  it('gives up a list without an end', async () => {
    badLink = `</api/models/${HUB_REPO}/tree/${COMMIT}>; rel="next"`
    await expect(inspect()).rejects.toThrow('The hub lists more files than a model has')
  })

  it.each([
    '<https://[>; rel="next"',
    '<https://example.org/more>; rel="next"',
    'https://huggingface.co/more; rel="next"',
    '<>; rel="next"',
    ';;;,,,rel=next',
  ])('says that the answer cannot be read where its next page is %s', async (link) => {
    badLink = link
    await expect(inspect()).rejects.toThrow('The hub’s answer cannot be read')
  })

  it('refuses a family that the engine does not cover, by field', async () => {
    server.files.set('config.json', Buffer.from(JSON.stringify({ ...readJson('config.json'), model_type: 'mamba' })))
    const plan = await inspect()
    expect(plan.refused).toMatchObject({ code: 'unsupported-config', place: { field: 'model_type' } })
    await expect(library.download(plan, quiet, signal)).rejects.toMatchObject({
      details: { code: 'unsupported-config' },
    })
    expect(store.files.size).toBe(0)
  })

  it('downloads, compares with the listed hash, and reads back without the network', async () => {
    const seen: number[] = []
    const model = await library.download(await inspect(), ({ loadedBytes }) => seen.push(loadedBytes), signal)
    expect(model).toMatchObject({ state: 'complete', checkedAt: '2026-01-02T03:04:05Z' })
    expect(model.files.find(({ name }) => name === 'model.safetensors')?.verified).toBe('listed')
    expect(model.files.find(({ name }) => name === 'config.json')?.verified).toBe('recorded')
    expect(seen.at(-1)).toBe(model.totalBytes)
    urls = []
    const { files: opened, release } = await newLibrary().open(HUB_REPO)
    for (const [name, bytes] of Object.entries(files)) {
      expect(Buffer.from(await opened.read(name, 5, 40)).equals(bytes.subarray(5, 40))).toBe(true)
    }
    release()
    expect(urls).toEqual([])
    expect((await library.list()).models[0]?.lastUsed).toBe('2026-01-02T03:04:05Z')
  })

  it('is cancelled in the middle, listed as unfinished, and resumed for the missing bytes alone', async () => {
    const plan = await inspect()
    const controller = new AbortController()
    hold = { bytes: 10_000, reached: () => setTimeout(() => controller.abort()) }
    const half = library.download(plan, quiet, controller.signal)
    await expect(half).rejects.toMatchObject({ details: { code: 'cancelled' } })
    await expect(library.open(HUB_REPO)).rejects.toMatchObject({ details: { place: { file: 'model.safetensors' } } })
    const [unfinished] = (await library.list()).models
    expect(unfinished?.state).toBe('partial')
    const part = unfinished?.files.find(({ name }) => name === 'model.safetensors')?.storedBytes
    expect(part).toBe(10_000)
    hold = null
    server.asked.length = 0
    expect((await newLibrary().resume(HUB_REPO, quiet, signal)).state).toBe('complete')
    expect(server.asked).toEqual([{ path: 'model.safetensors', range: `bytes=${part}-`, ifRange: null }])
  })

  it('finds a changed byte, names the file, and fetches that file alone again', async () => {
    await library.download(await inspect(), quiet, signal)
    const weights = store.files.get(HUB_REPO)?.get('model.safetensors') as Uint8Array
    weights[1_000_000] = (weights[1_000_000] ?? 0) ^ 1
    const checked = await library.check(HUB_REPO, quiet, signal)
    expect(checked.state).toBe('corrupt')
    expect(checked.files.filter(({ state }) => state === 'corrupt').map(({ name }) => name)).toEqual([
      'model.safetensors',
    ])
    await expect(library.open(HUB_REPO)).rejects.toMatchObject({
      details: { code: 'bad-file', place: { file: 'model.safetensors' } },
    })
    server.asked.length = 0
    expect((await library.resume(HUB_REPO, quiet, signal)).state).toBe('complete')
    expect(server.asked.map(({ path, range }) => [path, range])).toEqual([['model.safetensors', 'bytes=0-']])
    expect((await library.check(HUB_REPO, quiet, signal)).state).toBe('complete')
  })

  it('notices a file that is shorter than it was, and fetches its end', async () => {
    await library.download(await inspect(), quiet, signal)
    const folder = store.files.get(HUB_REPO)
    folder?.set('model.safetensors', Uint8Array.from(files['model.safetensors']?.subarray(0, 100_000) ?? []))
    await expect(library.open(HUB_REPO)).rejects.toMatchObject({ details: { found: '100000 bytes' } })
    expect((await library.list()).models[0]?.state).toBe('corrupt')
    server.asked.length = 0
    await library.resume(HUB_REPO, quiet, signal)
    expect(server.asked.map(({ range }) => range)).toEqual(['bytes=100000-'])
  })

  it('lets one writer in at a time, and none while it is read', async () => {
    const plan = await inspect()
    const first = library.download(plan, quiet, signal)
    await expect(library.download(plan, quiet, signal)).rejects.toMatchObject({ details: { code: 'storage' } })
    await first
    const { release } = await library.open(HUB_REPO)
    await expect(library.remove(HUB_REPO)).rejects.toMatchObject({ details: { code: 'storage' } })
    release()
    await library.remove(HUB_REPO)
    expect(await library.list()).toEqual({ models: [], unreadable: [] })
  })
})

describe('from a folder', () => {
  it('reads parts named by the index, and records hashes where none are listed', async () => {
    const weights = files['model.safetensors'] ?? Buffer.alloc(0)
    const header = JSON.parse(
      Buffer.from(weights.subarray(8, 8 + Number(Buffer.from(weights).readBigUInt64LE(0)))).toString(),
    ) as Record<string, unknown>
    const names = Object.keys(header).filter((name) => name !== '__metadata__')
    const shard = 'model-00001-of-00001.safetensors'
    server.files.delete('model.safetensors')
    server.files.set(shard, weights)
    server.files.set(
      'model.safetensors.index.json',
      Buffer.from(JSON.stringify({ weight_map: Object.fromEntries(names.map((name) => [name, shard])) })),
    )
    const plan = await inspect(server.url)
    expect(plan.summary?.family).toBe('llama')
    const model = await library.download(plan, quiet, signal)
    expect(model.files.map(({ name }) => name)).toContain(shard)
    expect(model.files.every(({ verified }) => verified === 'recorded')).toBe(true)
  })

  it('says what is missing', async () => {
    server.files.delete('model.safetensors')
    await expect(inspect(server.url)).rejects.toMatchObject({ details: { code: 'bad-checkpoint' } })
  })

  it('refuses an index that names a path elsewhere', async () => {
    server.files.delete('model.safetensors')
    const index = { weight_map: { 'lm_head.weight': '../../secret.safetensors' } }
    server.files.set('model.safetensors.index.json', Buffer.from(JSON.stringify(index)))
    await expect(inspect(server.url)).rejects.toMatchObject({ details: { found: '../../secret.safetensors' } })
  })

  it('looks in without fetching all where the server ignores ranges', async () => {
    server.ranges = false
    expect((await inspect(server.url)).summary?.family).toBe('llama')
  })
})

it('reads the journal of an earlier version, which called the manifest its adapter', async () => {
  await library.download(await inspect(), quiet, signal)
  const {
    manifest,
    chat: _,
    ...journal
  } = JSON.parse(new TextDecoder().decode(store.files.get(HUB_REPO)?.get('journal.json')))
  const earlier = { ...journal, adapter: { role: manifest.role, task: manifest.task, stepEnd: manifest.stepEnds[0] } }
  await store.write(HUB_REPO, 'journal.json', new TextEncoder().encode(JSON.stringify(earlier)))
  const [model] = (await library.list()).models
  expect(model).toMatchObject({ id: HUB_REPO, state: 'complete', manifest, missing: [], chat: false })
})

it('names a folder whose journal cannot be read, and removes it', async () => {
  await store.write('odd/model', 'journal.json', new TextEncoder().encode('{'))
  expect(await library.list()).toEqual({ models: [], unreadable: ['odd/model'] })
  await library.remove('odd/model')
  expect(await library.list()).toEqual({ models: [], unreadable: [] })
})

it.each([
  ['owner/name', '', { kind: 'hub', repo: 'owner/name', revision: 'main' }],
  [' owner/name ', 'v1', { kind: 'hub', repo: 'owner/name', revision: 'v1' }],
  ['https://huggingface.co/owner/name/tree/v2', '', { kind: 'hub', repo: 'owner/name', revision: 'v2' }],
  ['https://example.org/models/x/config.json', '', { kind: 'url', url: 'https://example.org/models/x/' }],
])('reads %s', (typed, revision, expected) => {
  expect(readRemoteSource(typed, revision)).toEqual(expected)
})

it.each(['', 'name', 'a/b/c', '../x', 'https://huggingface.co/'])('does not take %s for a model', (typed) => {
  expect(() => readRemoteSource(typed, '')).toThrow(/neither|address/)
})

function readJson(name: string): object {
  return JSON.parse(Buffer.from(files[name] ?? []).toString()) as object
}
