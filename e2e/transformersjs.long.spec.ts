import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContext, Page, TestInfo } from '@playwright/test'
import { app, openReady, runToEnd } from './app.ts'
import { expect, firstVisit as test } from './fixtures.ts'

// Chromium compiles the runtime's 26 MB for ten seconds and more at each load.

/** The bundled policy's small files beside the ONNX export of the same weights. */
async function onnxFolder(testInfo: TestInfo): Promise<string> {
  const folder = testInfo.outputPath('countdown-onnx')
  await mkdir(join(folder, 'onnx'), { recursive: true })
  const from = 'public/checkpoints/countdown-policy'
  for (const file of await readdir(from)) if (file.endsWith('.json')) await cp(join(from, file), join(folder, file))
  await cp('bench/fixtures/onnx/model.onnx', join(folder, 'onnx', 'model.onnx'))
  return folder
}

const dialog = (page: Page) => page.getByRole('region', { name: 'Add an ONNX model' })
const policies = (page: Page) => page.getByRole('list', { name: /^Policy/ })
const toScreen = (page: Page, name: string) =>
  page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name }).click()

/** The steps of a finished tree, from its outline. */
async function outline(page: Page): Promise<string[]> {
  await page.getByText('Table', { exact: true }).click()
  await expect(app.rows(page).first()).toBeVisible()
  return app.rows(page).allInnerTexts()
}

/** Loads a folder as the policy. */
async function addFolder(page: Page, folder: string, device: 'WASM' | 'WebGPU'): Promise<void> {
  await page.getByRole('button', { name: 'Add an ONNX model' }).click()
  const chooser = page.waitForEvent('filechooser')
  await dialog(page).getByRole('button', { name: 'Choose an ONNX folder' }).click()
  await (await chooser).setFiles(folder)
  const form = page.getByRole('form', { name: 'How it runs' })
  await expect(form).toContainText('llama')
  await expect(form.getByLabel('Step end')).toHaveValue('\\n')
  await form.getByLabel('Device').selectOption(device)
  await form.getByRole('button', { name: 'Load it as the policy' }).click()
  await expect(form).toBeHidden()
}

test('an ONNX folder runs on Transformers.js: the same greedy steps as on our engine, and a beam', async ({
  page,
}, testInfo) => {
  const folder = await onnxFolder(testInfo)
  await openReady(page, '/#strategy=greedy-decoding')
  await runToEnd(page)
  const own = await outline(page)
  expect(own.length).toBeGreaterThan(1)

  await toScreen(page, 'Models')
  await addFolder(page, folder, 'WASM')
  const listed = policies(page).getByRole('listitem').filter({ hasText: 'countdown-onnx' })
  await expect(listed).toContainText('chosen')
  await expect(listed).toContainText('Transformers.js on WASM, because')
  await expect(app.chip(page)).toHaveAccessibleName(/Transformers\.js, WASM/)

  await toScreen(page, 'Playground')
  await runToEnd(page)
  expect(await outline(page)).toEqual(own)

  await expect(app.chip(page)).toHaveAccessibleName(/Transformers\.js, WASM/)

  await app.setup(page).getByRole('combobox', { name: 'Strategy' }).selectOption('Beam search')
  await runToEnd(page)
  expect((await outline(page)).length).toBeGreaterThan(10)
})

test('on WebGPU, with the cache on the device, the steps are the same, and the folder is kept over a reload', async ({
  page,
}, testInfo) => {
  const folder = await onnxFolder(testInfo)
  await openReady(page, '/#strategy=greedy-tree&m=2')
  await runToEnd(page)
  const own = await outline(page)
  await toScreen(page, 'Models')
  await addFolder(page, folder, 'WebGPU')
  await toScreen(page, 'Playground')
  await runToEnd(page)
  expect(await outline(page)).toEqual(own)
  await expect(app.chip(page)).toHaveAccessibleName(/Transformers\.js, WebGPU/)
  await page.reload()
  await expect(app.chip(page)).toHaveAccessibleName(/Transformers\.js, WebGPU/)
})

