import { createReadStream, existsSync, statSync } from 'node:fs'
import type { Plugin } from 'vite'
import { root } from '../../scripts/page-server.ts'

/** Serves the peer's files (ONNX weights, WASM) that are not part of the app. */
export function peerFiles(): Plugin {
  const folders: readonly (readonly [string, string])[] = [
    ['/peer-models/countdown-policy/onnx/', `${root}bench/fixtures/onnx/`],
    ['/peer-models/countdown-policy/', `${root}public/checkpoints/countdown-policy/`],
    ['/peer-wasm/', `${root}node_modules/onnxruntime-web/dist/`],
  ]
  const types: Readonly<Record<string, string>> = {
    json: 'application/json',
    mjs: 'text/javascript',
    wasm: 'application/wasm',
  }
  return {
    name: 'peer-files',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = (request.url ?? '').split('?')[0] ?? ''
        const match = folders.find(([prefix]) => path.startsWith(prefix))
        if (match === undefined) return next()
        const file = match[1] + path.slice(match[0].length)
        if (path.includes('..') || !existsSync(file)) {
          response.statusCode = 404
          return response.end()
        }
        response.setHeader('Content-Type', types[file.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
        response.setHeader('Content-Length', statSync(file).size)
        createReadStream(file).pipe(response)
      })
    },
  }
}
