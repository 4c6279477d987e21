import type { Locator, Page } from '@playwright/test'
import { app, openReady, runToEnd, waitReady } from './app.ts'
import { expect, LONG, firstVisit as test } from './fixtures.ts'
import type { ModelHub } from './model-hub.ts'
import { modelHub } from './model-hub.ts'

const POLICY = 'public/checkpoints/countdown-policy'
const REPO = 'someone/small-policy'
const WEIGHT_BYTES = 3_231_672

const stored = (page: Page): Locator => page.getByRole('list', { name: 'Downloaded models' }).getByRole('listitem')
const picker = (page: Page): Locator =>
  page
    .getByRole('list', { name: /^Policy/ })
    .getByRole('listitem')
    .filter({ hasText: REPO })
const weightRanges = (hub: ModelHub) =>
  hub.asked.filter(({ file }) => file === 'model.safetensors').map(({ range }) => range)

/** Types the id and looks; the plan is on the page afterwards. */
async function look(page: Page, typed = REPO): Promise<Locator> {
  await page.getByRole('button', { name: 'Add from the hub or a URL' }).click()
  const form = page.getByRole('form', { name: 'Add a model from the hub or a URL' })
  await expect(form).toContainText('Looking contacts huggingface.co')
  await form.getByLabel('Model').fill(typed)
  await form.getByRole('button', { name: 'Look at it' }).click()
  return form
}

async function downloadAll(page: Page): Promise<void> {
  const form = await look(page)
  await form.getByRole('button', { name: 'Download' }).click()
  await expect(stored(page)).toContainText('complete; SHA-256 equal to the hub’s')
}

test.beforeEach(({ expectedErrors }) => {
  // The hub and its mirror, both answered by this test.
  expectedErrors.push(/^https:\/\/huggingface\.co\//, /^http:\/\/127\.0\.0\.1:/)
})

test('a model is downloaded, cancelled in the middle, resumed for what is missing, used, and kept offline', async ({
  page,
  context,
  expectedErrors,
}) => {
  expectedErrors.push(/sw\.js|ERR_INTERNET_DISCONNECTED/)
  const hub = await modelHub(context, POLICY, REPO)
  await openReady(page, '/#/models')
  expect(hub.asked).toEqual([])
  const form = await look(page)
  await expect(form).toContainText('llama, a policy')
  await expect(form).toContainText('3.08')
  await expect(form).toContainText('Free here')
  // Before the person agrees, only the header of the weights has been asked for.
  expect(weightRanges(hub)).toEqual(['bytes=0-65535'])
  hub.asked.length = 0

  hub.slowBytes = 16 * 1024
  await form.getByRole('button', { name: 'Download' }).click()
  const bar = stored(page).getByRole('progressbar')
  await expect(bar).toHaveAttribute('aria-valuetext', /KiB.* of 3\.0.*\/s/)
  await expect.poll(async () => Number(await bar.getAttribute('aria-valuenow'))).toBeGreaterThan(15)
  await stored(page).getByRole('button', { name: 'Cancel' }).click()
  await expect(stored(page)).toContainText('Unfinished')
  expect(weightRanges(hub)).toEqual(['bytes=0-'])
  await expect(picker(page)).toHaveCount(0)

  // What is there outlives the page.
  await page.reload()
  await waitReady(page)
  await expect(stored(page)).toContainText('Unfinished')
  hub.asked.length = 0
  hub.slowBytes = null
  await stored(page).getByRole('button', { name: 'Resume' }).click()
  await expect(stored(page)).toContainText('complete; SHA-256 equal to the hub’s')
  expect(hub.asked).toHaveLength(1)
  const from = Number(/^bytes=(\d+)-$/.exec(weightRanges(hub)[0] ?? '')?.[1])
  expect(from).toBeGreaterThan(WEIGHT_BYTES * 0.1)
  expect(from).toBeLessThan(WEIGHT_BYTES)

  hub.asked.length = 0
  await picker(page).getByRole('button', { name: 'Use' }).click()
  await expect(picker(page)).toContainText('chosen')
  await waitReady(page)
  await expect(app.chip(page)).not.toHaveAccessibleName(/Loading/)
  await page.getByRole('link', { name: 'Playground' }).click()
  await runToEnd(page)

  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  await context.setOffline(true)
  await page.reload()
  await waitReady(page)
  await runToEnd(page)
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Models' }).click()
  await expect(picker(page)).toContainText('chosen')
  expect(hub.asked).toEqual([])
  await context.setOffline(false)

  await expect(page.getByRole('region', { name: 'Stored on this device' })).toContainText(/saved runs?/)
  const remove = stored(page).getByRole('button', { name: `Delete ${REPO}` })
  await remove.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await expect(remove).toBeFocused()
  await remove.click()
  await stored(page).getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(stored(page)).toHaveCount(0)
  await expect(page.getByText('No downloaded models')).toBeVisible()
  await expect(picker(page)).toHaveCount(0)
  await hub.close()
})

if (LONG)
  test('a damaged file is found, named, and fetched again alone', async ({ page, context }) => {
    const hub = await modelHub(context, POLICY, REPO)
    await openReady(page, '/#/models')
    await downloadAll(page)
    await page.evaluate(async (folder) => {
      const root = await navigator.storage.getDirectory()
      const models = await root.getDirectoryHandle('models')
      const model = await models.getDirectoryHandle(encodeURIComponent(folder))
      const handle = await model.getFileHandle('model.safetensors')
      const stream = await handle.createWritable({ keepExistingData: true })
      await stream.write({ type: 'write', position: 1_000_000, data: new Uint8Array([1, 2, 3, 4]) })
      await stream.close()
    }, REPO)
    await stored(page).getByRole('button', { name: 'Check' }).click()
    await expect(stored(page)).toContainText('Damaged: model.safetensors')
    await expect(app.notices(page)).toContainText('model.safetensors')
    await expect(picker(page)).toHaveCount(0)
    hub.asked.length = 0
    await stored(page).getByRole('button', { name: 'Fetch the damaged part again' }).click()
    await expect(stored(page)).toContainText('complete; SHA-256 equal to the hub’s')
    expect(hub.asked).toEqual([{ file: 'model.safetensors', range: 'bytes=0-' }])
    await expect(picker(page)).toHaveCount(1)
    await hub.close()
  })

if (LONG)
  test('a model that is not there, and a second tab at the same model, are told', async ({
    page,
    context,
    expectedErrors,
  }) => {
    expectedErrors.push(/status of 404/)
    const hub = await modelHub(context, POLICY, REPO)
    await openReady(page, '/#/models')
    const form = await look(page, 'someone/nothing')
    await expect(form.getByRole('alert')).toContainText('no such model, revision or file')
    await form.getByLabel('Model').fill(REPO)
    await form.getByRole('button', { name: 'Look at it' }).click()
    hub.slowBytes = 4 * 1024
    await form.getByRole('button', { name: 'Download' }).click()
    await expect(stored(page).getByRole('progressbar')).toHaveAttribute('aria-valuetext', /KiB/)

    const second = await context.newPage()
    await second.goto('/#/models')
    await expect(stored(second)).toContainText('Another tab is downloading or checking it.')
    hub.slowBytes = null
    await expect(stored(page)).toContainText('complete; SHA-256 equal to the hub’s')
    expect(weightRanges(hub)).toEqual(['bytes=0-65535', 'bytes=0-'])
    await hub.close()
  })
