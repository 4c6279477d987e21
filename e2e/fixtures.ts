import type { BrowserContext } from '@playwright/test'
import { test as base, expect } from '@playwright/test'

/** What a page reported that it should not have: an error in its console or of its own, a request to another host. */
export interface Problem {
  readonly kind: 'console error' | 'page error' | 'request to another host'
  readonly text: string
}

/** Listens to a context's pages. @param address of the site @returns problems, as they come */
export function watchProblems(context: BrowserContext, address: string): Problem[] {
  const problems: Problem[] = []
  const home = new URL(address).origin
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push({ kind: 'console error', text: message.text() })
  })
  context.on('weberror', (error) => {
    problems.push({ kind: 'page error', text: error.error().stack ?? String(error.error()) })
  })
  context.on('request', (request) => {
    const text = request.url()
    const { protocol, origin } = new URL(text)
    if (/^(https?|wss?):$/.test(protocol) && origin !== home) problems.push({ kind: 'request to another host', text })
  })
  return problems
}

/**
 * Playwright's test with a watch over the page: an error in the console or in the page, and a request to another host,
 * fail the test at its end. A test that provokes an error on purpose names it: `expectedErrors.push(/pattern/)`.
 */
export const test = base.extend<{ expectedErrors: RegExp[]; watch: undefined }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures that are needed from this pattern
  expectedErrors: async ({}, use) => {
    await use([])
  },
  watch: [
    async ({ context, baseURL, expectedErrors }, use) => {
      const problems = watchProblems(context, baseURL ?? 'http://localhost')
      await use(undefined)
      const unexpected = problems.filter(({ text }) => !expectedErrors.some((pattern) => pattern.test(text)))
      expect(unexpected, 'problems that the page reported').toEqual([])
    },
    { auto: true },
  ],
})

export { expect }
