import { app, openReady, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

test('the chain, hidden and shown', async ({ page, context }) => {
  await openReady(page)
  const setup = app.setup(page)
  await setup.getByRole('textbox', { name: 'Problem', exact: true }).fill('3 5 7 2 > 24')
  await runToEnd(page)
  const answer = (await app.result(page).innerText()).split('\n')[0] ?? ''
  const response = page.getByRole('region', { name: 'Response' })
  const chain = page.getByRole('region', { name: 'Chain' })

  await test.step('hidden: time, tokens, a summary and the answer, and no more', async () => {
    await page.getByRole('radio', { name: 'Response' }).click()
    await expect(response.getByRole('status')).toHaveText(/^Thought for [\d.]+\sm?s, \d+ tokens$/)
    const summary = response.getByRole('list', { name: 'Summary' }).getByRole('listitem')
    await expect(summary.first()).toHaveText(/^Takes \d+ [+−×÷] \d+ as \d+; .* left\.$/)
    await expect(summary.last()).toHaveText(`Answers ${answer}.`)
    await expect(chain).toBeHidden()
  })

  await test.step('shown: what was tried and dropped, why, and what it cost', async () => {
    await page.keyboard.press('h')
    await expect(chain.getByText(/^Tokens tried and dropped, \d+ steps$/).locator('..')).toContainText(/[1-9]\d*$/)
    const steps = chain.getByRole('list', { name: 'Steps in their order' })
    await expect(steps.getByText(/Step 1\. Pruned: .* below/).first()).toBeVisible()
    await expect(steps.getByText(/^On the path\./).first()).toBeVisible()
    await steps.getByRole('button').first().click()
    await expect(app.inspector(page).getByRole('heading', { name: 'Step 1' })).toBeVisible()
  })

  await test.step('before its end it is still thinking', async () => {
    await page.keyboard.press('[')
    await expect(response.getByRole('status')).toHaveText(/^Thinking: \d+ tokens so far$/)
    await page.keyboard.press('h')
    await expect(chain).toBeHidden()
  })

  await test.step('a reload keeps it, a link says it, and the tree comes back', async () => {
    await page.reload()
    await expect(response).toBeVisible()
    await page.getByRole('radio', { name: 'Tree' }).click()
    await expect(response).toBeHidden()
    const opened = await context.newPage()
    await opened.goto('/#chain=shown')
    await expect(opened.getByRole('region', { name: 'Chain' })).toBeVisible()
  })
})
