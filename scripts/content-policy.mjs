// What the page and its workers may load and contact. One list for the header of our server, for the copy in the page itself
// (which a host without headers leaves as the only one), and for the documentation's test.

/** The Hugging Face hub and its file hosts, contacted only when a person asks for a model there. */
const HUB_HOSTS = ['https://huggingface.co', 'https://*.huggingface.co', 'https://*.hf.co']

/**
 * Styles may be inline because overlays measure and place themselves that way. No script but the site's own files runs, in the page
 * or in a worker, and none is made from text.
 * @param hosts origins of servers that a person has connected, besides the hub's
 */
export function contentPolicy(hosts = []) {
  return [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    `connect-src ${["'self'", 'blob:', 'data:', ...HUB_HOSTS, ...hosts].join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
  ].join('; ')
}

/** Only a header can say this: the page may stand in a frame of any site. */
export const FRAME_ANCESTORS = 'frame-ancestors *'

/** Query parameter of a worker's address that connects a host, once for each. */
const CONNECT = 'connect'
const WORKER = /^\/(?:.*\/)?assets\/worker-[\w-]+\.js$/

/**
 * Origins that the address of a worker's script connects: a worker has the policy of its own script, and hosts that a
 * person names are not known before.
 * @param address path and query of a request
 */
export function connectedHosts(address) {
  const { pathname, searchParams } = new URL(address, 'http://localhost')
  if (!WORKER.test(pathname)) return []
  return searchParams.getAll(CONNECT).filter((host) => {
    try {
      const { origin, protocol } = new URL(host)
      return origin === host && /^https?:$/.test(protocol) && /^[\w.:/[\]-]+$/.test(origin)
    } catch {
      return false
    }
  })
}
