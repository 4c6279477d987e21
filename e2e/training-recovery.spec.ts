import type { Page } from '@playwright/test'
import { app, waitReady } from './app.ts'
import { expect, test } from './fixtures.ts'
import { expectTrained, openRecipe, shown, startTraining } from './train.ts'

const STEPS = 9
const RECIPE = {
  objective: 'sft',
  steps: STEPS,
  batch: 1,
  saveEvery: 2,
  evaluateProblems: 0,
  data: { source: 'generated', problems: 12 },
}

declare global {
  interface Window {
    /** The worker that told of training last. */
    trainer: Worker | undefined
  }
}

/** Before the page's own scripts: keeps hold of the worker that trains. */
function holdTrainer(): void {
  window.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options)
      this.addEventListener('message', ({ data }) => {
        if (data.type === 'training') window.trainer = this
      })
    }
  }
}

/** The names of all files in the folders of saves, by the run's id. */
async function saves(page: Page): Promise<Record<string, string[]>> {
  return page.evaluate(async () => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('training')
    const found: Record<string, string[]> = {}
    for await (const id of root.keys()) {
      const run = await root.getDirectoryHandle(id)
      const folder = await run.getDirectoryHandle('save').catch(() => null)
      found[id] = []
      if (folder) for await (const name of folder.keys()) found[id].push(name)
    }
    return found
  })
}

/** SHA-256 of the weights, both moments and the history that each run was last saved with. */
async function lastHashes(page: Page): Promise<string[][]> {
  const name = `save-${String(STEPS).padStart(8, '0')}.json`
  return page.evaluate(async (manifest) => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('training')
    const hashes: string[][] = []
    for await (const id of root.keys()) {
      const folder = await (await root.getDirectoryHandle(id)).getDirectoryHandle('save')
      const file = await (await folder.getFileHandle(manifest)).getFile()
      const { files } = JSON.parse(await file.text()) as { files: Record<string, string> }
      hashes.push(Object.entries(files).flatMap(([part, hash]) => (part.includes('history') ? [] : [hash])))
    }
    return hashes
  }, name)
}

/**
 * Ends the worker while the run that is not in `others` writes a save: some of its files are there, and its manifest, which
 * is written last, is not. @returns the step of the last whole save, and the files of the torn one
 */
async function killInSave(page: Page, others: readonly string[]): Promise<{ whole: number; torn: string[] }> {
  return page.evaluate(async (others) => {
    const top = await navigator.storage.getDirectory()
    const look = async () => {
      const names: string[] = []
      const root = await top.getDirectoryHandle('training')
      for await (const id of root.keys()) {
        if (others.includes(id)) continue
        const folder = await (await root.getDirectoryHandle(id)).getDirectoryHandle('save').catch(() => null)
        if (folder) for await (const name of folder.keys()) names.push(name)
      }
      const manifests = names.flatMap((name) => /^save-(\d+)\.json$/.exec(name)?.[1] ?? [])
      const torn = names.filter((name) => {
        const step = /^save-(\d+)\..*safetensors$/.exec(name)?.[1]
        return step !== undefined && !manifests.includes(step)
      })
      return { whole: Math.max(0, ...manifests.map(Number)), torn }
    }
    for (;;) {
      const { whole, torn } = await look()
      if (whole === 0 || torn.length === 0) continue
      window.trainer?.terminate()
      return look()
    }
  }, others)
}

test('a run goes on by itself from its last save when the device is lost, and when its worker is killed in a save', async ({
  page,
  browser,
}) => {
  test.setTimeout(120_000)
  await page.addInitScript(holdTrainer)
  await openRecipe(page, RECIPE)
  const wentOn = app.notices(page).getByText(/went on by itself from step [2468], its last save/)

  await test.step('undisturbed', async () => {
    await startTraining(page)
    await expectTrained(page)
  })

  await test.step('the device is lost', async () => {
    await startTraining(page)
    await expect(shown(page).getByRole('heading', { level: 2 })).toContainText('running')
    await expect(shown(page).getByText('Saved at step 2', { exact: true })).toBeVisible({ timeout: 30_000 })
    const session = await browser.newBrowserCDPSession()
    await session.send('Browser.crashGpuProcess')
    await expect(app.notices(page)).toContainText(/The graphics device was lost/)
    await expect(wentOn).toBeVisible({ timeout: 30_000 })
    await expectTrained(page)
    await expect(shown(page).getByText(/Went on at step [3579]/)).toBeVisible()
  })

  await test.step('the worker is killed while it saves', async () => {
    // The same page would wait for the person: a second loss within a minute.
    await page.reload()
    await waitReady(page)
    const others = Object.keys(await saves(page))
    await startTraining(page)
    const { whole, torn } = await killInSave(page, others)
    expect(torn).not.toEqual([])
    await expect(app.notices(page)).toContainText(/the browser ended its worker/)
    await expect(wentOn).toContainText(`from step ${whole},`, { timeout: 30_000 })
    await expectTrained(page)
    await expect(shown(page).getByText(`Went on at step ${whole + 1}`, { exact: true })).toBeVisible()
  })

  // Whatever happened to them, the three ended with the same bits.
  const [first, ...others] = await lastHashes(page)
  expect(first).toHaveLength(3)
  expect(others).toEqual([first, first])
})
