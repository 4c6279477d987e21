import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dist } from '../scripts/prepare.mjs'
import { serveFolder } from '../scripts/static-server.mjs'
import { app, waitReady } from './app.ts'
import { expect, firstVisit } from './fixtures.ts'

/** The built site on a host that sends no headers of its own. */
const test = firstVisit.extend<object, { origin: string }>({
  origin: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const server = createServer(serveFolder(dist, { bare: true }))
      await new Promise<void>((done) => server.listen(0, done))
      await use(`http://localhost:${(server.address() as AddressInfo).port}`)
      server.closeAllConnections()
      server.close()
    },
    { scope: 'worker' },
  ],
  baseURL: ({ origin }, use) => use(origin),
})

test('a host without headers gets isolation from the service worker, with one reload', async ({ page }) => {
  let loads = 0
  page.on('load', () => {
    loads++
  })
  await page.goto('/')
  await expect(app.notices(page)).toContainText('The page was reloaded once')
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  await waitReady(page)
  expect(loads).toBe(2)

  // From here on every load is isolated, and none is repeated.
  await page.reload()
  await waitReady(page)
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  expect(loads).toBe(3)
})

test.describe('where the service worker is refused', () => {
  test.use({ serviceWorkers: 'block' })
  test('the app works, without a reload', async ({ page, expectedErrors }) => {
    expectedErrors.push(/service ?worker/i)
    let loads = 0
    page.on('load', () => {
      loads++
    })
    await page.goto('/')
    await waitReady(page)
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false)
    expect(loads).toBe(1)
  })
})
