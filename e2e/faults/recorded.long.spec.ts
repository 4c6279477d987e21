import { app, ON_WEBGPU, place, waitReady } from '../app.ts'
import { LOGIN } from '../model-hub.ts'
import { expect, expectPlainWords, expectTold, expectUsable, fired, test, wrongInCache } from './faults.ts'

/** The first visit: the recorded search plays while the models load, and what loads them fails. */
const rows = [
  ['the worker is killed', 'worker-killed@told/loading', /browser ended its worker/],
  ['the device is lost', 'device-lost@told/loading:2', /graphics device was lost/],
  ['the worker hangs, and the search that waits for it is cancelled', 'worker-hangs@told/loading', /did not answer/],
] as const

for (const [fault, armed, told] of rows) {
  test(`the recorded search plays; ${fault}`, async ({ page }) => {
    test.setTimeout(120_000)
    // Only a graphics device can be lost.
    await page.goto(`${armed.startsWith('device-lost') ? `${ON_WEBGPU}&` : '/?'}fault=${armed}`)
    await expect(app.result(page)).toContainText('Right')
    await fired(page)
    await app.playback(page).getByRole('button', { name: 'To the start' }).click()
    await app.playback(page).getByRole('button', { name: 'Play', exact: true }).click()
    await expect.poll(async () => (await place(page)).at, { timeout: 20_000 }).toBeGreaterThan(2)
    if (armed.startsWith('worker-hangs')) {
      await app.chip(page).click()
      await page.getByRole('dialog', { name: 'Engine' }).getByRole('button', { name: 'Cancel' }).click()
      await expectTold(page, told)
      await page.keyboard.press('Escape')
    }
    await expectTold(page, told)
    const { at } = await place(page)
    await expect.poll(async () => (await place(page)).at, { timeout: 20_000 }).toBeGreaterThan(at)
    await expectPlainWords(page)
    await expectUsable(page)
  })
}

test.describe(() => {
  // A first visit: nothing of the page is kept yet.
  test.use({ serviceWorkers: 'block' })
  const answers = [
    ['the recorded search', /runs\/first-visit\.json/, /recorded run was not opened/],
    ['the weights of a model', /model\.safetensors/, /No models are loaded/],
    ['the config of a model', /countdown-policy\/config\.json/, /No models are loaded/],
    ['the engine’s script', /assets\/worker-.*\.js/, /there may be a newer version/],
  ] as const
  for (const [what, pattern, told] of answers) {
    test(`a network’s login page answers for ${what}`, async ({ page, context }) => {
      test.setTimeout(120_000)
      await context.route(pattern, (route) => route.fulfill(LOGIN))
      await page.goto('/')
      await expectTold(page, told)
      await expectPlainWords(page)
      await context.unroute(pattern)
      await page.reload()
      await waitReady(page)
      await expectUsable(page)
      await expectPlainWords(page)
    })
  }
})

test('a network’s login page answers for a file of the offline copy', async ({ page, context }) => {
  test.setTimeout(120_000)
  const pattern = /runs\/first-visit\.json/
  await context.route(pattern, (route) => route.fulfill(LOGIN))
  await page.goto('/')
  await waitReady(page)
  // The copy is whole or there is none.
  await page.waitForTimeout(3000)
  expect(await wrongInCache(page)).toEqual([])
  await expectPlainWords(page)
  await context.unroute(pattern)
  await page.reload()
  await expect(app.notices(page)).toContainText('Ready to work offline', { timeout: 30_000 })
  expect(await wrongInCache(page)).toEqual([])
  await expectUsable(page)
})
