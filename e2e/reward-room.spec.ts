import { readdir, readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { writeSmallChat } from '../src/engine/testing/node-small-chat.ts'
import { app, openReady, waitReady } from './app.ts'
import { expect, test } from './fixtures.ts'

/** ProcessBench's columns, of Countdown, so that the bundled reward model can read them. */
const ROWS = [
  { id: 'right', problem: '3 5 8 > 23', steps: ['3*5=15 : 8 15', '15+8=23 : 23', 'A 23'], label: -1 },
  { id: 'wrong', problem: '3 5 8 > 23', steps: ['8-5=3 : 3 3', '3+3=6 : 6', 'A 6'], label: 0 },
  { id: 'slip', problem: '2 4 6 > 10', steps: ['4+6=10 : 2 10', '10*2=20 : 20', 'A 20'], label: 1 },
]

const PRM800K = 'PRM800K: a rating for each step'

/** What a key says of a step. */
const WORDS: Readonly<Record<string, string>> = { 1: 'right', 0: 'neutral', '-': 'wrong' }

async function open(page: Page, name: string, text: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Open a file', exact: true }).click()
  await (await chooser).setFiles({ name, mimeType: 'application/jsonl', buffer: Buffer.from(text) })
}

/** The file that the page writes of all listed traces. */
async function exported(page: Page, traces: number, labels: string, format?: string): Promise<string> {
  await page.getByRole('button', { name: /^Export/ }).click()
  const dialog = page.getByRole('dialog')
  if (format !== undefined) await dialog.getByLabel('Rows of').selectOption({ label: format })
  await dialog.getByLabel('Labels').selectOption({ label: labels })
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: `Export ${traces} traces` }).click()
  return readFile(await (await download).path(), 'utf8')
}

test('a file of traces is scored, labelled by keys, judged under a threshold, and written again unchanged', async ({
  page,
}) => {
  await openReady(page, '/#/rewards')
  const text = [
    ...ROWS.map((row) => JSON.stringify(row)),
    '{"id": "bad", "problem": "1 2 > 3", "steps": 5, "label": 0}',
  ]
  await open(page, 'bench.jsonl', `${text.join('\n')}\n`)
  // The row that cannot be read is named by line and field; the others are taken where the person says so.
  await expect(page.getByRole('alert', { name: 'Rows that cannot be read' })).toContainText(/Line 4, steps/)
  await page.getByRole('button', { name: 'Leave them out, take 3 traces' }).click()
  const list = page.getByRole('listbox', { name: '3 traces' })
  await expect(list.getByRole('option')).toHaveCount(3)

  await page.getByRole('button', { name: 'Score 3' }).click()
  await expect(page.getByText(/3 of 3 scored/)).toBeVisible()
  await page.getByRole('tab', { name: 'Heatmap' }).click()
  await page.getByRole('radio', { name: 'Table' }).click()
  await expect(page.getByRole('region', { name: 'Scores by step' }).getByRole('row')).toHaveCount(4)

  // Labels by keys; they are kept over a reload.
  await list.getByRole('option').nth(1).click()
  const steps = page.getByRole('region', { name: 'Steps' })
  await steps.getByRole('button', { name: /^Step 1, by hand/ }).focus()
  await page.keyboard.press('1')
  await page.keyboard.press('-')
  await expect(steps.getByRole('button', { name: 'Step 1, by hand: right' })).toBeVisible()
  await expect(steps.getByRole('button', { name: 'Step 2, by hand: wrong' })).toBeVisible()
  await page.keyboard.press('Control+z')
  await expect(steps.getByRole('button', { name: 'Step 2, by hand: unmarked' })).toBeVisible()

  await page.getByRole('tab', { name: 'Threshold' }).click()
  const slider = page.getByRole('slider', { name: 'Threshold' })
  await slider.focus()
  const before = await slider.getAttribute('aria-valuetext')
  await page.keyboard.press('ArrowRight')
  await expect(slider).not.toHaveAttribute('aria-valuetext', before ?? '')
  await expect(page.getByRole('region', { name: 'Parts at this threshold' })).toContainText('%')

  await page.reload()
  await waitReady(page)
  await expect(list.getByRole('option')).toHaveCount(3)
  await expect(page.getByText(/3 of 3 scored/)).toBeVisible()

  // The file's own labels, in the file's own format: each row as it came.
  const written = await exported(page, 3, 'The file’s')
  expect(written).toBe(ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''))
})

