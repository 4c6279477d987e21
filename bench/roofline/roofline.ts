import { openBenchPage } from '../chromium-page.ts'
import type { RooflineFigures, ShapeFigures } from './measure-shapes.ts'
import { measureShapes } from './measure-shapes.ts'

/** From this many rows on a product is held to the roofline; below, its share is stated. */
const MANY_ROWS = 16

/**
 * The best matrix product and copy an adapter reaches, and the share of them that a model's products reach in the same
 * run, in Node and in headless Chromium: `npm run bench -- roofline [node] [page]`, both by default. `roofline_share` is the
 * lowest share of SmolLM2's products at 16 rows and more.
 */
export async function run(wanted: readonly string[]): Promise<Record<string, unknown>> {
  const asked = (name: string) => wanted.length === 0 || wanted.includes(name)
  const figures: Record<string, unknown> = {}
  const note = (name: string, found: RooflineFigures) => {
    figures[name] = { roofline_share: lowestShare(found), ...found }
    console.log(`${name}, ${describe(found)}`)
  }
  if (asked('node')) note('node', await measureShapes())
  if (asked('page')) {
    const { page, close } = await openBenchPage('/bench/roofline/page.html', { name: 'roofline' })
    try {
      await page.waitForFunction(() => 'measureShapes' in window)
      note('page', await page.evaluate(() => window.measureShapes()))
    } finally {
      await close()
    }
  }
  const shares = Object.values(figures).map((found) => (found as { roofline_share: number }).roofline_share)
  return { benchmark: 'roofline', roofline_share: Math.min(...shares), ...figures }
}

function lowestShare({ shapes }: RooflineFigures): number {
  const held = shapes.filter(({ model, shape }) => model === 'SmolLM2-135M' && shape.rows >= MANY_ROWS)
  return Math.min(...held.map(({ share }) => share))
}

/** A table: one line per product, one column per row count, GFLOP/s and share of the roofline. */
function describe({ roofline, shapes }: RooflineFigures): string {
  const { adapter, flopsPerSecond, product, bytesPerSecond } = roofline
  const { rows, inner, columns } = product.shape
  const { tile } = product
  const lines = [
    `${adapter}: best product ${(flopsPerSecond / 1e9).toFixed(1)} GFLOP/s (${rows} × ${inner} × ${columns}, tile ${tile.rows} × ${tile.columns}, lanes ${tile.lanes}), copy ${(bytesPerSecond / 1e9).toFixed(1)} GB/s read and written`,
  ]
  const products = new Map<string, string[]>()
  for (const figures of shapes) {
    const name = `${figures.model} ${figures.product}`
    products.set(name, [...(products.get(name) ?? []), cell(figures)])
  }
  for (const [name, cells] of products) lines.push(`  ${name.padEnd(22)} ${cells.join('  ')}`)
  return lines.join('\n')
}

function cell({ shape, gflops, share }: ShapeFigures): string {
  return `${shape.rows}: ${gflops.toFixed(1)} (${(100 * share).toFixed(0)}%)`
}
