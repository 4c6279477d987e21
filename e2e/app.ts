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

/** The page whose engine runs on WebGPU, here on a software adapter: only who asks for that gets it. */
export const ON_WEBGPU = '/?backend=webgpu'

/** Opens the page and waits until the models are loaded. */
export async function openReady(page: Page, address = '/'): Promise<void> {
  await page.goto(address)
  await waitReady(page)
}

export async function waitReady(page: Page): Promise<void> {
  await expect(app.chip(page)).not.toHaveAccessibleName(/Loading|No models|did not load/)
}

/** Runs what the setup says and waits for its answer. */
export async function runToEnd(page: Page): Promise<void> {
  const tree = page.getByRole('region', { name: 'Search tree' })
  const before = (await tree.getAttribute('data-run')) ?? ''
  await app.setup(page).getByRole('button', { name: 'Run', exact: true }).click()
  await expect(tree).not.toHaveAttribute('data-run', before)
  await expectAnswer(page)
}

/**
 * Starts a run that pauses by itself: a click from here might come after its end. The page's own button is pressed in the
 * moment that it appears.
 */
export async function runPaused(page: Page): Promise<void> {
  const setup = app.setup(page)
  await setup.evaluate((panel) => {
    const watch = new MutationObserver(() => {
      const pause = [...panel.querySelectorAll('button')].find(({ textContent }) => textContent?.trim() === 'Pause')
      if (!pause) return
      watch.disconnect()
      pause.click()
    })
    watch.observe(panel, { childList: true, subtree: true, characterData: true })
  })
  await setup.getByRole('button', { name: 'Run', exact: true }).click()
  await expect(setup.getByRole('button', { name: 'Resume' })).toBeVisible()
}

/** Events that the browser has saved of its newest run. */
export function savedEvents(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const database = await done(indexedDB.open('stepscope'))
    const runs: { createdAt: string; eventCount: number }[] = await done(
      database.transaction('runs').objectStore('runs').index('createdAt').getAll(),
    )
    database.close()
    return runs.at(-1)?.eventCount ?? 0
  })
}

/** The run that is shown has ended with an answer, or without one. */
export async function expectAnswer(page: Page): Promise<void> {
  await expect(app.result(page)).toContainText(/Right|Wrong|No answer|Not checked/)
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
