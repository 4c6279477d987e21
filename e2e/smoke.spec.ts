import { expect, test } from './fixtures.ts'

test('the page opens with its title and heading', async ({ page }) => {
  await page.goto('/')
  await expect(page).toHaveTitle(/Stepscope/)
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible()
})

test('the page is isolated and has a WebGPU adapter', async ({ page }, testInfo) => {
  await page.goto('/')
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  const adapter = await page.evaluate(async () => {
    const info = (await navigator.gpu.requestAdapter())?.info
    return info ? `${info.vendor} ${info.architecture}`.trim() : undefined
  })
  expect(adapter, 'a WebGPU adapter').toBeDefined()
  testInfo.annotations.push({ type: 'adapter', description: adapter ?? 'none' })
})