/** A hub with one model, as huggingface.co answers: files come from a host of their own, after a redirect. */
async function mockHub(context: BrowserContext, folder: string) {
  const repo = 'someone/countdown-onnx'
  const sha = '0123456789abcdef0123456789abcdef01234567'
  const requests: string[] = []
  const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Link, ETag, X-Repo-Commit' }
  const state = { hold: null as Promise<void> | null }
  const files = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'stepscope.json']
  const contents = new Map<string, Buffer>()
  for (const file of [...files, 'onnx/model.onnx']) contents.set(file, await readFile(join(folder, file)))
  await context.route(/^https:\/\/([\w.-]+\.)?(huggingface\.co|hf\.co)\//, async (route) => {
    const url = new URL(route.request().url())
    requests.push(url.pathname)
    if (url.pathname === `/api/models/${repo}/revision/main`) return route.fulfill({ headers: cors, json: { sha } })
    if (url.pathname === `/api/models/${repo}/tree/${sha}`) {
      const tree = [...contents].map(([path, { length }]) => ({ type: 'file', path, size: length, oid: 'x' }))
      return route.fulfill({ headers: cors, json: [{ type: 'directory', path: 'onnx', size: 0, oid: 'x' }, ...tree] })
    }
    const resolve = `/${repo}/resolve/${sha}/`
    const body = url.pathname.startsWith(resolve) ? contents.get(url.pathname.slice(resolve.length)) : undefined
    if (!body) return route.fulfill({ status: 401, headers: cors, json: { error: 'Invalid username or password.' } })
    if (url.pathname.endsWith('.onnx')) await state.hold
    const headers = { ...cors, etag: `"${body.length}"`, 'x-repo-commit': sha, 'content-length': String(body.length) }
    return route.fulfill({ headers, body }).catch(() => {})
  })
  return { repo, requests, state }
}

test('a model of the hub: refused, cancelled, fetched, and then there without a network', async ({
  page,
  context,
  expectedErrors,
}, testInfo) => {
  expectedErrors.push(/^https:\/\/huggingface\.co\//, /status of 401/, /sw\.js|ERR_INTERNET_DISCONNECTED/)
  const hub = await mockHub(context, await onnxFolder(testInfo))
  await openReady(page)
  await expect(app.notices(page)).toContainText('Ready to work offline')
  await toScreen(page, 'Models')
  await page.getByRole('button', { name: 'Add an ONNX model' }).click()
  expect(hub.requests).toEqual([])
  const lookUp = dialog(page).getByRole('form', { name: 'Model on the hub' })
  await lookUp.getByLabel('Repository').fill('someone/nothing')
  await lookUp.getByRole('button', { name: /Look it up/ }).click()
  await expect(dialog(page)).toContainText(/HTTP 401/)

  await lookUp.getByLabel('Repository').fill(hub.repo)
  await lookUp.getByRole('button', { name: /Look it up/ }).click()
  const form = page.getByRole('form', { name: 'How it runs' })
  await expect(form).toContainText(hub.repo)
  expect(hub.requests.some((path) => path.endsWith('.onnx'))).toBe(false)
  let release = () => {}
  hub.state.hold = new Promise((resolve) => {
    release = resolve
  })
  await form.getByRole('button', { name: 'Load it as the policy' }).click()
  await expect(page.getByRole('progressbar', { name: 'Policy: loading' })).toBeVisible()
  await expect.poll(() => hub.requests.some((path) => path.endsWith('.onnx'))).toBe(true)
  await dialog(page).getByRole('button', { name: 'Cancel' }).click()
  await expect(form.getByRole('button', { name: 'Load it as the policy' })).toBeEnabled()
  release()
  hub.state.hold = null
  await form.getByRole('button', { name: 'Load it as the policy' }).click()
  const listed = policies(page).getByRole('listitem').filter({ hasText: hub.repo })
  await expect(listed).toContainText('chosen')
  await expect(listed).toContainText('huggingface.co, main')

  const asked = hub.requests.length
  await context.setOffline(true)
  await page.reload()
  await expect(app.chip(page)).toHaveAccessibleName(/Transformers\.js, WASM/)
  await toScreen(page, 'Playground')
  await runToEnd(page)
  expect(hub.requests.length).toBe(asked)
  await context.setOffline(false)
})
