import type { Page } from '@playwright/test'
import { openReady } from './app.ts'
import { expect, test } from './fixtures.ts'

const FOLDER = 'tests/fixtures/readings'

async function choose(page: Page, folder: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a folder' }).click()
  await (await chooser).setFiles(folder.startsWith('/') ? folder : `${FOLDER}/${folder}`)
}

test('reward models of other projects: recognized and explained, asked about, read in another way', async ({
  page,
}) => {
  await openReady(page, '/#/models')
  const loaded = page.getByRole('region', { name: 'Reward model', exact: true })
  const section = page.getByRole('region', { name: 'How the reward model is read' })
  const given = page.getByRole('region', { name: 'What the model is given' })
  const tokens = given.getByRole('group', { name: 'Tokens as the model reads them' })

  // Its class says how it is read.
  await choose(page, 'two-layer-head-extra-token')
  await expect(loaded.locator('dl')).toContainText('two-layer-head at "<extra_0>"', { timeout: 30_000 })
  await section.getByRole('button', { name: 'Look at its reading' }).click()
  await expect(section).toContainText('Its class is Qwen2ForProcessRewardModel, so it is read as')
  await given.getByLabel('Sample problem').fill('Let 4x + 7 = 31. What is x?')
  await given.getByLabel('Sample steps, one a line').fill('Subtract 7 from both sides.\nDivide by 4: x = 6.')
  await expect(tokens.getByText('<extra_0>')).toHaveCount(2)
  await expect(tokens.locator('small').first()).toHaveText(/^0\.\d+$/)

  // A reading that does not fit says why, and cannot be taken.
  await section.getByLabel('Read as').selectOption('step-tag')
  await expect(given.getByRole('alert')).toContainText('The reading does not fit the model’s head')
  await expect(section.getByRole('button', { name: 'Read it so' })).toBeDisabled()
  // One that fits is shown at once, with other scores.
  await section.getByLabel('Read as').selectOption('two-labels')
  await section.getByLabel('After each step').fill('\\n')
  await expect(tokens.locator('small')).toHaveCount(2)
  await expect(tokens).not.toContainText('im_start')
  await section.getByRole('button', { name: 'Read it so' }).click()
  await expect(loaded.locator('dl')).toContainText('two-labels at "\\n"', { timeout: 30_000 })

  // A separator is asked for, with a look at what the model would be given.
  await choose(page, 'two-labels-blank-line')
  const form = page.getByRole('form', { name: /two-labels-blank-line/ })
  await expect(form).toContainText('Its class is Qwen2ForTokenClassification with 2 labels')
  await form.getByLabel('After each step').fill('\\n\\n')
  const preview = form.getByRole('group', { name: 'Tokens as the model reads them' })
  await expect(preview.locator('small').first()).toHaveText('score 1')
  await form.getByRole('button', { name: 'Load it' }).click()
  await expect(loaded.locator('dl')).toContainText('two-labels at "\\n\\n"', { timeout: 30_000 })
})
