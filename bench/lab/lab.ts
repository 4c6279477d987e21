import { parseArgs } from 'node:util'
import { heapOf, openBuiltApp } from '../chromium-page.ts'
import { printTable, progress } from '../report.ts'

/** From one interaction to the second frame after it, when it has been painted. */
interface Answer {
  readonly what: string
  readonly milliseconds: number
}

/**
 * How long the scaling lab takes to answer with the results of a folder that `stepscope sweep` wrote: `npm run bench -- lab --sweep DIR`. In the built app,
 * each tab is chosen and each choice of its picture is made, in turn; three rounds, the slowest counts.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({ args: [...args], options: { sweep: { type: 'string' } } })
  if (values.sweep === undefined) throw new Error('give --sweep DIR, which stepscope sweep wrote')
  const { page, close } = await openBuiltApp('#/scaling')
  try {
    await page.getByRole('button', { name: 'Files', exact: true }).click()
    await page.locator('input[webkitdirectory]').setInputFiles(values.sweep)
    const region = page.getByRole('region', { name: 'Sweep', exact: true })
    await region.getByRole('tab').first().waitFor()
    const answers: Answer[] = []
    for (let round = 0; round < 3; round++) {
      for (const tab of await region.getByRole('tab').all()) {
        const name = await tab.innerText()
        answers.push({ what: name, milliseconds: await tab.evaluate(answerTo) })
        for (const radio of await region.getByRole('radio').all()) {
          const choice = (await radio.getAttribute('aria-label')) ?? (await radio.innerText())
          answers.push({ what: `${name}: ${choice}`, milliseconds: await radio.evaluate(answerTo) })
        }
      }
      progress(`round ${round + 1}: ${answers.length} answers`)
    }
    const slowest = new Map<string, number>()
    for (const { what, milliseconds } of answers) {
      slowest.set(what, Math.max(slowest.get(what) ?? 0, milliseconds))
    }
    const heap = await heapOf(page)
    printTable(
      `Answers of the lab, ms, slowest of 3; heap ${(heap / 2 ** 20).toFixed(0)} MiB`,
      ['what', 'ms'],
      [...slowest].map(([what, milliseconds]) => [what, milliseconds.toFixed(0)]),
    )
    return { benchmark: 'lab', sweep: values.sweep, heap, slowest: Object.fromEntries(slowest) }
  } finally {
    await close()
  }
}

/** In the page. */
async function answerTo(element: Element): Promise<number> {
  const start = performance.now()
  ;(element as HTMLElement).focus()
  ;(element as HTMLElement).dispatchEvent(new MouseEvent('mousedown', { bubbles: true, button: 0 }))
  ;(element as HTMLElement).click()
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  return performance.now() - start
}
