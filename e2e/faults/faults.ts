import type { Page } from '@playwright/test'
import { app } from '../app.ts'
import { firstVisit as base, expect } from '../fixtures.ts'

declare global {
  interface Window {
    /** Of development builds: see docs/faults.md. */
    stepscopeFaults: { arm(...faults: string[]): void; clear(): void; readonly fired: readonly string[] }
    /** All that the page told in notices and alerts. */
    told: Set<string>
  }
}

/** Before the page's own scripts: keeps every text that the page tells a person, however soon it is taken away. */
function keepTold(): void {
  window.told = new Set()
  const look = () => {
    for (const item of document.querySelectorAll('[aria-label="Notices"] li, [role="alert"], [role="status"]')) {
      const text = (item as HTMLElement).innerText?.trim()
      if (text) window.told.add(text)
    }
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
}

/** Playwright's test over the development build, with the texts that the page tells. */
export const test = base.extend<{ keeps: undefined }>({
  keeps: [
    async ({ context, expectedErrors }, use) => {
      // The browser's own notes of what is refused on purpose.
      expectedErrors.push(
        /Failed to load resource|ERR_|net::|killed on purpose|Failed to fetch|MIME type|ArrayBuffer instantiation|magic word|integrity/,
      )
      // The hub and its mirror, both answered by a test.
      expectedErrors.push(/^https:\/\/huggingface\.co\//, /^http:\/\/127\.0\.0\.1:/)
      await context.addInitScript(keepTold)
      await use(undefined)
    },
    { auto: true },
  ],
})

export const arm = (page: Page, ...faults: string[]): Promise<void> =>
  page.evaluate((given) => window.stepscopeFaults.arm(...given), faults)

/** What was armed has happened. */
export async function fired(page: Page, times = 1): Promise<void> {
  await page.waitForFunction((count) => window.stepscopeFaults.fired.length >= count, times)
}

export const told = (page: Page): Promise<string> => page.evaluate(() => [...window.told].join('\n'))

/** A sentence of the page, in a notice, an alert or the text of the screen, now or before. */
export async function expectTold(page: Page, words: RegExp): Promise<void> {
  await expect(async () => {
    expect(`${await told(page)}\n${await page.evaluate(() => document.body.innerText)}`).toMatch(words)
  }).toPass({ timeout: 30_000 })
}

/** Words of programs, which no person shall read. */
const RAW =
  /DOMException|[A-Z][a-z]+Error\b|\bError:|Internal error|internal error|backing store|\[object |undefined|\bNaN\b|Failed to fetch|dynamically imported|IndexedDB|IDB|Dexie|OPFS|GPUDevice|Instance reference|on purpose|\bat \w+ \(|chrome-extension|ort-wasm|\bprotobuf\b|ERROR_CODE/

export async function expectPlainWords(page: Page): Promise<void> {
  const text = `${await told(page)}\n${await page.evaluate(() => document.body.innerText)}`
  expect(text.split('\n').filter((line) => RAW.test(line))).toEqual([])
}

/** What is on this device, as far as a person would miss it. */
export interface Saved {
  /** Events of runs that are not deleted, by id. */
  readonly runs: Readonly<Record<string, number>>
  readonly titles: Readonly<Record<string, string>>
  /** Step of the newest whole save of training runs, by id. */
  readonly trainings: Readonly<Record<string, number>>
  /** Bytes of files of downloaded models. */
  readonly models: Readonly<Record<string, number>>
  readonly folders: readonly string[]
}

export function savedOn(page: Page): Promise<Saved> {
  return page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('stepscope')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const all = <T>(store: string) =>
      new Promise<T[]>((resolve, reject) => {
        const request = db.transaction(store).objectStore(store).getAll()
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
    const runs = await all<{ id: string; title: string; eventCount: number; removed: boolean }>('runs')
    const folders = (await all<{ id: string }>('models')).map(({ id }) => id)
    db.close()
    const kept = runs.filter(({ removed }) => !removed)
    const top = await navigator.storage.getDirectory()
    const folder = (name: string) => top.getDirectoryHandle(name, { create: true })
    const trainings: Record<string, number> = {}
    for await (const [id, run] of (await folder('training')).entries()) {
      if (run.kind !== 'directory') continue
      const save = await (run as FileSystemDirectoryHandle).getDirectoryHandle('save').catch(() => null)
      for await (const name of save?.keys() ?? []) {
        const step = /^save-(\d+)\.json$/.exec(name)?.[1]
        if (step !== undefined) trainings[id] = Math.max(trainings[id] ?? 0, Number(step))
      }
    }
    const models: Record<string, number> = {}
    for await (const [id, model] of (await folder('models')).entries()) {
      if (model.kind !== 'directory') continue
      for await (const [name, file] of (model as FileSystemDirectoryHandle).entries())
        if (file.kind === 'file' && name.endsWith('.safetensors'))
          models[`${id}/${name}`] = (await (file as FileSystemFileHandle).getFile()).size
    }
    return {
      runs: Object.fromEntries(kept.map(({ id, eventCount }) => [id, eventCount])),
      titles: Object.fromEntries(kept.map(({ id, title }) => [id, title])),
      trainings,
      models,
      folders,
    }
  })
}

/** All that was there is there, and no less of it. */
export function expectKept(before: Saved, after: Saved, but: readonly string[] = []): void {
  for (const kind of ['runs', 'trainings', 'models'] as const) {
    for (const [id, amount] of Object.entries(before[kind])) {
      if (!but.includes(id)) expect(after[kind][id] ?? -1, `${kind}: ${id}`).toBeGreaterThanOrEqual(amount)
    }
  }
  for (const id of before.folders) expect(after.folders).toContain(id)
}

/** A search goes through, with models that load for it where they are gone. */
export async function expectUsable(page: Page): Promise<void> {
  await page.evaluate(() => window.stepscopeFaults.clear())
  const link = page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Playground' })
  await link.click()
  const tree = page.getByRole('region', { name: 'Search tree' })
  await expect(tree).toBeVisible()
  const before = (await tree.getAttribute('data-run')) ?? ''
  await app.setup(page).getByRole('combobox', { name: 'Strategy' }).selectOption('Greedy decoding')
  await app.setup(page).getByRole('button', { name: 'Run', exact: true }).click()
  await expect(tree).not.toHaveAttribute('data-run', before, { timeout: 45_000 })
  await expect(app.result(page)).toContainText(/Right|Wrong|No answer/, { timeout: 45_000 })
}

/** Web pages that a cache holds in the place of files. */
export const wrongInCache = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const wrong: string[] = []
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) {
        const type = (await cache.match(request))?.headers.get('content-type') ?? ''
        if (/html/.test(type) && !/(\/|\.html)(\?.*)?$/.test(new URL(request.url).pathname)) wrong.push(request.url)
      }
    }
    return wrong
  })

export { expect }
