import { app, openReady, runToEnd } from './app.ts'
import { expect, firstVisit as test } from './fixtures.ts'

test('after the first visit the app works without a network, reload included', async ({
  page,
  context,
  expectedErrors,
}) => {
  // The browser itself reports that it cannot look for a new version of the service worker.
  expectedErrors.push(/sw\.js|ERR_INTERNET_DISCONNECTED/)
  await openReady(page)
  await expect(app.notices(page)).toContainText('Ready to work offline')
  await runToEnd(page)
  const title = await page.getByRole('heading', { level: 2 }).innerText()

  await context.setOffline(true)
  await page.reload()
  await expect(page.getByRole('heading', { level: 2 })).toHaveText(title)
  await runToEnd(page)
  await context.setOffline(false)
})
