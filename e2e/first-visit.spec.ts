import { app, expectAnswer, place, runToEnd, waitReady } from './app.ts'
import { expect, firstVisit as test } from './fixtures.ts'

test('a first visit shows a finished search at once, one click from running live, and then works without a network', async ({
  page,
  context,
  expectedErrors,
}) => {
  // The browser itself reports that it cannot look for a new version of the service worker.
  expectedErrors.push(/sw\.js|ERR_INTERNET_DISCONNECTED/)
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

  await expect(app.notices(page)).toContainText('Ready to work offline')
  const title = await page.getByRole('heading', { level: 2 }).innerText()
  await context.setOffline(true)
  await page.reload()
  await expect(page.getByRole('heading', { level: 2 })).toHaveText(title)
  await runToEnd(page)
  await context.setOffline(false)
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
