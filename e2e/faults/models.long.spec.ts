import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator } from '@playwright/test'
import { app, waitReady } from '../app.ts'
import type { ModelHub } from '../model-hub.ts'
import { LOGIN, modelHub } from '../model-hub.ts'
import { expectPlainWords, expectTold, wrongInCache } from './faults.ts'
import type { Scenario, Surroundings } from './scenario.ts'
import { arm, button, expect, fired, run, savedOn, screen, secondTab } from './scenario.ts'

const REPO = 'someone/small-policy'
const POLICY = 'public/checkpoints/countdown-policy'
const FULL = /space for Stepscope is full/
const ENDED = /browser ended its worker/
const LOST = /graphics device was lost/
const UNANSWERED = /did not answer within two seconds/
const OLD = /there may be a newer version/

type Page = Surroundings['page']

const stored = (page: Page): Locator => page.getByRole('list', { name: 'Downloaded models' }).getByRole('listitem')
const form = (page: Page) => page.getByRole('form', { name: 'Add a model from the hub or a URL' })

async function look(page: Page): Promise<void> {
  await button(page, 'Add from the hub or a URL').click()
  await form(page).getByLabel('Model').fill(REPO)
  await form(page).getByRole('button', { name: 'Look at it' }).click()
}

/** A download with the hub at hand, which is under way when `then` begins. */
const downloading =
  (faults: readonly string[], then: (page: Page, hub: ModelHub, surroundings: Surroundings) => Promise<void>) =>
  async (surroundings: Surroundings) => {
    const { page, context } = surroundings
    const hub = await modelHub(context, POLICY, REPO)
    await page.reload()
    await waitReady(page)
    await screen(page, 'Models')
    await arm(page, ...faults)
    hub.slowBytes = 64 * 1024
    await look(page)
    await button(page, 'Download').click()
    await then(page, hub, surroundings)
    await hub.close()
    return undefined
  }

/** What came is there; the rest is fetched, and all of it is right. */
async function resume(page: Page, hub: ModelHub): Promise<void> {
  const again = stored(page).getByRole('button', { name: 'Resume' })
  await expect(again).toBeVisible({ timeout: 30_000 })
  await page.evaluate(() => window.stepscopeFaults.clear())
  hub.slowBytes = null
  hub.captive = null
  await again.click()
  await expect(stored(page)).toContainText('complete; SHA-256 equal to the hub’s', { timeout: 30_000 })
}

