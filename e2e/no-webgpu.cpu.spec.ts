import { app, openReady, place, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

test('without WebGPU a live beam search runs in WebAssembly, and the chip says so', async ({ page }) => {
  await openReady(page)
  expect(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null)).toBeNull()
  await expect(app.chip(page)).toHaveAccessibleName(/WebAssembly SIMD/)
  await app.chip(page).click()
  await expect(page.getByRole('dialog', { name: 'Engine' })).toContainText(
    'The models run on the CPU, in WebAssembly. WebGPU found no graphics adapter.',
  )
  await page.keyboard.press('Escape')
  await runToEnd(page)
  expect((await place(page)).of).toBeGreaterThan(20)
})
