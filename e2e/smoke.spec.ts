import { app, ON_WEBGPU, openReady, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

test('the page opens with its title and heading, is isolated and has a WebGPU adapter', async ({ page }, testInfo) => {
  await page.goto('/')
  await expect(page).toHaveTitle(/Stepscope/)
  await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible()
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
  const adapter = await page.evaluate(async () => {
    const info = (await navigator.gpu.requestAdapter())?.info
    return info ? `${info.vendor} ${info.architecture}`.trim() : undefined
  })
  expect(adapter, 'a WebGPU adapter').toBeDefined()
  testInfo.annotations.push({ type: 'adapter', description: adapter ?? 'none' })
})

// Other journeys run on what is fastest here; training on WebGPU is in training-recovery.long.spec.ts, the engine in engine.spec.ts.
test('a beam search runs on WebGPU', async ({ page }) => {
  await openReady(page, ON_WEBGPU)
  await expect(app.chip(page)).toHaveAccessibleName(/SwiftShader|WebGPU/)
  await app.chip(page).click()
  const engine = page.getByRole('dialog', { name: 'Engine' })
  await expect(engine).toContainText('WebGPU')
  await expect(engine).toContainText('This graphics adapter is software')
  await page.keyboard.press('Escape')
  await runToEnd(page)
  await page.getByRole('button', { name: 'How it was computed' }).click()
  await expect(page.getByRole('dialog', { name: 'How it was computed' })).toContainText('SwiftShader')
})
