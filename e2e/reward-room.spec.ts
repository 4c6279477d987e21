import { readFile } from 'node:fs/promises'
import { openReady, waitReady } from './app.ts'
import { expect, test } from './fixtures.ts'

/** ProcessBench's columns, of Countdown, so that the bundled reward model can read them. */
const ROWS = [
  { id: 'right', problem: '3 5 8 > 23', steps: ['3*5=15 : 8 15', '15+8=23 : 23', 'A 23'], label: -1 },
  { id: 'wrong', problem: '3 5 8 > 23', steps: ['8-5=3 : 3 3', '3+3=6 : 6', 'A 6'], label: 0 },
  { id: 'slip', problem: '2 4 6 > 10', steps: ['4+6=10 : 2 10', '10*2=20 : 20', 'A 20'], label: 1 },
]

test('a file of traces is scored, labelled by keys, judged under a threshold, and written again unchanged', async ({
  page,
}) => {
  await openReady(page, '/#/rewards')
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Open a file', exact: true }).click()
  const text = [
    ...ROWS.map((row) => JSON.stringify(row)),
    '{"id": "bad", "problem": "1 2 > 3", "steps": 5, "label": 0}',
  ]
  await (await chooser).setFiles({
    name: 'bench.jsonl',
    mimeType: 'application/jsonl',
    buffer: Buffer.from(`${text.join('\n')}\n`),
  })
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
  await page.getByRole('button', { name: /^Export/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Labels').selectOption({ label: 'The file’s' })
  const download = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Export 3 traces' }).click()
  const written = await readFile(await (await download).path(), 'utf8')
  expect(written).toBe(ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''))
})

test('a disagreement under a threshold is opened, its steps edited and probed', async ({ page }) => {
  await openReady(page, '/#/rewards')
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Open a file', exact: true }).click()
  const buffer = Buffer.from(ROWS.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await (await chooser).setFiles({ name: 'bench.jsonl', mimeType: 'application/jsonl', buffer })
  await page.getByRole('button', { name: 'Score 3' }).click()
  await expect(page.getByText(/3 of 3 scored/)).toBeVisible()
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
})
