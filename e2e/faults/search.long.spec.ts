import { app, waitReady } from '../app.ts'
import type { Scenario } from './scenario.ts'
import { button, expect, fired, roomAgain, run, savedOn, screen, secondTab, startSearch } from './scenario.ts'

const ENDED = /browser ended its worker/
const LOST = /graphics device was lost/
const UNANSWERED = /did not answer within two seconds/
const FULL = /space for Stepscope is full/

const searches: readonly Scenario[] = [
  {
    action: 'a search',
    fault: 'the disk is full until there is room again',
    faults: ['disk-full@database'],
    steps: async ({ page, before }) => {
      await startSearch(page)
      await roomAgain(page, before)
      return undefined
    },
    told: FULL,
  },
  {
    action: 'a search',
    fault: 'its events cannot be written',
    faults: ['write-fails@database/events'],
    steps: async ({ page, before }) => {
      await startSearch(page)
      await roomAgain(page, before)
      return undefined
    },
    told: /is not saved/,
  },
  {
    action: 'a search',
    fault: 'the device is lost',
    faults: ['device-lost@told/events:2'],
    steps: async ({ page }) => {
      await startSearch(page)
      await fired(page)
      await waitReady(page)
      return undefined
    },
    told: LOST,
  },
  {
    action: 'a search',
    fault: 'the device is lost twice',
    faults: ['device-lost@told/events:2', 'device-lost@told/events:4'],
    steps: async ({ page }) => {
      await startSearch(page)
      await fired(page)
      await waitReady(page)
      await startSearch(page)
      await fired(page, 2)
      return undefined
    },
    told: /stopped again; the models wait for you/,
  },
  {
    action: 'a search',
    fault: 'its worker is killed',
    faults: ['worker-killed@told/events:2'],
    steps: async ({ page }) => {
      await startSearch(page)
      await fired(page)
      return undefined
    },
    told: ENDED,
  },
  {
    action: 'a search that begins',
    fault: 'its worker is killed',
    faults: ['worker-killed@call/startRun'],
    steps: async ({ page }) => {
      await startSearch(page)
      await fired(page)
      return undefined
    },
    told: ENDED,
  },
  {
    action: 'a search that is cancelled',
    fault: 'its worker hangs',
    faults: ['worker-hangs@told/events:2'],
    steps: async ({ page }) => {
      await startSearch(page)
      await fired(page)
      await button(page, 'Cancel').click()
      return undefined
    },
    told: UNANSWERED,
  },
  {
    action: 'a search that is paused',
    fault: 'its worker hangs',
    faults: ['worker-hangs@told/events:2'],
    steps: async ({ page }) => {
      await startSearch(page)
      await fired(page)
      await app.setup(page).getByRole('button', { name: 'Pause' }).click()
      return undefined
    },
    told: UNANSWERED,
  },
  {
    action: 'a search',
    fault: 'the page is reloaded in the middle',
    steps: async ({ page }) => {
      await startSearch(page)
      await app.setup(page).getByRole('button', { name: 'Pause' }).click()
      await page.waitForTimeout(1000)
      await page.reload()
      await waitReady(page)
      return undefined
    },
    told: /This run was interrupted/,
  },
  {
    action: 'a search that is paused',
    fault: 'another tab deletes it',
    steps: async ({ page, context, before }) => {
      await startSearch(page)
      await app.setup(page).getByRole('button', { name: 'Pause' }).click()
      await page.waitForTimeout(1000)
      const tab = await secondTab(context, '/#/runs')
      const row = tab.getByRole('row', { name: /paused|running/ })
      await row.getByRole('button', { name: 'Delete' }).click()
      await expect(row).toBeHidden()
      await app.setup(page).getByRole('button', { name: 'Resume' }).click()
      const ids = Object.keys((await savedOn(page)).runs).filter((id) => before.runs[id] === undefined)
      await tab.waitForTimeout(500)
      await tab.close()
      return ids
    },
    told: /Another tab deleted this run/,
  },
  {
    action: 'a change of the setup',
    fault: 'the disk is full',
    faults: ['disk-full@database/settings'],
    steps: async ({ page }) => {
      await app.setup(page).getByRole('textbox', { name: 'Problem', exact: true }).fill('3 5 7 > 22')
      return undefined
    },
    told: FULL,
  },
]

const comparisons: readonly Scenario[] = (
  [
    ['the disk is full', ['disk-full@database'], FULL],
    ['the device is lost', ['device-lost@told/events:3'], LOST],
    ['the worker is killed', ['worker-killed@told/events:3'], ENDED],
    ['the worker hangs, and all are cancelled', ['worker-hangs@told/events:3'], UNANSWERED],
    ['the page is reloaded in the middle', [], null],
  ] as const
).map(([fault, faults, told]) => ({
  action: 'a comparison of strategies',
  fault,
  faults,
  told,
  steps: async ({ page }) => {
    await screen(page, 'Compare')
    await button(page, 'Run all').click()
    if (faults.length > 0) await fired(page)
    else {
      await page.waitForTimeout(1000)
      await page.reload()
      await waitReady(page)
    }
    if (fault.includes('cancelled')) await button(page, 'Cancel all').click()
    return undefined
  },
}))

const completions: readonly Scenario[] = (
  [
    ['the disk is full', ['disk-full@database'], FULL],
    ['the device is lost', ['device-lost@told/events:2'], LOST],
    ['the worker is killed', ['worker-killed@told/events:2'], ENDED],
    ['the worker hangs, and they are cancelled', ['worker-hangs@told/events:2'], UNANSWERED],
    ['the page is reloaded in the middle', [], null],
  ] as const
).map(([fault, faults, told]) => ({
  action: 'completions at a node',
  fault,
  faults,
  told,
  steps: async ({ page }) => {
    const inspector = app.inspector(page)
    await page.getByText('Table', { exact: true }).click()
    await app.rows(page).filter({ hasText: 'kept' }).first().click()
    await inspector.getByLabel('Completions', { exact: true }).fill('64')
    await inspector.getByRole('button', { name: 'Run', exact: true }).click()
    if (faults.length > 0) await fired(page)
    else {
      await page.waitForTimeout(500)
      await page.reload()
      await waitReady(page)
    }
    if (fault.includes('cancelled')) await inspector.getByRole('button', { name: 'Cancel' }).click()
    return undefined
  },
}))

run([...searches, ...comparisons, ...completions])