test('a disagreement under a threshold is opened, edited and probed; ten steps are labelled by keys, come back from a file and train the model', async ({
  page,
}) => {
  const rows = [
    ...ROWS,
    { id: 'other', problem: '2 4 6 > 12', steps: ['2+4=6 : 6 6', '6+6=12 : 12', 'A 12'], label: -1 },
  ]
  await openReady(page, '/#/rewards')
  await open(page, 'bench.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await page.getByRole('button', { name: 'Score 4' }).click()
  await expect(page.getByText(/4 of 4 scored/)).toBeVisible()
  // At the lowest threshold no step is called wrong: every wrong answer is a disagreement.
  await page.getByRole('tab', { name: 'Threshold' }).click()
  await page.getByRole('slider', { name: 'Threshold' }).focus()
  await page.keyboard.press('Home')
  await page.getByRole('tab', { name: 'Disagreements' }).click()
  await page.getByLabel('Disagreement', { exact: true }).selectOption('wrong-with-high-scores')
  await page.getByRole('list', { name: 'Wrong answer, high scores throughout' }).getByRole('button').first().click()
  const trace = page.getByRole('article', { name: 'Trace' })
  await expect(trace).toContainText(/wrong answer|no right answer/)

  await trace.getByRole('button', { name: 'Edit steps' }).click()
  const first = trace.getByRole('textbox', { name: 'Text of step 1' })
  const step = trace.getByRole('listitem').filter({ has: page.getByRole('textbox', { name: 'Text of step 1' }) })
  await first.fill('3*5=15 : 8 15')
  await expect(step).toContainText(/→ [01]\.\d/)

  await trace.getByRole('button', { name: 'Probe', exact: true }).click()
  await trace.getByRole('button', { name: 'Run all probes' }).click()
  const probes = trace.getByRole('table', { name: /Score of the step that should tell/ })
  await expect(probes.getByRole('row').filter({ hasText: 'Step said twice' })).toContainText(/\d → \d/)
  // Its vocabulary has no idle words.
  await expect(probes.getByRole('row').filter({ hasText: 'Empty words put in' })).toContainText('cannot be written')

  // Ten steps by keys: `n` goes on to the first step of the next trace.
  const steps = page.getByRole('region', { name: 'Steps' })
  await page.getByRole('listbox', { name: '4 traces' }).getByRole('option').first().click()
  await trace.getByRole('radio', { name: 'Every step' }).click()
  for (const [index, keys] of ['111', '-11', '1-1', '0'].entries()) {
    await expect(trace.getByRole('heading', { level: 3 }).first()).toContainText(rows[index]?.id ?? '')
    if (index === 0) await steps.getByRole('button', { name: /^Step 1, by hand/ }).focus()
    else await expect(steps.getByRole('button', { name: /^Step 1, by hand/ })).toBeFocused()
    for (const key of keys) await page.keyboard.press(key)
    await expect(
      steps.getByRole('button', { name: `Step ${keys.length}, by hand: ${WORDS[keys.at(-1) ?? '']}` }),
    ).toBeVisible()
    if (index < 3) await page.keyboard.press('n')
  }
  const written = await exported(page, 4, 'By hand', PRM800K)

  // What was written comes back as it is, and is written again without a change.
  await page.getByRole('button', { name: 'Take away the traces of bench.jsonl' }).click()
  await open(page, 'labels.jsonl', written)
  await expect(page.getByRole('listbox', { name: '4 traces' })).toBeVisible()
  expect(await exported(page, 4, 'The file’s')).toBe(written)

  // A copy of the model learns from them, and stands beside the one from before on the same traces.
  await page.getByRole('tab', { name: 'Training' }).click()
  const train = page.getByRole('region', { name: 'Train on labels' })
  await train.getByLabel('Labels').selectOption({ label: 'Labels of the file' })
  await train.getByLabel('Of', { exact: true }).selectOption({ label: 'all problems' })
  await train.getByRole('spinbutton', { name: 'Steps' }).fill('2')
  await train.getByRole('button', { name: 'Train on 7 labels' }).click()
  const runs = page.getByRole('region', { name: 'Runs of this room' })
  await runs.getByRole('button', { name: 'Show before and after' }).click()
  const beside = page.getByRole('region', { name: 'Before and after' })
  await beside.getByRole('radio', { name: 'All listed traces' }).click()
  await expect(beside.getByRole('row')).toHaveCount(3)
  await expect(beside.getByRole('row').nth(2)).toContainText('%')
  await expect(page.getByText(/4 of 4 scored/)).toHaveCount(2)
})

const FIXTURES = 'tests/fixtures/readings'

/** Problems with their steps, which all of the models were asked, and what their own programs say. */
interface Expected {
  rows: { problem: string; steps: string[]; scores: number[] }[]
}

async function expectedOf(folder: string): Promise<Expected> {
  return JSON.parse(await readFile(`${FIXTURES}/${folder}/expected.json`, 'utf8')) as Expected
}

const DROPPED = 'two-layer-head-extra-token'

/** Drops the files of a folder on the page. */
async function drop(page: Page, folder: string): Promise<void> {
  const names = ['config.json', ...(await readdir(folder)).filter((name) => name !== 'config.json')]
  const files = await Promise.all(
    names.map(async (name) => ({ name, base64: (await readFile(`${folder}/${name}`)).toString('base64') })),
  )
  const data = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer()
    for (const { name, base64 } of given) transfer.items.add(new File([Uint8Array.fromBase64(base64)], name))
    return transfer
  }, files)
  await page.dispatchEvent('body', 'drop', { dataTransfer: data })
}

