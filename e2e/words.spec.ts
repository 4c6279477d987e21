import { app, openReady, runToEnd, waitReady } from './app.ts'
import { expect, test } from './fixtures.ts'

test('a newcomer tries word problems: a random one, beam search, a step of its tree, two strategies, a training run of the same task', async ({
  page,
}) => {
  await openReady(page)
  const setup = app.setup(page)
  await setup.getByRole('combobox', { name: 'Task' }).selectOption('Word problems')
  // The task's own models come with it.
  await expect(setup.getByRole('combobox', { name: 'Policy' })).toContainText('Word problems policy')
  await waitReady(page)
  const problem = setup.getByRole('textbox', { name: 'Problem', exact: true })
  const example = await problem.inputValue()
  await setup.getByRole('button', { name: 'Random' }).click()
  await expect(problem).not.toHaveValue(example)
  await expect(problem).toHaveValue(/\?$/)
  await expect(setup.getByRole('combobox', { name: 'Strategy' })).toContainText('Beam search')
  await runToEnd(page)

  // The steps are sentences with sums, and the inspector says which is right.
  await page.getByText('Table', { exact: true }).click()
  await app.rows(page).nth(1).click()
  const inspector = app.inspector(page)
  await expect(inspector).toContainText(/Step 1/)
  await expect(inspector.getByRole('textbox', { name: 'Step 1' })).toHaveValue(/[A-Z][a-z]+/)
  await inspector.getByRole('button', { name: 'Reveal' }).click()
  await expect(inspector.getByRole('region', { name: 'Truth' })).toContainText(/right|wrong|reach/i)

  // The same problem by two strategies.
  const asked = await problem.inputValue()
  await page.getByRole('link', { name: 'Compare' }).click()
  await expect(page.getByRole('textbox', { name: 'Problem' })).toHaveValue(asked)
  await page.getByRole('button', { name: 'Run all' }).click()
  const columns = page.getByRole('region', { name: /^Strategy \d/ })
  for (const column of await columns.all()) await expect(column).toContainText(/Right|Wrong|No answer/)

  // Training begins with the task that was chosen.
  await page.getByRole('link', { name: 'Train' }).click()
  await expect(page.getByRole('combobox', { name: 'Task' })).toContainText('Word problems')
  await expect(page.getByRole('combobox', { name: 'Task' })).toHaveValue('word-problems')
  await expect(page.getByRole('button', { name: /^Start/ })).toBeEnabled()
})
