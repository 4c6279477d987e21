import { test as base, expect } from '@playwright/test'

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
      const problems: string[] = []
      const home = new URL(baseURL ?? 'http://localhost').origin
      const note = (kind: string, text: string) => {
        if (!expectedErrors.some((pattern) => pattern.test(text))) problems.push(`${kind}: ${text}`)
      }
      context.on('console', (message) => {
        if (message.type() === 'error') note('console error', message.text())
      })
      context.on('weberror', (error) => note('page error', error.error().stack ?? String(error.error())))
      context.on('request', (request) => {
        const url = new URL(request.url())
        if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== home) note('request to another host', request.url())
      })
      await use(undefined)
      expect(problems, 'problems that the page reported').toEqual([])
    },
    { auto: true },
  ],
})

export { expect }
