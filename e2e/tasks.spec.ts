import type { Locator, Page } from '@playwright/test'
import { writeSmallChat } from '../src/engine/testing/node-small-chat.ts'
import { app, openReady, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

const QUESTION =
  'A baker sells 12 loaves in the morning and twice as many after lunch. How many loaves does the baker sell?'

const CRATES = 'A ship carries 149 crates of 29 tins each. How many tins does it carry?'
const ROWS = [
  { question: 'Ann has 3 figs and buys 4. How many figs has she?', answer: '3+4=<<3+4=7>>7\n#### 7' },
  { problem: 'Two crates hold $2^5$ pears each. How many pears is that?', answer: '64', solution: '$\\boxed{64}$' },
  { question: CRATES, answer: '149*29=<<149*29=4321>>4321\n#### 4321' },
]

async function chooseFile(page: Page, button: Locator, name: string, rows: readonly unknown[]): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await button.click()
  const buffer = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await (await chooser).setFiles({ name, mimeType: 'application/jsonl', buffer })
}

async function chooseFolder(page: Page, folder: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a folder' }).click()
  await (await chooser).setFiles(folder)
}

test('a question is put to a chat model by its template, and its answer is compared with a gold answer, or not checked without one', async ({
  page,
}, testInfo) => {
  await openReady(page, '/#/models')
  await chooseFolder(page, await writeSmallChat(testInfo.outputPath('small-chat')))
  const policies = page.getByRole('list', { name: /^Policy/ })
  await expect(policies.getByRole('listitem').filter({ hasText: 'small-chat' })).toContainText('chosen', {
    timeout: 30_000,
  })
  await page.getByRole('link', { name: 'Playground' }).click()

  const setup = app.setup(page)
  await setup.getByRole('combobox', { name: 'Task' }).selectOption('Maths answers')
  await expect(setup.getByRole('textbox', { name: 'Problem', exact: true })).toHaveValue(QUESTION)
  // Capabilities that the task does not have are not offered.
  await expect(setup.getByRole('button', { name: 'Random' })).toHaveCount(0)
  await expect(setup.getByRole('combobox', { name: 'Policy' })).toContainText('small-chat')
  await setup.getByRole('combobox', { name: 'Strategy' }).selectOption('Majority vote')
  // A problem of a file, chosen by keyboard: its gold answer comes along, and no model sees it.
  await chooseFile(page, setup.getByRole('button', { name: 'Problems from a file' }), 'wrong.jsonl', [
    ROWS[0],
    { question: 5 },
  ])
  await expect(setup.getByRole('alert')).toContainText(/wrong\.jsonl.*Line.*2.*Field.*question/)
  await chooseFile(page, setup.getByRole('button', { name: 'Problems from a file' }), 'small.jsonl', ROWS)
  await expect(setup.getByRole('alert')).toHaveCount(0)
  await setup.getByRole('button', { name: /^Choose from small\.jsonl/ }).press('Enter')
  const list = page.getByRole('dialog', { name: 'Problems of small.jsonl' })
  await expect(list.getByRole('option')).toHaveCount(3)
  await page.keyboard.type('crates')
  await expect(list.getByRole('option')).toHaveCount(2)
  await expect(list).not.toContainText('4321')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(list).toHaveCount(0)
  await expect(setup.getByRole('textbox', { name: 'Problem', exact: true })).toHaveValue(CRATES)
  await expect(setup.getByRole('textbox', { name: 'Gold answer' })).toHaveValue('4321')
  await expect(setup.getByRole('textbox', { name: 'System message' })).toHaveValue(/^Please reason step by step/)
  await setup.getByRole('textbox', { name: 'System message' }).fill('Be brief.')
  await runToEnd(page)
  await expect(app.result(page)).toContainText(/Wrong|Right|No answer/)

  const inspector = app.inspector(page)
  await page.getByText('Table', { exact: true }).click()
  await app.rows(page).first().click()
  await expect(inspector).toContainText('<|im_start|>user')
  await expect(inspector).toContainText('Be brief.')
  await inspector.getByRole('radio', { name: /^\d+ tokens$/ }).click()
  await expect(inspector.getByRole('list', { name: 'Tokens of the prompt' }).getByRole('listitem').first()).toHaveText(
    /^<\|im_start\|>\d+$/,
  )
  await inspector.getByRole('radio', { name: 'Text' }).click()
  await expect(inspector).toContainText(CRATES)
  await expect(inspector).not.toContainText('4321')

  await setup.getByRole('textbox', { name: 'Gold answer' }).fill('')
  await expect(setup).toContainText('The gold answer is unknown')
  await runToEnd(page)
  await expect(app.result(page)).toContainText(/Not checked|No answer/)

  // The file is kept over a reload.
  await page.reload()
  await expect(setup.getByRole('button', { name: /^Choose from small\.jsonl/ })).toBeVisible()
})
