import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { app, openReady, waitReady } from './app.ts'
import { expect, test } from './fixtures.ts'

const sweep = (page: Page) => page.getByRole('region', { name: 'Sweep', exact: true })
const setup = (page: Page) => page.getByRole('region', { name: 'Next sweep' })
const progress = (page: Page) => sweep(page).getByRole('progressbar', { name: 'Results' })

test('a sweep goes on after a reload, is drawn and saved, and a point opens its trees', async ({ page }) => {
  await openReady(page, '/#/scaling')
  await setup(page).getByRole('spinbutton', { name: 'Problems', exact: true }).fill('12')
  await setup(page).getByRole('textbox', { name: 'Budgets' }).fill('1, 4')
  // The page's own button is pressed in the moment that there is something to lose: a click from here might come too late.
  await sweep(page).evaluate((region) => {
    const watch = new MutationObserver(() => {
      const pause = [...region.querySelectorAll('button')].find(({ textContent }) => textContent?.trim() === 'Pause')
      if (!pause || !region.querySelector('[role="tab"]')) return
      watch.disconnect()
      pause.click()
    })
    watch.observe(region, { childList: true, subtree: true, characterData: true })
  })
  await setup(page).getByRole('button', { name: 'Start the sweep' }).click()
  await expect(sweep(page).getByText('paused', { exact: true })).toBeVisible()
  const before = Number(await progress(page).getAttribute('aria-valuenow'))
  // What was told is saved within a moment.
  await page.waitForTimeout(1000)

  await page.reload()
  await waitReady(page)
  await expect(sweep(page).getByText('interrupted', { exact: true })).toBeVisible()
  expect(Number(await progress(page).getAttribute('aria-valuenow'))).toBeGreaterThanOrEqual(before)
  await sweep(page).getByRole('button', { name: 'Continue' }).click()
  await expect(sweep(page).getByText('finished', { exact: true })).toBeVisible()
  await expect(progress(page)).toHaveAttribute('aria-valuenow', '100')

  await sweep(page)
    .getByRole('button', { name: /^Save the chart of/ })
    .click()
  for (const [kind, content] of [
    ['SVG', /^<svg|^<\?xml/],
    ['CSV', /^strategy,settings,budget/],
  ] as const) {
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: kind, exact: true }).click()
    expect(await readFile(await (await saved).path(), 'utf8')).toMatch(content)
  }
  await page.keyboard.press('Escape')

  await sweep(page).getByRole('tab', { name: 'By difficulty' }).click()
  const bins = sweep(page).getByRole('region', { name: 'By difficulty', exact: true })
  await expect(bins.getByRole('group').first()).toBeVisible()
  await sweep(page).getByRole('tab', { name: 'Best strategy' }).click()
  const map = sweep(page).getByRole('region', { name: 'Best strategy', exact: true })
  await expect(map.getByRole('group').first()).toHaveAccessibleName(/\d+ rows, \d+ columns/)

  await sweep(page).getByRole('tab', { name: 'Table' }).click()
  const table = sweep(page).getByRole('table')
  await expect(table.getByRole('row')).toHaveCount(8)
  await table.getByRole('button', { name: /Beam search beam:n=4/ }).click()
  const results = sweep(page).getByRole('region', { name: 'Results of the chosen points' })
  await expect(results.getByRole('listitem')).toHaveCount(12)
  await results.getByRole('button', { name: 'Open the tree of problem 1', exact: true }).click()
  await expect(app.result(page)).toContainText(/Right|Wrong|No answer/)
  await expect(app.setup(page).getByRole('combobox', { name: 'Strategy' })).toHaveValue('beam')
})