/** Folders without a manifest, what is to be filled in, and what their reading is called. */
const READINGS = [
  { folder: 'value-head-at-newline', reading: 'Value head at line ends' },
  { folder: 'outcome-in-chat', reading: 'One number for the response' },
  { folder: 'two-labels-newline', after: '\\n', reading: 'Two labels at a separator' },
  { folder: 'two-labels-blank-line', after: '\\n\\n', reading: 'Two labels at a separator' },
  { folder: 'candidate-tokens-at-step-tag', readAs: 'step-tag', reading: 'Two tokens at a step tag' },
  { folder: 'candidate-tokens-in-chat-turns', readAs: 'chat-turns', reading: 'Two tokens in a chat of steps' },
]

test('reward models of each reading are dropped or opened in the room, asked about where needed, and score a file of ordinary text', async ({
  page,
}, testInfo) => {
  await openReady(page, '/#/rewards')
  const { rows } = await expectedOf(DROPPED)
  // ProcessBench's columns, of ordinary text.
  const bench = rows.map(({ problem, steps }, index) => ({ id: `text-${index}`, problem, steps, label: index - 1 }))
  await open(page, 'bench.jsonl', bench.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await page.getByRole('listbox', { name: '3 traces' }).getByRole('option').first().click()
  const steps = page.getByRole('region', { name: 'Steps' })
  const form = page.getByRole('form', { name: /^Model folder/ })
  const choose = async (folder: string) => {
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Open the folder of a reward model' }).click()
    await (await chooser).setFiles(folder)
  }
  const scored = steps.getByRole('img', { name: 'score of model A' })
  const expectScored = async (name: string, reading: string) => {
    await expect(page.getByRole('combobox', { name: 'Model A' }).last().locator('option:checked')).toHaveText(name)
    await page.getByRole('button', { name: 'Score 3' }).click()
    await expect(page.getByText(new RegExp(`^${reading}, .*3 of 3 scored`))).toBeVisible()
    await expect(steps.getByRole('columnheader', { name })).toBeVisible()
    await expect(scored).toHaveCount(4)
  }
  /** A model of outcomes says of each step what it says of a response that ends there. */
  const expectScores = async (folder: string) => {
    const labels = await scored.evaluateAll((bars) => bars.map((bar) => bar.getAttribute('aria-label') ?? ''))
    const shown = labels.map((label) => Number(label.split(' ').at(-1)))
    const expected = (await expectedOf(folder)).rows[0]?.scores ?? []
    for (const [index, score] of shown.slice(-expected.length).entries())
      expect(Math.abs(score - (expected[index] ?? Number.NaN)), `${folder}, ${labels}`).toBeLessThan(0.001)
  }

  await drop(page, `${FIXTURES}/${DROPPED}`)
  await expectScored('config.json', 'Two-layer head at an extra token')
  await expectScores(DROPPED)
  for (const { folder, after, readAs, reading } of READINGS) {
    await choose(`${FIXTURES}/${folder}`)
    if (after) await form.getByLabel('After each step').fill(after)
    if (readAs) await expect(form.getByLabel('Read as')).toHaveValue(readAs)
    if (after || readAs) {
      // What it would be given stands there before it is loaded.
      await expect(form.getByRole('group', { name: 'Tokens as the model reads them' })).toBeVisible()
      await form.getByRole('button', { name: 'Load it' }).click()
    }
    await expectScored(folder, reading)
    await expectScores(folder)
  }

  // A language model against the one that it was trained from, which is no reward model.
  await choose(await writeSmallChat(testInfo.outputPath('before-training')))
  await expect(app.notices(page)).toContainText('“before-training” is loaded as the policy')
  const manifest = { role: 'process-reward-model', step_end: '\n', reading: 'implicit', beta: 0.1 }
  await choose(await writeSmallChat(testInfo.outputPath('after-training'), manifest))
  await expect(form.getByLabel('β')).toHaveValue('0.1')
  await expect(form.getByRole('button', { name: 'Load it' })).toBeDisabled()
  await form.getByLabel('Reference model').selectOption('before-training')
  await form.getByRole('button', { name: 'Load it' }).click()
  await expectScored('after-training', 'Implicit, against a reference')
  // All of it is there after a reload.
  await page.reload()
  await waitReady(page)
  await expect(scored).toHaveCount(4)
  await page.getByRole('link', { name: 'Models' }).click()
  await expect(page.getByRole('region', { name: 'Reward model', exact: true })).toContainText(
    /β 0\.1 against before-training/,
  )
})
