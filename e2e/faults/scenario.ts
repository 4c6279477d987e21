import { readFile } from 'node:fs/promises'
import type { BrowserContext, Page, TestInfo } from '@playwright/test'
import { app, ON_WEBGPU, openReady, waitReady } from '../app.ts'
import type { Saved } from './faults.ts'
import { arm, expect, expectKept, expectPlainWords, expectTold, expectUsable, fired, savedOn, test } from './faults.ts'

export interface Surroundings {
  readonly page: Page
  readonly context: BrowserContext
  readonly testInfo: TestInfo
  /** What was saved before. */
  readonly before: Saved
}

export interface Scenario {
  readonly action: string
  readonly fault: string
  /** Armed before the action; see docs/faults.md. */
  readonly faults?: readonly string[]
  /** Does what is under way when the fault comes, and what a person does then. @returns ids that were deleted on purpose */
  readonly steps: (surroundings: Surroundings) => Promise<readonly string[] | undefined>
  /** Sentences that the page must tell; null where nothing is lost that a person would miss. */
  readonly told: RegExp | null
}

/** Every scenario, on a page with a finished search that is saved. */
export function run(scenarios: readonly Scenario[]): void {
  for (const { action, fault, faults, steps, told } of scenarios) {
    test(`${action}; ${fault}`, async ({ page, context }, testInfo) => {
      test.setTimeout(150_000)
      // Only a graphics device can be lost.
      await openReady(page, fault.includes('device is lost') ? ON_WEBGPU : '/')
      await expectUsable(page)
      const before = await savedOn(page)
      if (faults) await arm(page, ...faults)
      const deleted = (await steps({ page, context, testInfo, before })) ?? []
      if (told) await expectTold(page, told)
      await expectPlainWords(page)
      await expectUsable(page)
      await page.reload()
      await waitReady(page)
      expectKept(before, await savedOn(page), deleted)
      await expectPlainWords(page)
    })
  }
}

export const screen = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name }).click()

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

export async function startSearch(page: Page, strategy = 'Beam search'): Promise<void> {
  await app.setup(page).getByRole('combobox', { name: 'Strategy' }).selectOption(strategy)
  await app.setup(page).getByRole('button', { name: 'Run', exact: true }).click()
}

/** Room again; then one more run than before is saved. */
export async function roomAgain(page: Page, before: Saved): Promise<void> {
  await expect(app.result(page)).toContainText(/Right|Wrong|No answer/, { timeout: 45_000 })
  await page.evaluate(() => window.stepscopeFaults.clear())
  await expect
    .poll(async () => Object.values((await savedOn(page)).runs).filter((events) => events > 3).length, {
      timeout: 20_000,
    })
    .toBe(Object.keys(before.runs).length + 1)
}

export async function openRunFile(page: Page, name: string, text?: string): Promise<void> {
  const content = text ?? (await readFile('public/runs/first-visit.json', 'utf8'))
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Open a run file' }).first().click()
  await (await chooser).setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(content) })
}

/** A second tab of the same browser. */
export async function secondTab(context: BrowserContext, address: string): Promise<Page> {
  const tab = await context.newPage()
  await tab.goto(address)
  return tab
}

export { arm, expect, fired, savedOn }
