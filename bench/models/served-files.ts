import { createReadStream, existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Where models that are made for the benchmarks lie. Never committed. */
export const MODELS = `${root}node_modules/.cache/bench-models/`

const FOLDERS: readonly (readonly [string, string])[] = [
  ['/models/', MODELS],
  ['/peer-wasm/', `${root}node_modules/onnxruntime-web/dist/`],
  ['/wllama/', `${root}node_modules/@wllama/wllama/esm/wasm/`],
]
const TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
}

/** Serves models and the peers' WASM, by ranges where asked; all pages are isolated, so that WASM may use threads. */
export function servedFiles(): Plugin {
  return {
    name: 'bench-files',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
        const path = (request.url ?? '').split('?')[0] ?? ''
        const folder = FOLDERS.find(([prefix]) => path.startsWith(prefix))
        if (folder === undefined) return next()
        const file = folder[1] + path.slice(folder[0].length)
        if (path.includes('..') || !existsSync(file)) {
          response.statusCode = 404
          return response.end()
        }
        const { size } = statSync(file)
        const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
        const start = range === null ? 0 : Number(range[1])
        const end = range === null ? size : Math.min(size, Number(range[2]) + 1)
        response.statusCode = range === null ? 200 : 206
        if (range !== null) response.setHeader('Content-Range', `bytes ${start}-${end - 1}/${size}`)
        response.setHeader('Content-Type', TYPES[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
        response.setHeader('Content-Length', end - start)
        createReadStream(file, { start, end: end - 1 }).pipe(response)
      })
    },
  }
}
