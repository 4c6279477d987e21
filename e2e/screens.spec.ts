import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { app, openReady } from './app.ts'
import { expect, LONG, test } from './fixtures.ts'
import { shown } from './train.ts'

async function expectAccessible(page: Page, where: string): Promise<void> {
  // In this page alone, which has no frames, and without what passed: both cost more than the rules.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] })
  const { violations } = await axe.analyze()
  const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
  expect(said, where).toEqual([])
}

/** What of the page reaches past the screen's right edge, is cut, or lies over another of its parts. */
async function flaws(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    const name = (element: Element) => `${element.tagName} ${element.className} “${element.textContent?.slice(0, 40)}”`
    const page = document.documentElement
    if (page.scrollWidth > innerWidth) found.push('the page scrolls sideways')
    if (innerWidth > 640 && page.scrollHeight > innerHeight) found.push('the page scrolls, and not its parts')
    for (const element of document.querySelectorAll('body *')) {
      if (!element.checkVisibility() || element.clientWidth < 3) continue
      const { overflowX } = getComputedStyle(element)
      if (overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${name(element)}`)
    }
    // Controls and texts of the playground's parts: none may cover another.
    const parts = [
      ...document.querySelectorAll(
        'header, [aria-label="Where to start"], [aria-label="Result"], [aria-label="Search tree"] > div, [aria-label="Playback"], [role="complementary"], main button, main select, main input',
      ),
    ].filter((part) => part.checkVisibility() && part.getBoundingClientRect().width > 2)
    const scrolled = (part: Element) => part.closest('[role="tabpanel"], [class*="side"], dialog') !== null
    for (const [index, one] of parts.entries()) {
      if (scrolled(one)) continue
      const a = one.getBoundingClientRect()
      if (a.right > innerWidth + 1) found.push(`past the right edge: ${name(one)}`)
      for (const other of parts.slice(index + 1)) {
        if (scrolled(other) || one.contains(other) || other.contains(one)) continue
        const b = other.getBoundingClientRect()
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left)
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
        if (wide > 1 && high > 1) found.push(`${name(one)} over ${name(other)}`)
      }
    }
    return found
  })
}

/** A phone's browser, without the service worker, whose installation takes longer than what is looked at here. */
const onPhone = (browser: Browser, baseURL = ''): Promise<BrowserContext> =>
  browser.newContext({
    baseURL,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    serviceWorkers: 'block',
  })

const SCREENS = ['playground', 'compare', 'scaling', 'train', 'models', 'runs', 'rewards'] as const
const SIZES = [
  [1440, 900],
  [1024, 768],
  [768, 1024],
  [720, 450],
  [390, 844],
] as const
/** The widths whose screens axe looks at, each screen in both themes: at the others parts only move. */
const AXE_WIDTHS: readonly number[] = LONG ? SIZES.map(([width]) => width) : [1440, 390]

for (const [size, [width, height]] of SIZES.entries()) {
  test(`at ${width} × ${height} the first tree is whole, and every screen in order`, async ({
    page,
    browser,
    baseURL,
  }) => {
    const phone = width < 640
    if (phone) page = await (await onPhone(browser, baseURL)).newPage()
    else await page.setViewportSize({ width, height })
    // What is changed by a theme is shown at once.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await page.goto('/')
    const tree = page.getByRole('application', { name: /^Search tree/ })
    await expect(tree.locator('canvas')).toHaveAttribute('data-shows', 'whole text')
    await expect(tree).toBeInViewport({ ratio: phone ? 0.9 : 1 })
    await expect(page.getByRole('button', { name: 'Run it live' })).toBeInViewport({ ratio: 1 })
    for (const [index, screen] of [...SCREENS, 'help'].entries()) {
      // Each screen in both themes, over the sizes and over the widest and the phone.
      const theme = (size + index + (phone ? 1 : 0)) % 2 === 0 ? 'light' : 'dark'
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      if (screen === 'help') {
        await page.goto('/#/playground')
        await page.keyboard.press('?')
        await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible()
      } else {
        await page.goto(`/#/${screen}`)
        await expect(page.getByRole('navigation').getByRole('link', { name: screen })).toHaveAttribute('aria-current')
      }
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeAttached()
      const where = `${screen}, ${width} × ${height}, ${theme}`
      if (screen !== 'help') expect(await flaws(page), where).toEqual([])
      if (AXE_WIDTHS.includes(width)) await expectAccessible(page, where)
    }
    if (phone) await page.context().close()
  })
}

test('everything is reached and left by keys, and says what it is', async ({ page }) => {
  await openReady(page)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Play from the start' })).toBeFocused()
  await expect(page.getByRole('button', { name: 'Policy tokens 401' })).toBeVisible()

  await page.keyboard.press('?')
  const help = page.getByRole('dialog', { name: 'Help' })
  await expect(help).toBeVisible()
  // Longer than a tooltip waits.
  await page.waitForTimeout(500)
  await expect(page.getByRole('tooltip')).toHaveCount(0)
  const label = await help.getByText('Playground, Compare, Scaling').boundingBox()
  const six = await help.locator('kbd', { hasText: /^6$/ }).boundingBox()
  expect((six?.x ?? 0) + (six?.width ?? 0)).toBeLessThanOrEqual(label?.x ?? 0)
  await page.keyboard.press('Escape')
  await expect(help).toBeHidden()
})

test('axe finds nothing in the table, with inspector, truth and help, light and dark', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await openReady(page)
  await page.getByText('Table', { exact: true }).click()
  await app.rows(page).filter({ hasText: 'kept' }).first().click()
  await page.keyboard.press('t')
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Help' })).toBeVisible()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await expectAccessible(page, `table, inspector, truth and help, ${colorScheme}`)
  }
})

test('the theme is switched by hand and remembered', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto('/')
  await expect(app.result(page)).toContainText('Right')
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await background()
  await page.getByRole('button', { name: /Change to light/ }).click()
  await page.getByRole('button', { name: /Change to dark/ }).click()
  await expect.poll(background).not.toBe(light)
  const dark = await background()
  // At once: a page that goes saves what it has not saved yet.
  await page.reload()
  await expect(page.getByRole('button', { name: /Theme: dark/ })).toBeVisible()
  expect(await background()).toBe(dark)
})

test('a phone shows a usable stack', async ({ browser, baseURL }) => {
  const context = await onPhone(browser, baseURL)
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
  await expect(app.result(page)).toContainText(/Right|Wrong|No answer/)

  // The recipe and its button are below the run that they start: its progress comes into view.
  await page.goto('/#/train')
  await page.getByRole('spinbutton', { name: 'Steps', exact: true }).fill('2')
  await page.getByRole('button', { name: 'Start training' }).tap()
  await expect(shown(page).getByRole('progressbar')).toBeInViewport({ ratio: 1 })
  await expect(shown(page).getByText(/warm-up of 10/)).toBeInViewport()
  await context.close()
})
