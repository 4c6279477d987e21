import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dist } from '../scripts/prepare.mjs'
import { serveFolder } from '../scripts/static-server.mjs'
import { app, openReady } from './app.ts'
import { expect, firstVisit } from './fixtures.ts'

/** The built site on a server of its own, from a copy that can become a newer version. */
const test = firstVisit.extend<object, { site: { readonly folder: string; readonly origin: string } }>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are needed from this pattern
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'stepscope-site-'))
      await cp(dist, folder, { recursive: true })
      const server = createServer(serveFolder(folder))
      await new Promise<void>((done) => server.listen(0, done))
      await use({ folder, origin: `http://localhost:${(server.address() as AddressInfo).port}` })
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true })
    },
    { scope: 'worker' },
  ],
  baseURL: ({ site }, use) => use(site.origin),
})

test('a new version is announced, waits, and is taken over when the person asks', async ({ page, site }) => {
  await openReady(page)
  await expect(app.notices(page)).toContainText('Ready to work offline')
  await page.reload()
  await expect(app.result(page)).toContainText('Right')

  await appendFile(join(site.folder, 'sw.js'), '\n// the next version\n')
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update())
  const notice = app.notices(page).getByRole('listitem').filter({ hasText: 'A new version is ready' })
  await expect(notice).toBeVisible()
  const waits = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.waiting !== null)
  expect(await waits()).toBe(true)

  const loaded = page.waitForEvent('load')
  await notice.getByRole('button', { name: 'Reload' }).click()
  await loaded
  await expect(app.result(page)).toContainText('Right')
  await expect.poll(waits).toBe(false)
})
