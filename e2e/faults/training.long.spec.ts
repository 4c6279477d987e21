import { waitReady } from '../app.ts'
import { expectTrained, shown, startTraining } from '../train.ts'
import type { Scenario, Surroundings } from './scenario.ts'
import { arm, button, expect, fired, run, savedOn, screen, secondTab } from './scenario.ts'

const STEPS = 8
const FULL = /space for Stepscope is full/
const WENT_ON = /went on by itself from step|started again/
const UNANSWERED = /did not answer within two seconds/

const recipeOf = (objective: string) =>
  encodeURIComponent(
    JSON.stringify({
      objective,
      model: 'countdown-policy',
      steps: STEPS,
      batch: 2,
      saveEvery: 2,
      evaluateProblems: 0,
      passTokens: 512,
      data: { source: 'generated', problems: 12 },
    }),
  )

type Page = Surroundings['page']

async function train(page: Page, objective: string): Promise<void> {
  await page.evaluate((recipe) => {
    location.hash = `#/train?recipe=${recipe}`
  }, recipeOf(objective))
  await startTraining(page)
}

/** The run goes on from where the person asks. */
async function finish(page: Page): Promise<void> {
  await page.evaluate(() => window.stepscopeFaults.clear())
  const again = page.getByRole('button', { name: /^Continue from step|^Start again$/ })
  await again.click({ timeout: 30_000 })
  await expectTrained(page)
}

const ended = (page: Page, words: RegExp) =>
  expect(shown(page).getByRole('heading', { level: 2 })).toContainText(words, { timeout: 45_000 })

/** Who trains, what goes wrong, what the person does, and what is told. */
type Row = readonly [fault: string, faults: readonly string[], then: (page: Page) => Promise<void>, told: RegExp | null]

const fails = async (page: Page) => {
  await ended(page, /stopped by an error/)
  await finish(page)
}
const finishes = (page: Page) => expectTrained(page)
const stops = async (page: Page) => {
  await fired(page)
  await button(page, 'Stop').click()
  await ended(page, /interrupted/)
  await finish(page)
}

const rows: readonly Row[] = [
  ['the disk is full at its second save', ['disk-full@files/save-00000004'], fails, FULL],
  ['its save cannot be written', ['write-fails@files/save-00000004'], fails, /could not read or write|could not be/],
  ['the disk is full for its log', ['disk-full@files/log'], fails, FULL],
  ['the device is lost after a save', ['device-lost@told/training/saved'], finishes, WENT_ON],
  ['its worker is killed at a step', ['worker-killed@told/training/step:5'], finishes, WENT_ON],
  ['its worker is killed in a save', ['worker-killed@files/save-00000004:2'], finishes, WENT_ON],
  [
    'its worker is killed twice',
    ['worker-killed@told/training/step:3', 'worker-killed@told/training/saved:2'],
    finishes,
    WENT_ON,
  ],
  ['its worker hangs after a save, and it is stopped', ['worker-hangs@told/training/saved'], stops, UNANSWERED],
  ['its worker hangs before the first save, and it is stopped', ['worker-hangs@told/training/step'], stops, UNANSWERED],
  [
    'the page is reloaded in the middle',
    [],
    async (page) => {
      await expect(shown(page)).toContainText('Saved at step 2', { timeout: 45_000 })
      await page.reload()
      await waitReady(page)
      await screen(page, 'Train')
      await ended(page, /interrupted|running/)
      await finish(page)
    },
    null,
  ],
]

const sft: readonly Scenario[] = rows.map(([fault, faults, then, told]) => ({
  action: 'training (SFT)',
  fault,
  told,
  steps: async ({ page }) => {
    await arm(page, ...faults)
    await train(page, 'sft')
    await then(page)
    return undefined
  },
}))

const rewards: readonly Scenario[] = rows
  .filter((_, at) => [0, 3, 4, 7, 9].includes(at))
  .map(([fault, faults, then, told]) => ({
    action: 'training (a reward model)',
    fault,
    told,
    steps: async ({ page }) => {
      await arm(page, ...faults)
      await train(page, 'outcome-reward')
      await then(page)
      return undefined
    },
  }))

const others: readonly Scenario[] = [
  {
    action: 'training begins, and it is cancelled',
    fault: 'the worker hangs',
    faults: ['worker-hangs@call/startTraining'],
    told: UNANSWERED,
    steps: async ({ page }) => {
      await train(page, 'sft')
      await fired(page)
      await button(page, 'Cancel').click()
      await expect(button(page, 'Start training')).toBeEnabled({ timeout: 15_000 })
      return undefined
    },
  },
  {
    action: 'training (SFT)',
    fault: 'the disk is full from the start',
    faults: ['disk-full@files'],
    told: FULL,
    steps: async ({ page }) => {
      await train(page, 'sft')
      await expect(page.getByRole('alert').filter({ hasText: FULL }).first()).toBeVisible({ timeout: 30_000 })
      return undefined
    },
  },
  {
    action: 'training (SFT)',
    fault: 'another tab shows it, which can only look',
    told: null,
    steps: async ({ page, context }) => {
      await train(page, 'sft')
      await expect(shown(page)).toContainText('Saved at step 2', { timeout: 45_000 })
      const tab = await secondTab(context, '/#/train')
      // The run of another tab has no buttons here: it can be looked at.
      await expect(shown(tab).getByRole('heading', { level: 2 })).toBeVisible({ timeout: 30_000 })
      for (const name of ['Delete', 'Stop', 'Pause'])
        await expect(shown(tab).getByRole('button', { name })).toHaveCount(0)
      await tab.close()
      await expectTrained(page)
      return undefined
    },
  },
  {
    action: 'the export of a trained model',
    fault: 'the worker is killed',
    told: /The model was not exported/,
    steps: async ({ page }) => {
      await train(page, 'sft')
      await expectTrained(page)
      await arm(page, 'worker-killed@call/exportTraining')
      await shown(page).getByRole('button', { name: 'Download', exact: true }).click()
      await page.getByRole('button', { name: /Hugging Face folder/ }).click()
      await fired(page)
      expect(Object.values((await savedOn(page)).trainings)).toEqual([STEPS])
      return undefined
    },
  },
  {
    action: 'a trained model is opened in the playground',
    fault: 'the device is lost',
    told: /graphics device was lost/,
    steps: async ({ page }) => {
      await train(page, 'sft')
      await expectTrained(page)
      await arm(page, 'device-lost@told/loading')
      await shown(page).getByRole('button', { name: 'Open in the playground' }).click()
      await fired(page)
      await waitReady(page)
      return undefined
    },
  },
]

run([...sft, ...rewards, ...others])
