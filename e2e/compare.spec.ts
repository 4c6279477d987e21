import { openReady } from './app.ts'
import { expect, test } from './fixtures.ts'
import { expectTrained, openRecipe, startTraining } from './train.ts'

test('strategies run side by side with linked playback and a table of differences', async ({ page }) => {
  await openReady(page, '/#/compare')
  await page.getByRole('textbox', { name: 'Problem' }).fill('3 5 7 2 > 24')
  await page.getByRole('button', { name: 'Add a strategy' }).click()
  await page.getByRole('combobox', { name: 'Strategy 3' }).selectOption('Greedy decoding')
  await page.getByRole('button', { name: 'Run all' }).click()

  const columns = page.getByRole('region', { name: /^Strategy \d/ })
  await expect(columns).toHaveCount(3)
  for (const column of await columns.all()) {
    await expect(column).toContainText(/Right|Wrong|No answer/)
    await expect(column.locator('canvas').first()).toBeVisible()
  }
  const table = page.getByRole('table', { name: /Differences/ })
  await expect(table.getByRole('row')).toHaveCount(4)
  await expect(table).toContainText('at equal FLOPs')
  await expect(table.getByRole('row', { name: /Beam search/ })).toContainText('FLOP')

  await page.getByRole('radio', { name: 'Equal FLOPs' }).click()
  const playback = page.getByRole('region', { name: 'Linked playback' })
  await playback.getByRole('button', { name: 'To the start' }).click()
  for (const column of await columns.all()) await expect(column).toContainText(/no step yet|Round/)
  await playback.getByRole('button', { name: 'To the end' }).click()
  for (const column of await columns.all()) await expect(column).toContainText(/Right|Wrong|No answer/)

  await columns.first().getByRole('button', { name: 'Open in the playground' }).click()
  await expect(page.getByRole('heading', { level: 2 })).toContainText('3 5 7 2 > 24')
})

test('a trained policy stands beside the one before, with what differs named', async ({ page }) => {
  const optimizer = { learningRate: 1e-3, warmupSteps: 1 }
  const data = { source: 'generated', problems: 8 }
  await openRecipe(page, { objective: 'sft', steps: 2, batch: 4, saveEvery: 2, data, optimizer })
  await startTraining(page)
  await expectTrained(page)

  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Compare' }).click()
  await page.getByRole('textbox', { name: 'Problem' }).fill('3 5 7 2 > 24')
  for (const column of ['1', '2'])
    await page.getByRole('combobox', { name: `Strategy ${column}` }).selectOption('Greedy tree search')
  const own = page.getByRole('combobox', { name: 'Policy 2' })
  const trained = own.getByRole('option').filter({ hasText: 'step 2' })
  await own.selectOption({ label: await trained.innerText() })
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(own).toHaveValue('chosen')
  await page.getByRole('button', { name: 'Redo' }).click()
  await expect(own).not.toHaveValue('chosen')

  await page.getByRole('button', { name: 'Run all' }).click()
  const columns = page.getByRole('region', { name: /^Strategy \d/ })
  for (const column of await columns.all()) await expect(column).toContainText(/Right|Wrong|No answer/)
  const table = page.getByRole('table', { name: /Differences of policy/ })
  await expect(table.getByRole('row', { name: /^Greedy tree search Countdown policy/ })).toContainText('FLOP')
  await expect(table.getByRole('row', { name: /^Greedy tree search SFT of Countdown policy/ })).toContainText('FLOP')
  await expect(columns.nth(1)).not.toContainText(/made with/i)
})
