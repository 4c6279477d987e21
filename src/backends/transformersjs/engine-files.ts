/** The runtime's own files: too large for the first visit, kept from the first use on. The service worker reads this cache. */
const ENGINE_CACHE = 'transformersjs-engine'

/** Keeps the app's own files that this engine consists of, so that it works offline; those of other versions go. */
export async function keepEngineFiles(urls: readonly string[]): Promise<void> {
  if (typeof caches === 'undefined') return
  try {
    const cache = await caches.open(ENGINE_CACHE)
    const wanted = urls.map((url) => new URL(url, globalThis.location.href).href)
    for (const { url } of await cache.keys()) if (!wanted.includes(url)) await cache.delete(url)
    for (const url of wanted) if ((await cache.match(url)) === undefined) await cache.add(url)
  } catch {
    // No room, or no storage: the engine goes on, and needs the server again next time.
  }
}
