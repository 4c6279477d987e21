import { cp, mkdir } from 'node:fs/promises'
import AxeBuilder from '@axe-core/playwright'
import type { Locator, Page } from '@playwright/test'
import { app, openReady, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

const panel = (page: Page): Locator => page.getByRole('dialog', { name: 'Engine' })

async function openPanel(page: Page): Promise<Locator> {
  await app.chip(page).click()
  await page.getByRole('button', { name: 'All figures' }).click()
  await expect(panel(page)).toBeVisible()
  return panel(page)
}

/** The value beside a figure's name, without thin spaces. */
async function figure(engine: Locator, name: string): Promise<string> {
  const row = engine.locator('dl > div').filter({ has: engine.page().getByRole('button', { name, exact: true }) })
  return (await row.locator('dd').innerText()).replace(/\u202f/g, ' ')
}

test('the engine’s figures are shown and follow a search', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await openReady(page)
  const engine = await openPanel(page)
  expect(await figure(engine, 'Adapter')).toMatch(/WebAssembly/)
  expect(await figure(engine, 'Kind')).toBe('processor')
  await expect(engine).toContainText('The models run on the CPU, in WebAssembly')
  expect(await figure(engine, 'Executed')).toBe('0')
  expect(await figure(engine, 'Asked / executed')).toBe('–')
  for (const purpose of ['weights', 'cache', 'activations', 'slots', 'control']) {
    const row = engine.getByRole('table', { name: 'Bytes by purpose' }).getByRole('row').filter({ hasText: purpose })
    await expect(row).toContainText(/[KM]iB/)
  }

  await runToEnd(page)
  await expect.poll(() => figure(engine, 'Asked / executed')).toMatch(/^\d+(\.\d)?×$/)
  expect(Number.parseFloat(await figure(engine, 'Asked / executed'))).toBeGreaterThan(1.5)
  expect(Number(await figure(engine, 'Passes per token'))).toBeGreaterThan(0)
  expect(Number(await figure(engine, 'Passes per token'))).toBeLessThan(1)
  expect(await figure(engine, 'Read back per token')).toMatch(/^\d.* (B|KiB)$/)
  await expect(engine.getByRole('img', { name: /^Tokens per second: now/ })).toBeVisible()
  await expect(engine.getByRole('table', { name: 'Models and choices' })).toContainText('2 steps')

  await engine.getByRole('button', { name: 'Copy as JSON' }).click()
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText())) as {
    readonly device: Record<string, string>
    readonly sharing: { readonly Executed: number; readonly Asked: number }
    readonly bytes: { readonly weights: { readonly policy: number; readonly prm: number } }
  }
  expect(copied.device.Adapter).toMatch(/WebAssembly/)
  expect(copied.sharing.Executed).toBeLessThan(copied.sharing.Asked)
  expect(copied.bytes.weights.policy).toBeGreaterThan(3_000_000)

  const { violations } = await new AxeBuilder({ page }).include('[role="dialog"]').analyze()
  expect(violations.map(({ id }) => id)).toEqual([])

  await page.keyboard.press('Escape')
  await expect(engine).toBeHidden()
  await page.getByRole('button', { name: 'How it was computed' }).click()
  const details = page.getByRole('dialog', { name: 'How it was computed' })
  for (const text of ['WebAssembly', 'strict', 'f32', 'passes per token', 'read back per token']) {
    await expect(details).toContainText(text)
  }
})

test('changing the reward model leaves the policy loaded', async ({ page }, testInfo) => {
  await openReady(page)
  await runToEnd(page)
  const engine = await openPanel(page)
  const counts = engine.getByRole('table', { name: 'Counts by model' })
  const passes = () => counts.getByRole('row').filter({ hasText: 'Passes' }).first().getByRole('cell').allInnerTexts()
  const [policyBefore = '', rewardBefore = ''] = await passes()
  expect(Number(policyBefore)).toBeGreaterThan(0)
  expect(Number(rewardBefore)).toBeGreaterThan(0)

  await page.keyboard.press('Escape')
  const folder = testInfo.outputPath('my-prm')
  await mkdir(folder, { recursive: true })
  await cp('public/checkpoints/countdown-prm', folder, { recursive: true })
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Models' }).click()
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a folder' }).click()
  await (await chooser).setFiles(folder)
  const chosen = page.getByRole('listitem').filter({ hasText: 'my-prm' })
  await expect(chosen).toContainText('chosen')
  await openPanel(page)
  await expect(engine.getByRole('table', { name: 'Models and choices' })).toContainText('my-prm')
  // A model counts from its loading on: the policy went on, the reward model began anew.
  const [policyAfter = '', rewardAfter = ''] = await passes()
  expect(Number(policyAfter)).toBeGreaterThanOrEqual(Number(policyBefore))
  expect(Number(rewardAfter)).toBeLessThan(Number(rewardBefore))
})

test('notices cover no control, at any size', async ({ page }) => {
  await openReady(page)
  await page.keyboard.press('s')
  const notice = app.notices(page).getByRole('listitem').last()
  for (const [width, height] of [
    [1440, 900],
    [1024, 768],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height })
    await expect(notice).toBeInViewport()
    // Each control, scrolled to where a person would have it, is hit by a click in its middle.
    const covered = await page.evaluate(() => {
      const notices = document.querySelector('section[aria-label="Notices"]')
      return [...document.querySelectorAll('main button, main input, main a, main select, main [role="slider"]')]
        .filter((control) => (control as HTMLElement).checkVisibility() && !(control as HTMLButtonElement).disabled)
        .filter((control) => {
          control.scrollIntoView({ block: 'center', behavior: 'instant' })
          const { left, top, width, height } = control.getBoundingClientRect()
          const hit = document.elementFromPoint(left + width / 2, top + height / 2)
          return notices?.contains(hit) === true && hit !== null
        })
        .map((control) => control.outerHTML.slice(0, 80))
    })
    expect(covered, `${width} × ${height}`).toEqual([])
  }
})
