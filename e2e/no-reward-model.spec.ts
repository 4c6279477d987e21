import { app, openReady, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

test('a policy alone: searches without scores run, the others say what they need, and a reload keeps the choice', async ({
  page,
}) => {
  await openReady(page)
  const setup = app.setup(page)
  const strategy = setup.getByRole('combobox', { name: 'Strategy' })
  const run = setup.getByRole('button', { name: 'Run', exact: true })
  await setup.getByRole('combobox', { name: 'Reward model' }).selectOption('none')
  await expect(setup.getByRole('status')).toHaveText(/Beam search needs a reward model/)
  await expect(run).toBeDisabled()
  await expect(strategy.getByRole('option', { name: 'Best of N, PRM (needs a reward model)' })).toBeDisabled()

  for (const name of ['Greedy decoding', 'Majority vote']) {
    await strategy.selectOption(name)
    await expect(setup.getByRole('status')).toHaveCount(0)
    await runToEnd(page)
  }
  await app.chip(page).click()
  await expect(page.locator('dl').getByText('Reward model', { exact: true }).locator('..')).toContainText('none')
  await page.keyboard.press('Escape')

  await page.reload()
  await expect(setup.getByRole('combobox', { name: 'Reward model' })).toHaveValue('none')
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Compare' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'needs a reward model' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Run all' })).toBeDisabled()
  await page.getByRole('combobox', { name: 'Strategy 1' }).selectOption('Greedy decoding')
  await page.getByRole('combobox', { name: 'Strategy 2' }).selectOption('Majority vote')
  await page.getByRole('button', { name: 'Run all' }).click()
  const columns = page.getByRole('region', { name: /^Strategy \d/ })
  for (const column of await columns.all()) {
    await expect(column).toContainText(/Right|Wrong|No answer/)
  }
})

test('a reward model that is dropped on the models screen can be taken again', async ({ page }) => {
  await openReady(page, '/#/models')
  const column = page.getByRole('region', { name: 'Reward model', exact: true })
  await column.getByRole('button', { name: 'Do without a reward model' }).click()
  await expect(column).toContainText('None: greedy decoding and majority votes do without one.')
  await column.getByRole('listitem').first().getByRole('button').first().click()
  await expect(column.locator('dl')).toContainText('Path score')
})
