import type { Page } from '@playwright/test'
import { app, expectAnswer, openReady, place } from './app.ts'
import { expect, test } from './fixtures.ts'

async function selectAnswer(page: Page): Promise<void> {
  const button = app.inspector(page).getByRole('button', { name: 'Select the answer' })
  // The recorded run opens with a node selected.
  await expect(app.result(page)).toContainText('Right')
  await page.keyboard.press('Escape')
  await button.click()
  await expect(app.inspector(page)).toContainText('answer')
}

/** The answer's path as inputs: the models have read it. */
async function openPath(page: Page): Promise<void> {
  await selectAnswer(page)
  await expect(app.inspector(page).getByLabel('Step 1', { exact: true })).toBeVisible()
}

test('the inspector explains a node: path, tokens, reason, other rankings, truth; arrow keys walk the tree', async ({
  page,
}) => {
  await openReady(page)
  await openPath(page)
  const inspector = app.inspector(page)
  await expect(inspector).toContainText(/Answer: |Kept: /)
  await expect(inspector.getByRole('img', { name: /^Scores along the path/ })).toBeVisible()

  await inspector.getByRole('group', { name: 'Tokens of this step' }).getByRole('button').first().hover()
  await expect(inspector).toContainText('nat')

  // Arrow keys walk the tree.
  const step = await inspector.getByRole('heading', { name: /^Step \d/ }).innerText()
  await page.getByRole('application', { name: /^Search tree/ }).focus()
  await page.keyboard.press('ArrowLeft')
  await expect(inspector.getByRole('heading', { name: /^Step \d/ })).not.toHaveText(step)
  await page.keyboard.press('Escape')
  await expect(inspector).toContainText('Select a step')

  await page.getByText('Table', { exact: true }).click()
  await app.rows(page).filter({ hasText: 'pruned' }).first().click()
  await expect(inspector).toContainText(/Pruned: “/)
  const rankings = inspector.getByRole('table').filter({ hasText: 'log-odds' })
  for (const name of ['last', 'lowest', 'product', 'mean', 'log-odds']) {
    await expect(rankings.getByRole('rowheader', { name })).toBeVisible()
  }

  await expect(inspector).toContainText('Hidden, so that you can guess')
  await inspector.getByRole('button', { name: 'Reveal' }).click()
  await expect(inspector).toContainText(/solvable|invalid/)
})

test('an edited step changes its score and the log-probability, and the search continues from it', async ({ page }) => {
  await openReady(page)
  await openPath(page)
  const inspector = app.inspector(page)
  const first = inspector.getByLabel('Step 1', { exact: true })
  const before = await first.inputValue()
  // A wrong result: the PRM should not like it.
  const wrong = before.replace(/=(\d+)/, (_, result: string) => `=${Number(result) + 1}`)
  await first.fill(wrong)
  const changed = inspector.getByText(/PRM \d\.\d+ → \d\.\d+/).first()
  await expect(changed).toBeVisible()
  const [from = Number.NaN, to = Number.NaN] = ((await changed.innerText()).match(/\d\.\d+/g) ?? []).map(Number)
  expect(to).toBeLessThan(from)
  await expect(inspector.getByText(/log-prob\. −?\d+\.\d+ → −\d+\.\d+/).first()).toBeVisible()

  await inspector.getByRole('button', { name: 'Undo edits' }).click()
  await expect(first).toHaveValue(before)

  await first.fill(wrong)
  await expect(inspector).toContainText('Of the edited path')
  const tree = page.getByRole('region', { name: 'Search tree' })
  const replaced = (await tree.getAttribute('data-run')) ?? ''
  await inspector.getByRole('button', { name: 'Continue the search from the edit' }).click()
  await expect(page.getByRole('heading', { level: 2 })).toContainText('after')
  await expectAnswer(page)

  // Back returns to the run that it took the place of; another problem in the setup leaves the tree marked as another's.
  await page.goBack()
  await expect(tree).toHaveAttribute('data-run', replaced)
  await page.keyboard.press('n')
  await expect(page.getByText(/^This search was made with problem/)).toBeVisible()
  await page.getByRole('button', { name: 'Set up as it was' }).click()
  await expect(page.getByText(/^This search was made with/)).toHaveCount(0)
})

test('Monte Carlo completions of a kept step are run, shown and counted, and a search continues from it', async ({
  page,
}) => {
  await openReady(page)
  await page.getByText('Table', { exact: true }).click()
  await app.rows(page).filter({ hasText: 'kept' }).first().click()
  const inspector = app.inspector(page)
  await inspector.getByLabel('Completions', { exact: true }).fill('4')
  await inspector.getByRole('button', { name: 'Run', exact: true }).click()
  await expect(inspector).toContainText(/\d of 4 right/)
  await expect(inspector.getByRole('listitem').filter({ hasText: /A \d+/ })).toHaveCount(4)
  // Brought into view in the inspector, not by moving the page.
  await expect(inspector.getByText(/\d of 4 right/).last()).toBeInViewport()
  expect(await page.evaluate(() => [scrollY, document.documentElement.scrollTop, document.body.scrollTop])).toEqual([
    0, 0, 0,
  ])

  await inspector.getByRole('button', { name: 'Continue the search from here' }).click()
  await expect(page.getByRole('heading', { level: 2 })).toContainText('after 1 given')
  await expectAnswer(page)
  expect((await place(page)).of).toBeGreaterThan(3)
})
