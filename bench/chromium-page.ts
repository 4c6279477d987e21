import type { Page } from '@playwright/test'
import { chromium } from '@playwright/test'
import type { PageServerOptions } from '../scripts/page-server.ts'
import { servePages } from '../scripts/page-server.ts'
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
