import { readFile } from 'node:fs/promises'
import { app, expectAnswer, openReady, place, runPaused, runToEnd, savedEvents } from './app.ts'
import { expect, test } from './fixtures.ts'

test('a run is exported and opens again as the same picture', async ({ page }, testInfo) => {
  await openReady(page)
  await app.setup(page).getByRole('textbox', { name: 'Problem', exact: true }).fill('3 5 7 2 > 24')
  await runToEnd(page)
  const before = { place: await place(page), result: await app.result(page).innerText() }
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export the run as a file' }).click()
  const file = testInfo.outputPath('run.json')
  await (await download).saveAs(file)
  const text = await readFile(file, 'utf8')
  expect(text).toContain('stepscope-run')

  // Another browser, without this one's storage.
  const context = await page.context().browser()?.newContext()
  const other = await context?.newPage()
  if (!context || !other) throw new Error('no second browser context')
  await other.goto(page.url())
  await expect(app.result(other)).toBeVisible()
  const chooser = other.waitForEvent('filechooser')
  await other.getByRole('button', { name: 'Open a run file' }).click()
  await (await chooser).setFiles(file)
  await expect(other.getByRole('heading', { level: 2 })).toContainText('3 5 7 2 > 24')
  expect(await place(other)).toEqual(before.place)
  expect(await app.result(other).innerText()).toBe(before.result)
  await context.close()
})

test('a run file dropped on any screen opens in the playground', async ({ page }) => {
  await page.goto('/#/runs')
  const text = (await (await page.request.get('/runs/first-visit.json')).text()).replace(
    /"title": "[^"]*"/,
    '"title": "dropped"',
  )
  const data = await page.evaluateHandle((content) => {
    const transfer = new DataTransfer()
    transfer.items.add(new File([content], 'dropped.json', { type: 'application/json' }))
    return transfer
  }, text)
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: data })
  await expect(page.getByText('Drop a Hugging Face model folder')).toBeVisible()
  await page.dispatchEvent('body', 'drop', { dataTransfer: data })
  await expect(page.getByRole('heading', { level: 2 })).toHaveText('dropped')
  await expect(app.result(page)).toContainText('Right')
})

test('a bad run file is refused with the reason, and what was open stays', async ({ page }) => {
  await page.goto('/')
  await expect(app.result(page)).toContainText('Right')
  const open = async (name: string, text: string) => {
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Open a run file' }).click()
    await (await chooser).setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
  }
  const good = await (await page.request.get('/runs/first-visit.json')).text()
  const cases = [
    ['torn.json', good.slice(0, good.length / 2), /torn\.json/],
    ['other-version.json', good.replace('"version": 1', '"version": 99'), /version/],
    ['other-field.json', good.replace('"seed":', '"seeds":'), /seed/],
    ['not-a-run.json', '{"hello": 1}', /not a Stepscope run/],
  ] as const
  for (const [name, text, reason] of cases) {
    await open(name, text)
    await expect(app.notices(page).getByRole('listitem').last()).toContainText(reason)
    await app.notices(page).getByRole('button', { name: 'Dismiss' }).last().click()
  }
  await expect(app.result(page)).toContainText('Right')
})

test('a permalink reproduces setup and selected event', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await openReady(page)
  const setup = app.setup(page)
  await setup.getByRole('textbox', { name: 'Problem', exact: true }).fill('3 5 7 2 > 24')
  await setup.getByRole('combobox', { name: 'Strategy' }).selectOption('Greedy tree search')
  await setup.getByLabel('Children (m)').fill('8')
  await setup.getByRole('spinbutton', { name: 'Seed' }).fill('11')
  await runToEnd(page)
  const { of } = await place(page)
  for (let back = 0; back < 4; back++) await page.keyboard.press(',')
  const sentence = await app
    .playback(page)
    .getByText(/^\d+\/\d+/)
    .locator('..')
    .innerText()
  await page.keyboard.press('s')
  await expect(app.notices(page)).toContainText('Link copied')
  const link = await page.evaluate(() => navigator.clipboard.readText())

  const other = await context.newPage()
  await other.goto(link)
  const otherSetup = app.setup(other)
  await expect(otherSetup.getByRole('textbox', { name: 'Problem', exact: true })).toHaveValue('3 5 7 2 > 24')
  await expect(otherSetup.getByRole('combobox', { name: 'Strategy' })).toHaveValue('greedy-tree')
  await expect(otherSetup.getByLabel('Children (m)')).toHaveValue('8')
  await expect(otherSetup.getByRole('spinbutton', { name: 'Seed' })).toHaveValue('11')
  // It asks before it runs, and keeps its address until then.
  await expect(other.getByRole('application', { name: /^Search tree/ })).toHaveCount(0)
  expect(other.url()).toContain('event=')
  await other.getByRole('button', { name: 'Run this search' }).click()
  await expect.poll(async () => place(other)).toEqual({ at: of - 4, of })
  await expect.poll(() => other.url()).not.toContain('event=')
  expect(
    await app
      .playback(other)
      .getByText(/^\d+\/\d+/)
      .locator('..')
      .innerText(),
  ).toBe(sentence)
})

test('runs are kept, listed, renamed, deleted with undo, and survive a reload', async ({ page }) => {
  await openReady(page)
  await app.setup(page).getByRole('textbox', { name: 'Problem', exact: true }).fill('3 5 7 > 22')
  await runToEnd(page)
  const before = await place(page)
  await expect.poll(() => savedEvents(page)).toBe(before.of)
  await page.reload()
  await expect(page.getByRole('heading', { level: 2 })).toContainText('3 5 7 > 22')
  await expect.poll(() => place(page)).toEqual(before)

  await page.getByRole('link', { name: 'Runs' }).click()
  const row = page.getByRole('row', { name: /3 5 7 > 22/ })
  await expect(row).toHaveCount(1)
  await row.getByRole('button', { name: 'Rename' }).click()
  await page.getByLabel('Name of the run').fill('my first run')
  await page.keyboard.press('Enter')
  const renamed = page.getByRole('row', { name: /my first run/ })
  await expect(renamed).toBeVisible()
  await renamed.getByRole('button', { name: 'Delete' }).click()
  await expect(renamed).toBeHidden()
  await app.notices(page).getByRole('button', { name: 'Undo' }).click()
  await expect(renamed).toBeVisible()
  await renamed.getByRole('button', { name: 'Open', exact: true }).click()
  await expect(page.getByRole('heading', { level: 2 })).toContainText('my first run')
  await expect.poll(() => place(page)).toEqual(before)
})

test('a run that the page was closed on is marked interrupted and can start again', async ({ page }) => {
  await openReady(page)
  await runPaused(page)
  const more = app.setup(page).getByRole('button', { name: 'Let one more event happen' })
  for (let event = 0; event < 3; event++) await more.click()
  // Saving happens as the run goes; the reload comes without warning.
  await expect.poll(() => savedEvents(page)).toBeGreaterThan(2)
  await page.reload()
  await expect(page.getByText('This run was interrupted')).toBeVisible()
  await expect.poll(async () => (await place(page)).of).toBeGreaterThan(2)
  await page.getByRole('link', { name: 'Runs' }).click()
  const row = page.getByRole('row', { name: /interrupted/ })
  await expect(row).toHaveCount(1)
  await row.getByRole('button', { name: 'Start again' }).click()
  await expectAnswer(page)
})
