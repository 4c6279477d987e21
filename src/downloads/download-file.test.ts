import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { FileDownload, Network, Validator } from './download-file.ts'
import { downloadFile } from './download-file.ts'
import { MemoryStore } from './testing/memory-store.ts'
import type { ModelServer } from './testing/node-model-server.ts'
import { modelServer } from './testing/node-model-server.ts'

const FILE = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255)
const OTHER = FILE.map((byte) => byte ^ 1)
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let server: ModelServer
let store: MemoryStore
let waits: number[]

beforeEach(async () => {
  server = await modelServer({ 'model.safetensors': FILE, empty: new Uint8Array(0) })
  store = new MemoryStore()
  waits = []
})
afterEach(() => server.close())

interface Wanted extends Partial<FileDownload> {
  /** Bytes of the part that is there. */
  part?: Uint8Array<ArrayBuffer>
  network?: Partial<Network>
}

async function fetchIt({ part, network, ...given }: Wanted = {}) {
  if (part) await store.write('model', 'file', part)
  const writer = await store.open('model', 'file')
  const versions: Validator[] = []
  try {
    const result = await downloadFile(
      {
        name: 'model.safetensors',
        url: `${server.url}model.safetensors`,
        size: null,
        sha256: null,
        validator: null,
        writer,
        signal: new AbortController().signal,
        onVersion: (validator) => {
          versions.push(validator)
          return Promise.resolve()
        },
        onBytes: () => {},
        ...given,
      },
      {
        fetch: (url, init) => fetch(url, init),
        wait: (ms) => {
          waits.push(ms)
          return Promise.resolve()
        },
        origin: null,
        ...network,
      },
    )
    return { ...result, versions }
  } finally {
    writer.close()
  }
}

const stored = () => store.files.get('model')?.get('file')
const ranges = () => server.asked.map(({ range }) => range)

it('is not complete where it is shorter than was listed', async () => {
  const size = FILE.length + 1
  await expect(fetchIt({ size })).rejects.toThrow(
    `model.safetensors: The downloaded file has another size than the server listed (expected ${size} bytes, found 300000 bytes)`,
  )
  expect(stored()).toHaveLength(0)
})

it('fetches a file with size and hash', async () => {
  const { size, sha256, versions } = await fetchIt({ size: FILE.length, sha256: hashOf(FILE) })
  expect({ size, sha256 }).toEqual({ size: FILE.length, sha256: hashOf(FILE) })
  expect(stored()).toEqual(FILE)
  expect(versions).toHaveLength(1)
  expect(ranges()).toEqual(['bytes=0-'])
})

it('goes on from the byte where the connection was cut, as often as bytes come', async () => {
  server.cuts = [50_000, 1, 90_000, 10_000, 20_000, 30_000, 40_000]
  const { sha256 } = await fetchIt({ sha256: hashOf(FILE) })
  expect(sha256).toBe(hashOf(FILE))
  expect(ranges()).toEqual([
    'bytes=0-',
    'bytes=50000-',
    'bytes=50001-',
    'bytes=140001-',
    'bytes=150001-',
    'bytes=170001-',
    'bytes=200001-',
    'bytes=240001-',
  ])
})

it('resumes a part and hashes the whole', async () => {
  const { sha256 } = await fetchIt({ part: FILE.slice(0, 123_456), sha256: hashOf(FILE) })
  expect(sha256).toBe(hashOf(FILE))
  expect(ranges()).toEqual(['bytes=123456-'])
  expect(stored()).toEqual(FILE)
})

it('asks for nothing where all bytes are there', async () => {
  const { sha256 } = await fetchIt({ part: FILE.slice(), size: FILE.length })
  expect(sha256).toBe(hashOf(FILE))
  expect(server.asked).toEqual([])
})

it('takes 416 at the end of a file of unknown size for complete', async () => {
  expect(await fetchIt({ part: FILE.slice() })).toMatchObject({ size: FILE.length, sha256: hashOf(FILE) })
  expect(ranges()).toEqual(['bytes=300000-'])
})

