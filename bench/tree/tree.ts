import { cpus } from 'node:os'
import { openBenchPage } from '../chromium-page.ts'
import type { GestureTimes } from './page.ts'

const FRAMES = 150
const LAYOUTS = 20

interface Times {
  readonly median: number
  readonly p95: number
}

/**
 * The tree view at 5,000 nodes in headless Chromium: milliseconds of a layout, and of the frames of a pan and a zoom,
 * far out (the whole tree, coloured cells) and near (text). A frame is what passes from one to the next; its script is
 * what the tree's own code takes of it. Headless Chromium without a graphics card paints on the CPU.
 */
export async function run(): Promise<Record<string, unknown>> {
  const bench = await openBenchPage('/bench/tree/page.html', {
    name: 'tree',
    include: ['d3', 'react', 'react/jsx-dev-runtime', 'react/jsx-runtime', 'react-dom/client'],
  })
  const { page } = bench
  try {
    await page.waitForFunction(() => 'treeBench' in window)
    const nodes = await page.evaluate(() => window.treeBench.nodes)
    const { first, later } = await page.evaluate((count) => window.treeBench.layout(count), LAYOUTS)
    const layout = summary(later)
    const browser = `headless Chromium ${page.context().browser()?.version() ?? ''}`
    const processor = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`
    const size = page.viewportSize()
    console.log(`${browser}, ${processor}, ${size?.width}×${size?.height}; ${nodes} nodes; milliseconds`)
    console.log(`layout: median ${layout.median.toFixed(1)}, p95 ${layout.p95.toFixed(1)}, first ${first.toFixed(1)}`)
    console.log(`${''.padEnd(12)}${['frame', 'p95', 'script', 'p95'].map((name) => name.padStart(9)).join('')}`)

    const distances: Record<string, Record<string, { frameMs: Times; scriptMs: Times }>> = {}
    for (const distance of ['far', 'near'] as const) {
      await page.evaluate((distance) => window.treeBench[distance](), distance)
      const gestures: Record<string, { frameMs: Times; scriptMs: Times }> = {}
      for (const gesture of ['pan', 'zoom'] as const) {
        const measure = (frames: number): Promise<GestureTimes> =>
          page.evaluate(([gesture, frames]) => window.treeBench[gesture](frames), [gesture, frames] as const)
        await measure(FRAMES / 3)
        const { frame, script } = await measure(FRAMES)
        const [frameMs, scriptMs] = [summary(frame), summary(script)]
        gestures[gesture] = { frameMs, scriptMs }
        const figures = [frameMs.median, frameMs.p95, scriptMs.median, scriptMs.p95]
        const row = figures.map((value) => value.toFixed(1).padStart(9)).join('')
        console.log(`${`${distance}, ${gesture}`.padEnd(12)}${row}`)
      }
      distances[distance] = gestures
    }
    return {
      benchmark: 'tree',
      browser,
      processor,
      nodes,
      layoutMs: { ...layout, first: hundredths(first) },
      ...distances,
    }
  } finally {
    await bench.close()
  }
}

function summary(values: readonly number[]): Times {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
  return { median: hundredths(at(0.5)), p95: hundredths(at(0.95)) }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
