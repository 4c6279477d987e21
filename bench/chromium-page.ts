import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import type { PageServerOptions } from '../scripts/page-server.ts'
import { servePages } from '../scripts/page-server.ts'
import { dist, ensureBuild } from '../scripts/prepare.mjs'
import { serveFolder } from '../scripts/static-server.mjs'
import { chromiumPath } from '../scripts/system.mjs'

/** Flags under which headless Chromium offers WebGPU on its own software adapter, SwiftShader. */
const WEBGPU_FLAGS = ['--no-sandbox', '--enable-unsafe-webgpu', '--disable-quic', '--disable-background-networking']

export interface BenchPage {
  readonly page: Page
  close(): Promise<void>
}

/** Opens a page of the repository, e.g. `/bench/beam/page.html`, in headless Chromium with WebGPU. */
export async function openBenchPage(path: string, options: PageServerOptions): Promise<BenchPage> {
  const server = await servePages(options)
  const executablePath = chromiumPath()
  const browser = await chromium.launch({ args: WEBGPU_FLAGS, ...(executablePath ? { executablePath } : {}) })
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.on('pageerror', (error) => console.error(`page: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`page: ${message.text()}`)
  })
  await page.goto(`${server.origin}${path}`)
  return {
    page,
    async close() {
      await browser.close()
      await server.close()
    },
  }
}

/** Opens the built app at a hash, e.g. `#/scaling`, in headless Chromium without WebGPU. */
export async function openBuiltApp(hash: string): Promise<BenchPage> {
  if (!ensureBuild()) throw new Error('the site could not be built')
  const server = createServer(serveFolder(dist))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const executablePath = chromiumPath()
  const args = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-features=WebGPU']
  const browser = await chromium.launch({ args, ...(executablePath ? { executablePath } : {}) })
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/${hash}`)
  return {
    page,
    async close() {
      await browser.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Bytes that the page's own JavaScript holds. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize
}
