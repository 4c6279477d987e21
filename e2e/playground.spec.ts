import type { Page } from '@playwright/test'
import { app, expectAnswer, openReady, place, runPaused, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

const STRATEGIES = [
  'Greedy decoding',
  'Majority vote',
  'Weighted vote, PRM',
  'Best of N, PRM',
  'Best of N, ORM',
  'Greedy tree search',
  'Beam search',
  'Diverse tree search (DVTS)',
  'REBASE',
  'Lookahead search',
  'Monte Carlo tree search',
  'Sequential revision',
] as const

test('every strategy runs to an answer', async ({ page }) => {
  await openReady(page)
  const setup = app.setup(page)
  await setup.getByRole('textbox', { name: 'Problem', exact: true }).fill('3 5 7 2 > 24')
  for (const strategy of STRATEGIES) {
    await test.step(strategy, async () => {
      await setup.getByRole('combobox', { name: 'Strategy' }).selectOption(strategy)
      await runToEnd(page)
      await expect(app.result(page)).toContainText(/\d+/)
      expect((await place(page)).of).toBeGreaterThan(3)
      await expect(page.getByText('Policy tokens').locator('..')).toContainText(/\d/)
    })
  }
})

test('a run can be paused, stepped, resumed and cancelled', async ({ page }) => {
  await openReady(page)
  const setup = app.setup(page)
  const run = setup.getByRole('button', { name: 'Run', exact: true })
  await runPaused(page)
  const of = await settled(page)
  await setup.getByRole('button', { name: 'Let one more event happen' }).click()
  await expect.poll(async () => (await place(page)).of).toBe(of + 1)
  await setup.getByRole('button', { name: 'Resume' }).click()
  await expectAnswer(page)
  expect((await place(page)).of).toBeGreaterThan(of + 1)

  await runPaused(page)
  await setup.getByRole('button', { name: 'Cancel' }).click()
  await expect(app.result(page)).toContainText('Cancelled')
  await expect(run).toBeVisible()
})

/** Number of events once no more arrive: the pull that was under way when the run was paused still ends. */
async function settled(page: Page): Promise<number> {
  let last = -1
  await expect
    .poll(
      async () => {
        const before = last
        last = (await place(page)).of
        return last === before
      },
      { intervals: [1500] },
    )
    .toBe(true)
  return last
}

test('the playhead goes back and forth, by buttons and by keys', async ({ page }) => {
  await page.goto('/')
  await expect(app.result(page)).toContainText('Right')
  const { of } = await place(page)
  const playback = app.playback(page)

  await playback.getByRole('button', { name: 'To the start' }).click()
  expect((await place(page)).at).toBe(0)
  await playback.getByRole('button', { name: 'One event forward' }).click()
  await expect(playback).toContainText('Started')
  await page.keyboard.press('.')
  await expect(playback).toContainText('Proposed')
  await page.keyboard.press(',')
  await expect(playback).toContainText('Started')
  await expect(app.result(page)).toContainText('Event 1 of')

  await page.keyboard.press(']')
  await page.keyboard.press(']')
  await expect(playback.getByLabel('Round', { exact: true })).toHaveValue('2')
  await playback.getByLabel('Round', { exact: true }).selectOption('1')
  await expect(playback.getByLabel('Round', { exact: true })).toHaveValue('1')

  await playback.getByRole('button', { name: 'To the end' }).click()
  expect((await place(page)).at).toBe(of)
  await expect(app.result(page)).toContainText('Right')

  await playback.getByLabel('Speed').selectOption('16')
  await page.keyboard.press('Space')
  await expect.poll(async () => (await place(page)).at).toBe(of)
  await app.timeline(page).focus()
  await page.keyboard.press('Home')
  expect((await place(page)).at).toBe(0)
})

test('a problem that cannot be read, and n that m does not divide, say why, and the run waits', async ({ page }) => {
  await page.goto('/')
  await expect(app.result(page)).toContainText('Right')
  const setup = app.setup(page)
  const problem = setup.getByRole('textbox', { name: 'Problem', exact: true })
  for (const [text, message] of [
    ['3 5 7 2 9 11 > 24', /number/i],
    ['3 5.5 7 > 24', /5\.5|whole|integer/i],
    ['3 5 7', />|target/i],
  ] as const) {
    await problem.fill(text)
    await expect(setup.getByRole('alert')).toContainText(message)
    await expect(setup.getByRole('button', { name: 'Run', exact: true })).toBeDisabled()
  }
  await problem.fill('3 5 7 > 22')
  await expect(setup.getByRole('alert')).toBeHidden()
  await expect(setup.getByRole('button', { name: 'Run', exact: true })).toBeEnabled()

  await setup.getByLabel('Children (m)').fill('3')
  await expect(setup.getByRole('alert')).toContainText(/divisible|multiple/)
  await expect(setup.getByRole('button', { name: 'Run', exact: true })).toBeDisabled()
  await page.locator('body').click({ position: { x: 5, y: 300 } })
  await page.keyboard.press('Control+z')
  await expect(setup.getByLabel('Children (m)')).toHaveValue('4')
})
