import type { Locator, Page } from '@playwright/test'
import { expect } from './fixtures.ts'

/** What a person sees of the page, by name. */
export const app = {
  chip: (page: Page): Locator => page.getByRole('button', { name: /^Engine:/ }),
  result: (page: Page): Locator => page.getByRole('region', { name: 'Result' }),
  setup: (page: Page): Locator => page.getByRole('region', { name: 'Setup' }),
  inspector: (page: Page): Locator => page.getByRole('complementary', { name: 'Inspector' }),
  playback: (page: Page): Locator => page.getByRole('region', { name: 'Playback' }),
  timeline: (page: Page): Locator => page.getByRole('region', { name: 'Playback' }).getByRole('slider'),
  notices: (page: Page): Locator => page.getByRole('region', { name: 'Notices' }),
  rows: (page: Page): Locator => page.getByRole('treeitem'),
}

/** Opens the page and waits until the models are loaded. */
export async function openReady(page: Page, address = '/'): Promise<void> {
  await page.goto(address)
  await waitReady(page)
}

export async function waitReady(page: Page): Promise<void> {
  await expect(app.chip(page)).not.toHaveAccessibleName(/Loading|No models/, { timeout: 30_000 })
}

/** Runs what the setup says and waits for its answer. */
export async function runToEnd(page: Page): Promise<void> {
  const tree = page.getByRole('region', { name: 'Search tree' })
  const before = (await tree.getAttribute('data-run')) ?? ''
  await app.setup(page).getByRole('button', { name: 'Run', exact: true }).click()
  await expect(tree).not.toHaveAttribute('data-run', before, { timeout: 45_000 })
  await expectAnswer(page)
}

/** The run that is shown has ended with an answer, or without one. */
export async function expectAnswer(page: Page): Promise<void> {
  await expect(app.result(page)).toContainText(/Right|Wrong|No answer/, { timeout: 45_000 })
  await expect(app.setup(page).getByRole('button', { name: 'Run', exact: true })).toBeVisible()
}

/** Number of events before the playhead, and in all. */
export async function place(page: Page): Promise<{ at: number; of: number }> {
  const text = await app
    .playback(page)
    .getByText(/^\d+\/\d+$/)
    .innerText()
  const [at = Number.NaN, of = Number.NaN] = text.split('/').map(Number)
  return { at, of }
}
