import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import type { Browser } from '@playwright/test'
import { chromium } from '@playwright/test'
import { dist, ensureBuild } from '../../scripts/prepare.mjs'
import { serveFolder } from '../../scripts/static-server.mjs'
import { chromiumPath } from '../../scripts/system.mjs'
import { printTable, progress } from '../report.ts'
import type { VisitTimes } from './watch-page.ts'
import { watchPage } from './watch-page.ts'

const FLAGS = ['--no-sandbox', '--disable-quic', '--disable-background-networking']
/** Headless Chromium without WebGPU, as on most machines without a graphics card. */
const NO_WEBGPU = '--disable-features=WebGPU'
const LIMIT_MS = 60_000

interface Visit extends VisitTimes {
  /** From the click to the answer, of the same search a second time. */
  readonly againMs: number
  /** Files asked for before the first live event. */
  readonly requests: number
}

/**
 * The built app as somebody sees it who never opened it, without WebGPU, a new browser profile each time: milliseconds from opening the
 * page to each moment. *Run it live* is clicked as soon as it is there; the recorded search is a beam of 16 with 4 children
 * on the bundled models.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: { repetitions: { type: 'string', default: '5' }, bare: { type: 'boolean', default: false } },
  })
  if (!ensureBuild()) throw new Error('the site could not be built')
  const server = createServer(serveFolder(dist, { bare: values.bare }))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const executablePath = chromiumPath()
  const browser = await chromium.launch({
    args: [...FLAGS, NO_WEBGPU],
    ...(executablePath ? { executablePath } : {}),
  })
  const visits: Visit[] = []
  try {
    for (let i = 0; i < Number(values.repetitions); i++) {
      const visit = await visitOnce(browser, origin)
      progress(JSON.stringify(visit))
      visits.push(visit)
    }
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
  }
  const names = ['shownMs', 'readyMs', 'firstEventMs', 'endMs', 'searchMs', 'againMs', 'requests'] as const
  const median = Object.fromEntries(names.map((name) => [name, middle(visits.map((visit) => visit[name]))]))
  const best = Object.fromEntries(names.map((name) => [name, Math.min(...visits.map((visit) => visit[name]))]))
  printTable(
    `First visit without WebGPU, ${visits.length} times, ${visits[0]?.engine ?? ''}`,
    ['', 'median', 'best'],
    names.map((name) => [name, String(median[name]), String(best[name])]),
  )
  return {
    benchmark: 'first-visit',
    engine: visits[0]?.engine ?? null,
    date: new Date().toISOString(),
    command: ['npm run bench -- first-visit', ...args].join(' '),
    median,
    best,
    visits,
  }
}

async function visitOnce(browser: Browser, origin: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    const page = await context.newPage()
    let requests = 0
    let counting = true
    context.on('request', () => {
      if (counting) requests++
    })
    // Names of functions are kept by the loader of this script, which a page does not have.
    await page.addInitScript({ content: 'globalThis.__name = (named) => named' })
    await page.addInitScript(watchPage)
    await page.goto(origin)
    await page.waitForFunction(() => globalThis.visit?.firstEventMs !== undefined, undefined, { timeout: LIMIT_MS })
    counting = false
    const again = await page.waitForFunction(
      () => globalThis.visit?.againMs !== undefined && globalThis.visit,
      undefined,
      {
        timeout: LIMIT_MS,
      },
    )
    return { ...((await again.jsonValue()) as Required<VisitTimes> & { againMs: number }), requests }
  } finally {
    await context.close()
  }
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
