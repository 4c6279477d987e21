import { z } from 'zod'
import { StepscopeError } from '../../core/errors.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { missingFile, SMALL_FILES } from '../../engine/checkpoint/checkpoint-text.ts'
import type { HubModel } from '../../hub/hub-client.ts'
import { askHub, filesUrl, HUB, listHub, revisionUrl } from '../../hub/hub-client.ts'
import { onnxVariants } from './onnx-files.ts'

const MODEL_CACHE = 'transformersjs-models'

const listingSchema = z.object({
  sha: z.string(),
  files: z.array(z.object({ path: z.string(), size: z.number().nonnegative() })),
})
/** What a revision held when it was looked up: later reads are of exactly that commit. */
type Listing = z.infer<typeof listingSchema>

/** A repository's files in this browser. */
export interface CachedModel {
  readonly repo: string
  readonly files: number
  readonly bytes: number
}

/** Asks the hub what a revision holds, and remembers it. @throws StepscopeError `not-found` with what the hub answered */
export async function lookUp(model: HubModel, signal?: AbortSignal): Promise<Listing> {
  checkRepo(model.repo)
  const { commit: sha, files: found } = await listHub(model, (url, init) => fetch(url, init), signal)
  const files = found.flatMap(({ path, size }) => (size === null ? [] : [{ path, size }]))
  const listing = { sha, files }
  const cache = await openCache()
  await cache.put(revisionUrl(model), new Response(JSON.stringify(listing)))
  return listing
}

/**
 * A model of the hub as a folder: the small files and one precision, fetched where they are not here yet. Without a
 * network it works with what is here.
 */
export async function openHubModel(
  model: HubModel,
  dtype: string | null,
  options: {
    readonly signal?: AbortSignal
    readonly onProgress?: (loadedBytes: number, totalBytes: number) => void
  } = {},
): Promise<CheckpointFiles> {
  const cache = await openCache()
  const known = await cache.match(revisionUrl(model))
  // One that cannot be read is asked for again.
  const kept = known && listingSchema.safeParse(await known.json().catch(() => null)).data
  const listing = kept ?? (await lookUp(model, options.signal))
  const variant = onnxVariants(listing.files).find((found) => found.dtype === dtype)
  const wanted = listing.files.filter(
    ({ path }) => SMALL_FILES.includes(path) || (variant?.files.includes(path) ?? false),
  )
  const total = wanted.reduce((sum, { size }) => sum + size, 0)
  let loaded = 0
  const arrived = (bytes: number) => {
    loaded += bytes
    options.onProgress?.(loaded, total)
  }
  const blobs = new Map<string, Blob>()
  for (const { path, size } of wanted) {
    const url = filesUrl(model.repo, listing.sha) + path
    let blob = await keptBlob(cache, url)
    if (blob?.size === size) arrived(size)
    else {
      // Not what the hub listed: of another version, cut off, or another server’s page.
      if (blob) await cache.delete(url)
      await download(cache, url, size, model, arrived, options.signal)
      blob = await keptBlob(cache, url)
    }
    if (blob) blobs.set(path, blob)
  }
  return blobFiles(`${model.repo}@${model.revision}`, blobs)
}

const keptBlob = async (cache: Cache, url: string): Promise<Blob | null> =>
  (await (await cache.match(url))?.blob()) ?? null

/** What of the hub is kept in this browser. */
export async function listHubModels(): Promise<CachedModel[]> {
  if (typeof caches === 'undefined') return []
  const models = new Map<string, { files: number; bytes: number }>()
  const cache = await openCache()
  for (const request of await cache.keys()) {
    const repo = repoOf(request.url)
    if (repo === null) continue
    const entry = models.get(repo) ?? { files: 0, bytes: 0 }
    models.set(repo, entry)
    const response = await cache.match(request)
    entry.files += 1
    entry.bytes += (await response?.blob())?.size ?? 0
  }
  return [...models].map(([repo, entry]) => ({ repo, ...entry }))
}

/** Deletes a repository's files. @returns the bytes that are free now */
export async function deleteHubModel(repo: string): Promise<number> {
  const before = (await listHubModels()).find((model) => model.repo === repo)?.bytes ?? 0
  const cache = await openCache()
  for (const request of await cache.keys()) if (repoOf(request.url) === repo) await cache.delete(request)
  return before
}

function repoOf(url: string): string | null {
  const path = url.slice(HUB.length)
  return (/^\/api\/models\/(.+)\/revision\//.exec(path) ?? /^\/(.+?)\/resolve\//.exec(path))?.[1] ?? null
}

async function openCache(): Promise<Cache> {
  if (typeof caches !== 'undefined') return caches.open(MODEL_CACHE)
  throw new StepscopeError({
    code: 'storage',
    message: 'This page may not keep files',
    expected: 'a secure page (https or localhost) with storage',
    found: 'a page without the Cache API',
    nextStep: 'Open the app through https or on localhost, or use a local folder.',
  })
}

async function download(
  cache: Cache,
  url: string,
  size: number,
  model: HubModel,
  arrived: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const response = await askHub(url, model, (asked, init) => fetch(asked, init), signal)
  let count = 0
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(bytes, controller) {
        count += bytes.length
        arrived(bytes.length)
        controller.enqueue(bytes)
      },
    }),
  )
  try {
    await cache.put(url, new Response(counted ?? null, { headers: { 'content-length': String(size) } }))
  } catch (cause) {
    signal?.throwIfAborted()
    throw interrupted(url, size, count, cause)
  }
  if (count === size) return
  await cache.delete(url)
  throw interrupted(url, size, count, undefined)
}

function interrupted(url: string, size: number, count: number, cause: unknown): StepscopeError {
  const full = cause instanceof DOMException && cause.name === 'QuotaExceededError'
  return new StepscopeError(
    {
      code: full ? 'storage' : 'not-found',
      message: full ? 'The browser has no room for the file' : 'The download broke off',
      expected: `${size} bytes`,
      found: `${count} bytes`,
      place: { file: url },
      nextStep: full ? 'Free some storage, or choose a smaller precision.' : 'Try again; whole files are kept.',
    },
    { cause },
  )
}

function checkRepo(repo: string): void {
  if (/^[\w.-]+\/[\w.-]+$/.test(repo)) return
  throw new StepscopeError({
    code: 'bad-setting',
    message: 'This is no name of a model',
    expected: 'owner/name, e.g. onnx-community/Qwen3-0.6B-ONNX',
    found: repo,
  })
}

function blobFiles(name: string, blobs: ReadonlyMap<string, Blob>): CheckpointFiles {
  const find = (file: string): Blob => {
    const blob = blobs.get(file)
    if (!blob) throw missingFile(files, file)
    return blob
  }
  const files: CheckpointFiles = {
    name,
    files: [...blobs.keys()],
    size: async (file) => find(file).size,
    read: async (file, start, end, signal) => {
      signal?.throwIfAborted()
      return new Uint8Array(await find(file).slice(start, end).arrayBuffer())
    },
  }
  return files
}
