import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page, TestInfo } from '@playwright/test'
import { app, openReady, runToEnd } from './app.ts'
import { expect, test } from './fixtures.ts'

const POLICY = 'public/checkpoints/countdown-policy'

/** A copy of the bundled policy's folder, to be spoiled. */
async function copyOf(testInfo: TestInfo, name: string): Promise<string> {
  const folder = testInfo.outputPath(name)
  await mkdir(folder, { recursive: true })
  await cp(POLICY, folder, { recursive: true })
  return folder
}

async function choose(page: Page, folder: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Choose a folder' }).click()
  await (await chooser).setFiles(folder)
}

test('a folder without stepscope.json is asked about, loaded, used, and kept', async ({ page }, testInfo) => {
  const folder = await copyOf(testInfo, 'my-policy')
  await rm(join(folder, 'stepscope.json'))
  await openReady(page, '/#/models')
  await choose(page, folder)
  const form = page.getByRole('form', { name: /my-policy/ })
  await expect(form).toContainText('llama')
  await expect(form.getByLabel('Step end')).toHaveValue('\\n')
  await form.getByRole('button', { name: 'Load it' }).click()
  const list = page.getByRole('list', { name: /^Policy/ })
  await expect(list.getByRole('listitem').filter({ hasText: 'my-policy' })).toContainText('chosen')

  await page.getByRole('link', { name: 'Playground' }).click()
  await runToEnd(page)
  await page.reload()
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Models' }).click()
  await expect(list.getByRole('listitem').filter({ hasText: 'my-policy' })).toContainText('chosen')
})

test('weights can lie in memory in fewer bits, for one model alone', async ({ page }) => {
  await openReady(page, '/#/models')
  const policy = page.getByRole('region', { name: 'Policy', exact: true })
  const reward = page.getByRole('region', { name: 'Reward model', exact: true })
  const format = (column: typeof policy) =>
    column.locator('dl > div').filter({ hasText: 'Weights in memory' }).locator('dd')
  await expect(format(policy)).toHaveText('f32')
  const select = policy.getByLabel('Policy: weights in memory')
  await select.selectOption('int8')
  await expect(format(policy)).toHaveText('int8')
  await expect(policy).toContainText('A quarter of the memory')
  await expect(format(reward)).toHaveText('f32')
})

test('a bad folder is refused with file and field, and the app goes on with what it had', async ({
  page,
}, testInfo) => {
  await openReady(page, '/#/models')
  const cut = await copyOf(testInfo, 'cut-short')
  await truncate(join(cut, 'model.safetensors'), 100_000)
  const family = await copyOf(testInfo, 'another-family')
  const config: unknown = JSON.parse(await readFile(join(family, 'config.json'), 'utf8'))
  await writeFile(
    join(family, 'config.json'),
    JSON.stringify({ ...(config as object), model_type: 'mamba', architectures: ['MambaForCausalLM'] }),
  )
  const tokenizer = await copyOf(testInfo, 'no-tokenizer')
  await rm(join(tokenizer, 'tokenizer.json'))
  for (const [folder, file] of [
    [cut, /model\.safetensors/],
    [family, /config\.json.*(model_type|architectures)/],
    [tokenizer, /tokenizer\.json/],
  ] as const) {
    await choose(page, folder)
    const notice = app.notices(page).getByRole('listitem').filter({ hasText: file })
    await expect(notice).toBeVisible()
    await notice.getByRole('button', { name: 'Dismiss' }).click()
    const leave = page.getByRole('button', { name: 'Leave it' })
    if (await leave.isVisible()) await leave.click()
  }
  await expect(app.chip(page)).toHaveAccessibleName(/WebAssembly/)
  await page.getByRole('link', { name: 'Playground' }).click()
  await runToEnd(page)
})
