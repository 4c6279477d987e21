import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { createServer } from 'vite'

export const root = fileURLToPath(new URL('..', import.meta.url))

export interface PageServerOptions {
  /** Name of the folder for prepared packages, one per kind of page: two servers may run at once. */
  readonly name: string
  /** Packages to prepare for the browser: those that are CommonJS or come in many files. */
  readonly include?: readonly string[]
  readonly plugins?: readonly Plugin[]
  /** Pages get the headers that the app has, and with them shared memory. */
  readonly isolated?: boolean
}

const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

export interface PageServer {
  /** For example `http://127.0.0.1:41234`. */
  readonly origin: string
  close(): Promise<void>
}

/** Serves pages of the repository over its source, e.g. `/bench/beam/page.html`; files of `public/` are at the root. */
export async function servePages(options: PageServerOptions): Promise<PageServer> {
  const { name, include = [], plugins = [], isolated = false } = options
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    // A missing file is a 404 and not the app's page.
    appType: 'mpa',
    cacheDir: `${root}node_modules/.cache/vite-${name}`,
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null, headers: isolated ? ISOLATION : {} },
    optimizeDeps: { noDiscovery: true, include: [...include] },
    plugins: [...plugins],
  })
  await server.listen()
  const address = server.httpServer?.address()
  if (address === null || address === undefined || typeof address === 'string') throw new Error('no server address')
  return { origin: `http://127.0.0.1:${address.port}`, close: () => server.close() }
}
