import type { BrowserContext, ConsoleMessage, Page, Request, WebError } from '@playwright/test'
import { test as base, expect } from '@playwright/test'

/** Set by `npm run test:long`: journeys whose parts other tests prove, or that take the browser long, run then. */
export const LONG = Boolean(process.env.STEPSCOPE_LONG)

/** What a page reported that it should not have: an error in its console or of its own, a request to another host. */
export interface Problem {
  readonly kind: 'console error' | 'page error' | 'request to another host'
  readonly text: string
}

/** Listens to a context's pages. @param address of the site @returns problems, as they come, and an end of it */
export function watchProblems(context: BrowserContext, address: string): { problems: Problem[]; stop: () => void } {
  const problems: Problem[] = []
  const home = new URL(address).origin
  const onConsole = (message: ConsoleMessage) => {
    if (message.type() === 'error') problems.push({ kind: 'console error', text: message.text() })
  }
  const onError = (error: WebError) => {
    problems.push({ kind: 'page error', text: error.error().stack ?? String(error.error()) })
  }
  const onRequest = (request: Request) => {
    const text = request.url()
    const { protocol, origin } = new URL(text)
    if (/^(https?|wss?):$/.test(protocol) && origin !== home) problems.push({ kind: 'request to another host', text })
  }
  context.on('console', onConsole)
  context.on('weberror', onError)
  context.on('request', onRequest)
  const stop = () => {
    context.off('console', onConsole)
    context.off('weberror', onError)
    context.off('request', onRequest)
  }
  return { problems, stop }
}

/**
 * Playwright's test with a watch over the page: an error in the console or in the page, and a request to another host,
 * fail the test at its end. A test that provokes an error on purpose names it: `expectedErrors.push(/pattern/)`.
 * Here a browser has never seen the app: for journeys about first visits, updates, the network and other hosts.
 */
export const firstVisit = base.extend<{ expectedErrors: RegExp[]; watch: undefined }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are needed from this pattern
  expectedErrors: async ({}, use) => {
    await use([])
  },
  watch: [
    async ({ context, baseURL, expectedErrors }, use) => {
      const { problems, stop } = watchProblems(context, baseURL ?? 'http://localhost')
      await use(undefined)
      stop()
      const unexpected = problems.filter(({ text }) => !expectedErrors.some((pattern) => pattern.test(text)))
      expect(unexpected, 'problems that the page reported').toEqual([])
    },
    { auto: true },
  ],
})

/** Whoever comes next finds the app's own files in this tab and browser, and nothing that a person did there. */
async function forget(page: Page, origin: string): Promise<void> {
  // Of the app's origin, so that the process stays.
  await page.goto(`${origin}/icon.svg`)
  await page.evaluate(() => sessionStorage.clear())
  const session = await page.context().newCDPSession(page)
  const storageTypes = 'cookies,file_systems,indexeddb,local_storage,storage_buckets'
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes })
  await session.detach()
}

interface Visitor {
  readonly context: BrowserContext
  page: Page | null
}

/**
 * A tab of a browser that has fetched the app before, and was not used: the service worker and what it keeps are there. Fetching
 * the app again for each journey, in a process of its own, took more of the processor than most journeys do.
 * Scripts that are added before the page's own stay in a tab: a journey that needs one is a `firstVisit`.
 */
export const test = firstVisit.extend<object, { visitor: Visitor }>({
  visitor: [
    async ({ browser }, use, { project }) => {
      const { baseURL = '', viewport = null } = project.use
      const context = await browser.newContext({ baseURL, viewport })
      await use({ context, page: null })
      await context.close()
    },
    { scope: 'worker' },
  ],
  context: async ({ visitor }, use) => {
    await use(visitor.context)
    await visitor.context.unrouteAll()
    await visitor.context.clearPermissions()
    for (const page of visitor.context.pages()) if (page !== visitor.page) await page.close()
  },
  page: async ({ visitor, context, baseURL, viewport }, use) => {
    if (visitor.page === null || visitor.page.isClosed()) visitor.page = await context.newPage()
    const page = visitor.page
    if (viewport) await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme: null, reducedMotion: null })
    if (baseURL) await forget(page, new URL(baseURL).origin)
    await use(page)
    await page.unrouteAll()
  },
})

export { expect }
