import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page, TestInfo } from '@playwright/test'
import { QWEN_HALF_BILLION, randomCheckpoint } from '../src/engine/testing/random-checkpoint.ts'
import { app, openReady, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

const QUESTION =
  'A baker sells 12 loaves in the morning and twice as many after lunch. How many loaves does the baker sell?'

/** A folder of a chat model that is small and has random weights: what it says means nothing. */
async function chatModel(testInfo: TestInfo): Promise<string> {
  const folder = testInfo.outputPath('small-chat')
  await mkdir(folder, { recursive: true })
  await cp('tests/fixtures/chat/chatml', folder, { recursive: true })
  const config = {
    ...QWEN_HALF_BILLION,
    hidden_size: 32,
    intermediate_size: 64,
    num_attention_heads: 1,
    num_key_value_heads: 1,
    num_hidden_layers: 1,
    max_position_embeddings: 1024,
    vocab_size: 424,
    bos_token_id: 0,
    eos_token_id: 0,
  }
  const files = randomCheckpoint(config, { 'stepscope.json': { role: 'policy', step_end: '\n' } })
  for (const file of files.files) {
    await writeFile(join(folder, file), await files.read(file, 0, await files.size(file)))
  }
  return folder
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
  await chooseFolder(page, await chatModel(testInfo))
  const policies = page.getByRole('list', { name: /^Policy/ })
  const confirm = page.getByRole('form', { name: /small-chat/ })
  await confirm.getByRole('button', { name: 'Load it' }).click()
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
  await setup.getByRole('combobox', { name: 'Strategy' }).selectOption('Sampling, majority')
  await setup.getByRole('textbox', { name: 'Gold answer' }).fill('36')
  await runToEnd(page)
  await expect(app.result(page)).toContainText(/Wrong|Right|No answer/)

  const inspector = app.inspector(page)
  await page.getByText('Table', { exact: true }).click()
  await app.rows(page).first().click()
  await expect(inspector).toContainText('<|im_start|>user')
  await expect(inspector).toContainText(QUESTION)
  await expect(inspector).not.toContainText('36')

  await setup.getByRole('textbox', { name: 'Gold answer' }).fill('')
  await expect(setup).toContainText('The gold answer is unknown')
  await runToEnd(page)
  await expect(app.result(page)).toContainText(/Not checked|No answer/)
})
