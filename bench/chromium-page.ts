import { createReadStream, existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import type { Plugin, ViteDevServer } from 'vite'
import { createServer } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Flags under which headless Chromium offers WebGPU on its own software adapter, SwiftShader. */
export const WEBGPU_FLAGS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--disable-quic',
  '--disable-background-networking',
]

/** Serves the peer's files (ONNX weights, WASM) that are not part of the app. */
function peerFiles(): Plugin {
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

export interface BenchPage {
  readonly page: Page
  close(): Promise<void>
}

/** Opens a page of the repository, e.g. `/bench/beam/page.html`, in headless Chromium with WebGPU. */
export async function openBenchPage(path: string): Promise<BenchPage> {
  const server: ViteDevServer = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    cacheDir: `${root}node_modules/.cache/vite-bench`,
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null },
    optimizeDeps: { noDiscovery: true, include: ['@huggingface/transformers'] },
    plugins: [peerFiles()],
  })
  await server.listen()
  const address = server.httpServer?.address()
  if (address === null || address === undefined || typeof address === 'string') throw new Error('no server address')
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: WEBGPU_FLAGS,
  })
  const page = await browser.newPage()
  page.on('pageerror', (error) => console.error(`page: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`page: ${message.text()}`)
  })
  await page.goto(`http://127.0.0.1:${address.port}${path}`)
  return {
    page,
    async close() {
      await browser.close()
      await server.close()
    },
  }
}
