/** Models that something other than the app's own downloads keeps on this device. */
export interface OtherModel {
  readonly id: string
  readonly bytes: number
  readonly files: number
  /** ISO 8601; null where it is not kept. */
  readonly lastUsed: string | null
}

export interface OtherModels {
  list(): Promise<readonly OtherModel[]>
  remove(id: string): Promise<void>
}

/** The cache that Transformers.js fills with ONNX files. */
const ONNX_CACHE = 'transformers-cache'

/** ONNX models in the browser's Cache API, grouped by the repository in their addresses. */
export function cachedOnnxModels(caches: CacheStorage | undefined): OtherModels {
  const entries = async (): Promise<{ cache: Cache; requests: readonly Request[] } | null> => {
    // Opening would make it.
    if (!caches || !(await caches.has(ONNX_CACHE))) return null
    const cache = await caches.open(ONNX_CACHE)
    return { cache, requests: await cache.keys() }
  }
  return {
    list: async () => {
      const found = await entries()
      const models = new Map<string, { bytes: number; files: number }>()
      for (const request of found?.requests ?? []) {
        const response = await found?.cache.match(request)
        const { bytes, files } = models.get(repositoryOf(request.url)) ?? { bytes: 0, files: 0 }
        models.set(repositoryOf(request.url), {
          bytes: bytes + (response ? await sizeOf(response) : 0),
          files: files + 1,
        })
      }
      return [...models].map(([id, sizes]) => ({ id, ...sizes, lastUsed: null }))
    },
    remove: async (id) => {
      const found = await entries()
      for (const request of found?.requests ?? []) {
        if (repositoryOf(request.url) === id) await found?.cache.delete(request)
      }
    },
  }
}

/** `owner/name` of `…/owner/name/resolve/…`, or the address without its last part. */
function repositoryOf(url: string): string {
  const { pathname } = new URL(url)
  return decodeURIComponent(/^\/(.+?)\/resolve\//.exec(pathname)?.[1] ?? pathname.replace(/^\/|\/[^/]*$/g, ''))
}

async function sizeOf(response: Response): Promise<number> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  return Number.isFinite(length) ? length : (await response.blob()).size
}
