import { app, openReady, place, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

test('a Monte Carlo tree search is stepped through, and a vote explained', async ({ page }) => {
  await openReady(page)
  const setup = app.setup(page)
  const sentence = app.playback(page).locator('p[aria-live]')
  await setup.getByRole('textbox', { name: 'Problem', exact: true }).fill('3 5 7 2 > 24')

  await test.step('iteration by iteration, with value, prior and visits', async () => {
    await setup.getByRole('combobox', { name: 'Strategy' }).selectOption('Monte Carlo tree search')
    await runToEnd(page)
    await page.getByRole('radio', { name: 'Iterations' }).click()
    const rows = page.getByRole('region', { name: 'Search tree' }).getByRole('row')
    const all = (await rows.count()) - 1
    expect(all).toBeGreaterThan(3)
    await rows.last().getByRole('rowheader').getByRole('button', { name: '1' }).click()
    await expect(rows).toHaveCount(2)
    // Event by event through the second iteration: it selects, evaluates and backs up.
    const said = new Set<string>()
    const { at } = await place(page)
    for (let step = 1; step <= 30 && !(said.has('Backed') && (await rows.count()) === 3); step++) {
      await page.keyboard.press('.')
      await expect.poll(async () => (await place(page)).at).toBe(at + step)
      // After its place, `12/114`.
      said.add(/^\S+\s+(\w+)/.exec(await sentence.innerText())?.[1] ?? '')
    }
    expect([...said]).toEqual(expect.arrayContaining(['Iteration', 'Evaluated', 'Backed']))
    await expect(rows.nth(1)).toContainText(/V [\d.]+\s*P [\d.]+\s*n \d+/)
  })

  await test.step('a response that lost says why, and so does one without a vote', async () => {
    await setup.getByRole('combobox', { name: 'Strategy' }).selectOption('Majority vote')
    await runToEnd(page)
    await page.getByRole('radio', { name: 'Votes' }).click()
    const tree = page.getByRole('region', { name: 'Search tree' })
    await expect(tree.getByText('chosen', { exact: true })).toHaveCount(1)
    await tree.getByText('Without a vote:').getByRole('button').first().click()
    await expect(app.inspector(page)).toContainText(/Not the answer: .* has no vote\./)
    await tree
      .getByRole('button', { name: /^Response #\d+ adds (one vote|\d+ votes)/ })
      .first()
      .click()
    await expect(app.inspector(page)).toContainText(/Answer: .* (is chosen|the only votes)|Not (shown|the answer): /)
  })
})
