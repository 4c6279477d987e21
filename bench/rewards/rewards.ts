import { parseArgs } from 'node:util'
import type { Locator } from '@playwright/test'
import { heapOf, openBuiltApp } from '../chromium-page.ts'
import { printTable, progress } from '../report.ts'

const SCORING_MS = 500_000

/**
 * How long the room for reward models takes to answer with a file of traces, scored by the model that is loaded: `npm run bench -- rewards --traces FILE`.
 * In the built app: tabs, filters, the threshold by a key; from the event to the second frame after it, the slowest of three rounds.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({ args: [...args], options: { traces: { type: 'string' } } })
  if (values.traces === undefined) throw new Error('give --traces FILE, which the room can open')
  const { page, close } = await openBuiltApp('#/rewards')
  try {
    const before = await heapOf(page)
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Open a file', exact: true }).click()
    const opened = performance.now()
    await (await chooser).setFiles(values.traces)
    const score = page.getByRole('button', { name: /^Score \d/ }).first()
    await score.waitFor({ timeout: SCORING_MS })
    const openSeconds = (performance.now() - opened) / 1000
    const scored = performance.now()
    await score.click()
    await page.getByText(/([\d,]+) of \1 scored/).waitFor({ timeout: SCORING_MS })
    const scoreSeconds = (performance.now() - scored) / 1000
    progress(`opened in ${openSeconds.toFixed(1)} s, scored in ${scoreSeconds.toFixed(1)} s`)
    const slowest = new Map<string, number>()
    const note = (what: string, milliseconds: number) => {
      slowest.set(what, Math.max(slowest.get(what) ?? 0, milliseconds))
    }
    for (let round = 0; round < 3; round++) {
      for (const tab of await page.getByRole('tab').all()) {
        note(await tab.innerText(), await answer(tab, 'click'))
        await page.waitForTimeout(300)
        const slider = page.getByRole('slider', { name: 'Threshold' })
        if (await slider.isVisible()) {
          for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft'])
            note(`threshold by ${key}`, await answer(slider, key))
        }
      }
      await page.getByRole('tab', { name: 'Heatmap' }).click()
      for (const name of ['Truth', 'Model A', 'Labels by hand', 'Sorted by']) {
        const select = page.getByRole('combobox', { name, exact: true }).first()
        for (const index of [1, 0]) note(`filter ${name}, ${index}`, await answer(select, index))
      }
      const search = page.getByLabel('Search in problems and steps')
      note('search', await answer(search, '7'))
      await search.fill('')
    }
    const heap = (await heapOf(page)) - before
    printTable(
      `Answers of the room, ms, slowest of 3; ${(heap / 2 ** 20).toFixed(0)} MiB more than before the file`,
      ['what', 'ms'],
      [...slowest].map(([what, milliseconds]) => [what, milliseconds.toFixed(0)]),
    )
    return { benchmark: 'rewards', openSeconds, scoreSeconds, heap, slowest: Object.fromEntries(slowest) }
  } finally {
    await close()
  }
}

/** Milliseconds from a click, a key, a text or the choice of an option to the second frame after it. */
function answer(target: Locator, how: string | number): Promise<number> {
  return target.evaluate(async (element, how) => {
    const start = performance.now()
    if (how === 'click') {
      element.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, button: 0 }))
      ;(element as HTMLElement).click()
    } else if (typeof how === 'number') {
      ;(element as HTMLSelectElement).selectedIndex = how
      element.dispatchEvent(new Event('change', { bubbles: true }))
    } else if (how.startsWith('Arrow')) {
      ;(element as HTMLElement).focus()
      element.dispatchEvent(new KeyboardEvent('keydown', { key: how, bubbles: true }))
    } else {
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set
      set?.call(element, how)
      element.dispatchEvent(new Event('input', { bubbles: true }))
    }
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
    return performance.now() - start
  }, how)
}
