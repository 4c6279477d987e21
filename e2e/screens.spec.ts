import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { app, openReady } from './app.ts'
import { expect, test } from './fixtures.ts'

async function expectAccessible(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  expect(serious, where).toEqual([])
}

const SCREENS = ['playground', 'compare', 'train', 'models', 'runs'] as const

for (const theme of ['light', 'dark'] as const) {
  test(`axe finds nothing serious on any screen, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme })
    await openReady(page)
    for (const screen of SCREENS) {
      await page.goto(`/#/${screen}`)
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeAttached()
      await expectAccessible(page, `${screen}, ${theme}`)
    }
    await page.goto('/#/playground')
    await page.getByText('Table', { exact: true }).click()
    await app.rows(page).filter({ hasText: 'kept' }).first().click()
    await page.keyboard.press('t')
    await page.keyboard.press('?')
    await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible()
    await expectAccessible(page, `table, inspector, truth and help, ${theme}`)
  })
}

test('the theme is switched by hand and remembered', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto('/')
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await background()
  await page.getByRole('button', { name: /Change to light/ }).click()
  await page.getByRole('button', { name: /Change to dark/ }).click()
  await expect.poll(background).not.toBe(light)
  const dark = await background()
  // Preferences are saved a moment later.
  await page.waitForTimeout(800)
  await page.reload()
  await expect(page.getByRole('button', { name: /Theme: dark/ })).toBeVisible()
  expect(await background()).toBe(dark)
})

test('a phone shows a usable stack', async ({ browser, baseURL }) => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    ...(baseURL ? { baseURL } : {}),
  })
  const page = await context.newPage()
  await openReady(page)
  await expect(app.result(page)).toContainText('Right')
  await expect(page.getByRole('application', { name: /^Search tree/ })).toBeVisible()
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow, 'sideways scrolling').toBeLessThanOrEqual(0)
  await page.getByRole('tab', { name: 'Inspector' }).tap()
  await expect(app.inspector(page)).toBeVisible()
  await page.getByRole('tab', { name: 'Setup' }).tap()
  await app.setup(page).getByRole('button', { name: 'Run', exact: true }).tap()
  await expect(page.getByText('A recorded search')).toBeHidden()
  await expect(app.result(page)).toContainText(/Right|Wrong|No answer/, { timeout: 45_000 })
  await context.close()
})
