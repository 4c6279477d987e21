import type { Browser, Page } from '@playwright/test'
import { app, ON_WEBGPU } from './app.ts'
import { expect, firstVisit as test } from './fixtures.ts'
import { expectTrained, openRecipe, shown, startTraining } from './train.ts'

const STEPS = 12
const RECIPE = {
  objective: 'sft',
  steps: STEPS,
  batch: 2,
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

/** SHA-256 of the weights and both moments that each run was last saved with. */
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
 * Ends the worker while a save is written after step `after` was: some of its files are there, and its manifest, which is
 * written last, is not. @returns the step of the last whole save, and the files of the torn one
 */
async function killInSave(page: Page, after: number): Promise<{ whole: number; torn: string[] }> {
  return page.evaluate(async (after) => {
    const top = await navigator.storage.getDirectory()
    const look = async () => {
      let newest = { whole: 0, torn: [] as string[] }
      const root = await top.getDirectoryHandle('training')
      for await (const id of root.keys()) {
        const names: string[] = []
        const folder = await (await root.getDirectoryHandle(id)).getDirectoryHandle('save')
        for await (const name of folder.keys()) names.push(name)
        const manifests = names.flatMap((name) => /^save-(\d+)\.json$/.exec(name)?.[1] ?? [])
        const torn = names.filter((name) => {
          const step = /^save-(\d+)\..*safetensors$/.exec(name)?.[1]
          return step !== undefined && !manifests.includes(step)
        })
        if (torn.length > 0) newest = { whole: Math.max(0, ...manifests.map(Number)), torn }
      }
      return newest
    }
    for (;;) {
      const { whole, torn } = await look()
      if (whole > after && torn.length > 0 && torn.length < 3) {
        window.trainer?.terminate()
        return look()
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }, after)
}

for (const device of ['WebGPU', 'WebAssembly'] as const) {
  const lost =
    device === 'WebGPU' ? 'its device is lost and its worker is killed in a save' : 'its worker is killed in a save'
  test(`on ${device} a run goes on by itself, to the same bits, after ${lost}`, async ({ page, browser }) => {
    await page.addInitScript(holdTrainer)
    await openRecipe(page, RECIPE, device === 'WebGPU' ? ON_WEBGPU : '/')
    await startTraining(page)
    await expectTrained(page)

    await startTraining(page)
    // Looked for frame by frame: the run must not end meanwhile.
    await page.waitForFunction(() => {
      const run = document.querySelector('[aria-label="Training run"]')
      const running = run?.querySelector('h2')?.textContent?.includes('running')
      return running && run?.textContent?.includes('Saved at step 2')
    })
    const from = device === 'WebGPU' ? await loseDevice(page, browser) : 0
    const { whole, torn } = await killInSave(page, from)
    expect(torn).not.toEqual([])
    const notices = app.notices(page)
    await expect(notices).toContainText(`went on by itself from step ${whole}, its last save`)
    if (device === 'WebGPU') await expect(notices).toContainText('The graphics device was lost')
    await expect(notices).toContainText('the browser ended its worker')
    await expectTrained(page)
    const run = shown(page)
    if (from > 0) await expect(run.getByText(`Went on at step ${from + 1}`, { exact: true })).toBeVisible()
    await expect(run.getByText(`Went on at step ${whole + 1}`, { exact: true })).toBeVisible()
    await expect(run.getByRole('img', { name: new RegExp(`^loss:.*step ${STEPS}, from .* at step 1,`) })).toBeVisible()

    const [undisturbed, disturbed, ...others] = await lastHashes(page)
    expect(others).toEqual([])
    expect(undisturbed).toHaveLength(3)
    expect(disturbed).toEqual(undisturbed)
  })
}

/** @returns the step of the save that the run went on from */
async function loseDevice(page: Page, browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  await session.send('Browser.crashGpuProcess')
  const step = await page.waitForFunction(
    () => /went on by itself from step (\d+), its last save/.exec(document.body.textContent ?? '')?.[1],
  )
  const from = Number(await step.jsonValue())
  expect(from).toBeGreaterThanOrEqual(2)
  return from
}