const downloads: readonly Scenario[] = [
  {
    action: 'a model is downloaded',
    fault: 'the disk is full',
    told: FULL,
    steps: downloading(['disk-full@files/model.safetensors:3'], resume),
  },
  {
    action: 'a model is downloaded',
    fault: 'it cannot be written',
    told: /is not complete/,
    steps: downloading(['write-fails@files/model.safetensors:3'], resume),
  },
  {
    action: 'a model is downloaded',
    fault: 'its worker is killed',
    told: /is not complete/,
    steps: downloading(['worker-killed@told/transfer:3'], resume),
  },
  {
    action: 'a model is downloaded, and it is cancelled',
    fault: 'its worker hangs',
    told: /fetches and checks models was restarted/,
    steps: downloading(['worker-hangs@told/transfer:3'], async (page, hub) => {
      await fired(page)
      await stored(page).getByRole('button', { name: 'Cancel' }).click()
      await resume(page, hub)
    }),
  },
  {
    action: 'a model is downloaded',
    fault: 'the page is reloaded in the middle',
    told: null,
    steps: downloading([], async (page, hub) => {
      await expect(stored(page).getByRole('progressbar')).toHaveAttribute('aria-valuetext', /KiB|MiB/)
      await page.reload()
      await waitReady(page)
      await resume(page, hub)
    }),
  },
  {
    action: 'a model is downloaded',
    fault: 'a network’s login page answers for its files',
    told: /web page instead of the file/,
    steps: async ({ page, context }) => {
      const hub = await modelHub(context, POLICY, REPO)
      await page.reload()
      await waitReady(page)
      await screen(page, 'Models')
      await look(page)
      await expect(button(page, 'Download')).toBeEnabled({ timeout: 30_000 })
      hub.captive = 'files'
      await button(page, 'Download').click()
      await expectTold(page, /web page instead of the file/)
      await resume(page, hub)
      await hub.close()
      return undefined
    },
  },
  {
    action: 'a model is looked up on the hub',
    fault: 'a network’s login page answers',
    told: /hub/i,
    steps: async ({ page, context }) => {
      const hub = await modelHub(context, POLICY, REPO)
      hub.captive = 'all'
      await page.reload()
      await waitReady(page)
      await screen(page, 'Models')
      await look(page)
      await expect(form(page).getByRole('alert')).toBeVisible()
      await hub.close()
      return undefined
    },
  },
  {
    action: 'a model is downloaded',
    fault: 'another tab opens the list of models',
    told: null,
    steps: downloading([], async (page, hub, { context }) => {
      await expect(stored(page).getByRole('progressbar')).toHaveAttribute('aria-valuetext', /KiB|MiB/)
      const tab = await secondTab(context, '/#/models')
      await expect(stored(tab)).toContainText('Another tab is downloading or checking it.')
      hub.slowBytes = null
      await expect(stored(page)).toContainText('complete; SHA-256 equal to the hub’s', { timeout: 30_000 })
      await tab.close()
    }),
  },
]

/** Another choice of the engine, under way. */
const reload = async (page: Page): Promise<void> => {
  await screen(page, 'Models')
  await page.getByLabel(/Policy.*weights in memory/).selectOption({ index: 1 })
}

const loads: readonly Scenario[] = [
  {
    action: 'a model is loaded',
    fault: 'the worker is killed',
    faults: ['worker-killed@told/loading'],
    told: ENDED,
    steps: async ({ page }) => {
      await reload(page)
      await fired(page)
      await waitReady(page)
      return undefined
    },
  },
  {
    action: 'a model is loaded, and it is cancelled',
    fault: 'the worker hangs',
    faults: ['worker-hangs@call/load'],
    told: UNANSWERED,
    steps: async ({ page }) => {
      await reload(page)
      await fired(page)
      await button(page, 'Cancel loading').click()
      return undefined
    },
  },
  {
    action: 'a model is loaded',
    fault: 'the device is lost',
    faults: ['device-lost@told/loading'],
    told: LOST,
    steps: async ({ page }) => {
      await reload(page)
      await fired(page)
      await waitReady(page)
      return undefined
    },
  },
]

const chooseFolder = async ({ page, testInfo }: Surroundings): Promise<void> => {
  const folder = testInfo.outputPath('my-policy')
  await mkdir(folder, { recursive: true })
  await cp(POLICY, folder, { recursive: true })
  await screen(page, 'Models')
  const chooser = page.waitForEvent('filechooser')
  await button(page, 'Choose a folder').click()
  await (await chooser).setFiles(folder)
}
const listed = (page: Page) => page.getByRole('list', { name: /^Policy/ }).getByRole('listitem')

const folders: readonly Scenario[] = [
  {
    action: 'a folder is loaded',
    fault: 'the device is lost',
    faults: ['device-lost@told/loading'],
    told: LOST,
    steps: async (surroundings) => {
      const { page } = surroundings
      await chooseFolder(surroundings)
      await fired(page)
      await waitReady(page)
      // Used and listed, or neither.
      const there = await listed(page).filter({ hasText: 'my-policy' }).count()
      const used = (await page.getByRole('region', { name: 'Policy', exact: true }).innerText()).includes('my-policy')
      expect(used).toBe(there > 0)
      return undefined
    },
  },
  {
    action: 'a folder is loaded',
    fault: 'the disk is full',
    faults: ['disk-full@database/models'],
    told: FULL,
    steps: async (surroundings) => {
      await chooseFolder(surroundings)
      await expect(listed(surroundings.page).filter({ hasText: 'my-policy' })).toContainText('chosen', {
        timeout: 30_000,
      })
      return undefined
    },
  },
]

