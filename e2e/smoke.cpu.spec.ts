import { expect, test } from './fixtures.ts'

test('the page opens where there is no WebGPU adapter', async ({ page }) => {
  await page.goto('/')
  expect(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null)).toBeNull()
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible()
})