it('fetches an empty file', async () => {
  expect(await fetchIt({ url: `${server.url}empty` })).toMatchObject({ size: 0, sha256: hashOf(new Uint8Array(0)) })
})

it.each([
  { where: 'of another origin', own: false, expected: ['bytes=1000-', 'bytes=0-'] },
  { where: 'of the own origin, by If-Range', own: true, expected: ['bytes=1000-'] },
])('starts over where the ETag changed, on a server $where', async ({ own, expected }) => {
  const { sha256, versions } = await fetchIt({
    part: OTHER.slice(0, 1000),
    validator: { etag: '"before"', lastModified: null },
    network: own ? { origin: new URL(server.url).origin } : {},
  })
  expect(sha256).toBe(hashOf(FILE))
  expect(stored()).toEqual(FILE)
  expect(ranges()).toEqual(expected)
  expect(server.asked[0]?.ifRange).toBe(own ? '"before"' : null)
  expect(versions.at(-1)?.etag).not.toBe('"before"')
})

it('replaces the part where the server ignores ranges', async () => {
  server.ranges = false
  server.tags = false
  const { sha256 } = await fetchIt({ part: OTHER.slice(0, 1000) })
  expect(sha256).toBe(hashOf(FILE))
  expect(stored()).toEqual(FILE)
})

it('replaces a part longer than the file', async () => {
  const part = new Uint8Array(FILE.length + 5)
  expect((await fetchIt({ part, size: FILE.length })).sha256).toBe(hashOf(FILE))
  expect(stored()).toEqual(FILE)
})

it('follows redirects, range included', async () => {
  const { sha256 } = await fetchIt({ part: FILE.slice(0, 10), url: `${server.url}moved` })
  expect(sha256).toBe(hashOf(FILE))
  expect(server.asked).toEqual([
    { path: 'moved', range: 'bytes=10-', ifRange: null },
    { path: 'model.safetensors', range: 'bytes=10-', ifRange: null },
  ])
})

it.each([404, 401, 403, 400])('gives up at once on %i', async (status) => {
  server.statuses = [status]
  await expect(fetchIt()).rejects.toMatchObject({ details: { code: 'not-found', found: `HTTP ${status}` } })
  expect(server.asked).toHaveLength(1)
})

it('waits longer each time after 429 and 503, then goes on', async () => {
  server.statuses = [429, 503, 503]
  expect((await fetchIt()).sha256).toBe(hashOf(FILE))
  expect(waits).toEqual([500, 1000, 2000])
})

it('keeps what it has where the server stays away', async () => {
  server.cuts = [70_000]
  server.statuses = []
  let calls = 0
  const failing: Network['fetch'] = (url, init) =>
    ++calls > 1 ? Promise.reject(new TypeError('connection refused')) : fetch(url, init)
  await expect(fetchIt({ network: { fetch: failing } })).rejects.toMatchObject({
    details: { code: 'not-found', message: expect.stringContaining('the server cannot be reached') as string },
  })
  expect(stored()).toEqual(FILE.slice(0, 70_000))
})

it('gives up a connection that brings nothing, and tries again', async () => {
  let calls = 0
  const silent: Network['fetch'] = (url, init) =>
    ++calls > 1
      ? fetch(url, init)
      : new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(new Error('aborted'))))
  expect((await fetchIt({ network: { fetch: silent, stallMs: 20 } })).sha256).toBe(hashOf(FILE))
})

it('stops when cancelled and keeps the part', async () => {
  const controller = new AbortController()
  await expect(
    fetchIt({ signal: controller.signal, onBytes: (loaded) => loaded > 0 && controller.abort() }),
  ).rejects.toMatchObject({ details: { code: 'cancelled' } })
  const part = stored() ?? new Uint8Array(0)
  expect(part.length).toBeLessThan(FILE.length)
  expect(part).toEqual(FILE.slice(0, part.length))
})

it('empties a file whose hash is not the listed one', async () => {
  await expect(fetchIt({ sha256: hashOf(OTHER) })).rejects.toMatchObject({
    details: { code: 'bad-file', place: { file: 'model.safetensors' } },
  })
  expect(stored()).toEqual(new Uint8Array(0))
})
