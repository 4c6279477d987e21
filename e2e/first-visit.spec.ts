import { app, expectAnswer, place, waitReady } from './app.ts'
import { expect, firstVisit as test } from './fixtures.ts'

test('a first visit shows a finished search at once, one click from running live', async ({ page }) => {
  await page.goto('/')
  await expect(app.result(page)).toContainText('Right')
  await expect(page.getByRole('application', { name: /^Search tree, \d+ nodes/ })).toBeVisible()
  const { at, of } = await place(page)
  expect(of).toBeGreaterThan(20)
  expect(at).toBe(of)
  await expect(page.getByText('A recorded search')).toBeVisible()

  await waitReady(page)
  await page.getByRole('button', { name: 'Run it live' }).click()
  await expect(page.getByText('A recorded search')).toBeHidden()
  await expectAnswer(page)
  expect((await place(page)).of).toBeGreaterThan(20)
})

test('the guide stays away once dismissed; the status chip says what the models run on, and why', async ({ page }) => {
  await page.goto('/')
  await page.getByRole('button', { name: 'Dismiss the guide' }).click()
  await page.reload()
  await expect(app.result(page)).toContainText('Right')
  await expect(page.getByText('A recorded search')).toBeHidden()

  await waitReady(page)
  await expect(app.chip(page)).toHaveAccessibleName(/WebAssembly SIMD, \d+ threads?, strict/)
  await app.chip(page).click()
  const details = page.getByRole('dialog', { name: 'Engine' })
  await expect(details).toContainText('The graphics adapter is software (SwiftShader), which is slower')
  await expect(details).toContainText('Countdown policy')
  await expect(details).toContainText('Countdown PRM')
})
