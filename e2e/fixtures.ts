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

/** Leaves of a browser what it keeps of the app's own files; everything that a person did there is gone. */
async function forget(context: BrowserContext, page: Page, origin: string): Promise<void> {
  const session = await context.newCDPSession(page)
  const storageTypes = 'cookies,file_systems,indexeddb,local_storage,storage_buckets'
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes })
  await session.detach()
}

/**
 * A browser that has fetched the app before, and was not used: the service worker and what it keeps are there. Fetching the app again for each
 * journey took more of the processor than most journeys do.
 */
export const test = firstVisit.extend<object, { visitor: BrowserContext }>({
  visitor: [
    async ({ browser }, use, { project }) => {
      const { baseURL = '', viewport = null } = project.use
      const context = await browser.newContext({ baseURL, viewport })
      await use(context)
      await context.close()
    },
    { scope: 'worker' },
  ],
  context: async ({ visitor }, use) => {
    await use(visitor)
    await Promise.all(visitor.pages().map((page) => page.close()))
    await visitor.unrouteAll()
    await visitor.clearPermissions()
  },
  page: async ({ context, baseURL }, use) => {
    const page = await context.newPage()
    if (baseURL) await forget(context, page, new URL(baseURL).origin)
    await use(page)
  },
})

export { expect }
