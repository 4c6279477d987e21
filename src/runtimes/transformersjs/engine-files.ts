import { isWebPage } from '../../core/web-answer.ts'

/** The runtime's own files: too large for the first visit, kept from the first use on. The service worker reads this cache. */
const ENGINE_CACHE = 'transformersjs-engine'

/** Keeps the app's own files that this engine consists of, so that it works offline; those of other versions go. */
export async function keepEngineFiles(urls: readonly string[]): Promise<void> {
  if (typeof caches === 'undefined') return
  try {
    const cache = await caches.open(ENGINE_CACHE)
    const wanted = urls.map((url) => new URL(url, globalThis.location.href).href)
    for (const { url } of await cache.keys()) {
      const kept = wanted.includes(url) ? await cache.match(url) : undefined
      if (!kept || isWebPage(kept.headers, url)) await cache.delete(url)
    }
    for (const url of wanted) {
      if (await cache.match(url)) continue
      const answer = await fetch(url)
      if (answer.ok && !isWebPage(answer.headers, url)) await cache.put(url, answer)
    }
  } catch {
    // No room, or no storage: the engine goes on, and needs the server again next time.
  }
}