/** The bundled policy's small files beside the ONNX export of the same weights. */
const addOnnx = async ({ page, testInfo }: Surroundings): Promise<void> => {
  const folder = testInfo.outputPath('countdown-onnx')
  await mkdir(join(folder, 'onnx'), { recursive: true })
  for (const name of ['config', 'tokenizer', 'tokenizer_config', 'generation_config', 'stepscope'])
    await cp(join(POLICY, `${name}.json`), join(folder, `${name}.json`))
  await cp('bench/fixtures/onnx/model.onnx', join(folder, 'onnx', 'model.onnx'))
  await screen(page, 'Models')
  await button(page, 'Add an ONNX model').click()
  const chooser = page.waitForEvent('filechooser')
  await button(page, 'Choose an ONNX folder').click()
  await (await chooser).setFiles(folder)
  await loadOnnx(page)
}
const loadOnnx = async (page: Page): Promise<void> => {
  const how = page.getByRole('form', { name: 'How it runs' })
  await how.getByLabel('Device').selectOption('WASM')
  await how.getByRole('button', { name: 'Load it as the policy' }).click()
}
const isOnnx = (page: Page) =>
  expect(app.chip(page)).toHaveAccessibleName(/Transformers\.js, WASM/, { timeout: 60_000 })

/** What the server answers for a part of the ONNX engine while the page is older than its files. */
const onnx: readonly Scenario[] = (
  [
    ['its script is gone', /load-policy-.*\.js/, { status: 404, body: 'gone' }],
    ['a network’s login page answers for its script', /load-policy-.*\.js/, LOGIN],
    ['a network’s login page answers for its runtime', /ort-wasm-.*\.wasm/, LOGIN],
  ] as const
).map(([fault, pattern, answer]) => ({
  action: 'an ONNX model is added',
  fault,
  // Before the reload that helps.
  told: null,
  steps: async (surroundings) => {
    const { page, context } = surroundings
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await page.reload()
    await waitReady(page)
    await context.route(pattern, (route) => route.fulfill(answer))
    await addOnnx(surroundings)
    const notice = app.notices(page).getByRole('listitem').filter({ hasText: 'newer version' })
    await expect(notice).toBeVisible({ timeout: 30_000 })
    await expectTold(page, OLD)
    await expectPlainWords(page)
    expect(await wrongInCache(page)).toEqual([])
    await context.unroute(pattern)
    const loaded = page.waitForEvent('load')
    await notice.getByRole('button', { name: 'Reload' }).click()
    await loaded
    await waitReady(page)
    await addOnnx(surroundings)
    await isOnnx(page)
    expect(await wrongInCache(page)).toEqual([])
    return undefined
  },
}))

const cached: Scenario = {
  action: 'an ONNX model is added',
  fault: 'a wrong answer is in the cache from before',
  told: null,
  steps: async (surroundings) => {
    const { page } = surroundings
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await addOnnx(surroundings)
    await isOnnx(page)
    const spoiled = await page.evaluate(async () => {
      const cache = await caches.open('transformersjs-engine')
      const urls = (await cache.keys()).map(({ url }) => url)
      for (const url of urls)
        await cache.put(url, new Response('<p>Log in</p>', { headers: { 'content-type': 'text/html' } }))
      return urls.length
    })
    expect(spoiled).toBeGreaterThan(1)
    await page.reload()
    await isOnnx(page)
    await expect.poll(() => wrongInCache(page)).toEqual([])
    expect(Object.keys((await savedOn(page)).runs).length).toBeGreaterThan(0)
    return undefined
  },
}

run([...downloads, ...loads, ...folders, ...onnx, cached])
