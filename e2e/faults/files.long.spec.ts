import { app, waitReady } from '../app.ts'
import type { Scenario } from './scenario.ts'
import { expect, openRunFile, run, savedOn, screen } from './scenario.ts'

const FULL = /space for Stepscope is full/

type Page = Parameters<Scenario['steps']>[0]['page']

/** Ids of the runs that are there; the one of before is to be deleted or renamed. */
const row = (page: Page) => page.getByRole('row', { name: /Greedy decoding/ })
const idOf = (before: { readonly runs: Readonly<Record<string, number>> }) => Object.keys(before.runs)

const imports: readonly Scenario[] = [
  {
    action: 'a run file is opened',
    fault: 'the disk is full',
    faults: ['disk-full@database'],
    told: FULL,
    steps: async ({ page, before }) => {
      await openRunFile(page, 'other.json')
      await expect(app.result(page)).toContainText('Right')
      await page.evaluate(() => window.stepscopeFaults.clear())
      await expect
        .poll(async () => Object.keys((await savedOn(page)).runs).length, { timeout: 20_000 })
        .toBe(idOf(before).length + 1)
      return undefined
    },
  },
  {
    action: 'a run file is opened',
    fault: 'it cannot be written',
    faults: ['write-fails@database/runs'],
    told: /is not saved/,
    steps: async ({ page }) => {
      await openRunFile(page, 'other.json')
      await expect(app.result(page)).toContainText('Right')
      return undefined
    },
  },
  {
    action: 'a run file is opened',
    fault: 'the page is reloaded at once',
    told: null,
    steps: async ({ page }) => {
      await openRunFile(page, 'other.json')
      await expect(app.result(page)).toContainText('Right')
      await page.waitForTimeout(300)
      await page.reload()
      await waitReady(page)
      expect(Object.keys((await savedOn(page)).runs)).toHaveLength(2)
      return undefined
    },
  },
  {
    action: 'a run file is opened',
    fault: 'it is a network’s login page',
    told: /login\.json/,
    steps: async ({ page }) => {
      await openRunFile(page, 'login.json', '<!doctype html><html><body>Log in to this network</body></html>')
      await expect(app.notices(page)).toContainText('The run file was not opened')
      return undefined
    },
  },
]

const changes: readonly Scenario[] = [
  {
    action: 'a run is deleted',
    fault: 'it cannot be written',
    faults: ['write-fails@database/runs'],
    told: /was not deleted/,
    steps: async ({ page }) => {
      await screen(page, 'Runs')
      await row(page).getByRole('button', { name: 'Delete' }).click()
      return undefined
    },
  },
  {
    action: 'a run is deleted',
    fault: 'the disk is full, so that it goes for good',
    faults: ['disk-full@database/runs'],
    told: /for good/,
    steps: async ({ page, before }) => {
      await screen(page, 'Runs')
      await row(page).getByRole('button', { name: 'Delete' }).click()
      return idOf(before)
    },
  },
  {
    action: 'a run is deleted, and it is undone',
    fault: 'the worker is killed',
    faults: ['worker-killed@told/events'],
    told: /Deleted/,
    steps: async ({ page }) => {
      await screen(page, 'Runs')
      await row(page).getByRole('button', { name: 'Delete' }).click()
      await expect(row(page)).toBeHidden()
      await app.notices(page).getByRole('button', { name: 'Undo' }).click()
      await expect(row(page)).toBeVisible()
      return undefined
    },
  },
  {
    action: 'a run is deleted',
    fault: 'the page is reloaded at once',
    told: null,
    steps: async ({ page, before }) => {
      await screen(page, 'Runs')
      await row(page).getByRole('button', { name: 'Delete' }).click()
      await expect(row(page)).toBeHidden()
      await page.waitForTimeout(300)
      await page.reload()
      await waitReady(page)
      return idOf(before)
    },
  },
  ...(
    [
      ['the disk is full', 'disk-full@database/runs', FULL],
      ['it cannot be written', 'write-fails@database/runs', /not saved/i],
    ] as const
  ).map(
    ([fault, armed, told]): Scenario => ({
      action: 'a run is renamed',
      fault,
      faults: [armed],
      told,
      steps: async ({ page, before }) => {
        await screen(page, 'Runs')
        await row(page).getByRole('button', { name: 'Rename' }).click()
        await page.getByLabel('Name of the run').fill('my first run')
        await page.keyboard.press('Enter')
        await page.waitForTimeout(1000)
        await page.evaluate(() => window.stepscopeFaults.clear())
        const [id = ''] = idOf(before)
        await expect.poll(async () => (await savedOn(page)).titles[id], { timeout: 20_000 }).toBe('my first run')
        return undefined
      },
    }),
  ),
]

run([...imports, ...changes])
