import type { OpenBackendOptions } from '../../src/compute/open-backend.ts'
import { openBenchPage } from '../chromium-page.ts'
import { servedFiles } from '../models/served-files.ts'
import type { RooflineFigures, ShapeFigures } from './measure-shapes.ts'
import { measureShapes } from './measure-shapes.ts'

/** From this many rows on a product is held to the roofline; below, its share is stated. */
const MANY_ROWS = 16

const ON: Readonly<Record<string, OpenBackendOptions>> = {
  webgpu: { choice: 'webgpu' },
  wasm: { choice: 'wasm', wasm: { threads: 1 } },
  'wasm-2': { choice: 'wasm', wasm: { threads: 2 } },
}

/**
 * The best matrix product and copy a backend reaches, and the share of them that a model's products reach in the same
 * run, in Node and in headless Chromium: `npm run bench -- roofline [node] [page] [webgpu] [wasm] [wasm-2]`, all by default.
 * `roofline_share` is the lowest share of SmolLM2's products at 16 rows and more on WebGPU, `roofline_share_wasm` on WebAssembly.
 */
export async function run(wanted: readonly string[]): Promise<Record<string, unknown>> {
  const among = (names: readonly string[]) => {
    const chosen = names.filter((name) => wanted.includes(name))
    return chosen.length === 0 ? names : chosen
  }
  const hosts = among(['node', 'page'])
  const figures: Record<string, RooflineFigures & { readonly roofline_share: number }> = {}
  for (const host of hosts) {
    for (const name of among(Object.keys(ON))) {
      const options = ON[name] as OpenBackendOptions
      const found = host === 'node' ? await measureShapes(options) : await measureInPage(options)
      figures[`${host} ${name}`] = { roofline_share: lowestShare(found), ...found }
      console.log(`${host}, ${describe(found)}`)
    }
  }
  const least = (of: (name: string) => boolean) => {
    const shares = Object.entries(figures).flatMap(([name, found]) => (of(name) ? [found.roofline_share] : []))
    return shares.length === 0 ? null : Math.min(...shares)
  }
  return {
    benchmark: 'roofline',
    roofline_share: least((name) => name.endsWith('webgpu')),
    roofline_share_wasm: least((name) => !name.endsWith('webgpu')),
    figures,
  }
}

async function measureInPage(options: OpenBackendOptions): Promise<RooflineFigures> {
  const { page, close } = await openBenchPage('/bench/roofline/page.html', {
    name: 'roofline',
    plugins: [servedFiles()],
  })
  try {
    await page.waitForFunction(() => 'measureShapes' in window)
    return await page.evaluate((options) => window.measureShapes(options), options)
  } finally {
    await close()
  }
}

function lowestShare({ shapes }: RooflineFigures): number {
  const held = shapes.filter(({ model, shape }) => model === 'SmolLM2-135M' && shape.rows >= MANY_ROWS)
  return Math.min(...held.map(({ share }) => share))
}

/** A table: one line per product, one column per row count, GFLOP/s and share of the roofline as it was then. */
function describe({ roofline, shapes }: RooflineFigures): string {
  const { adapter, flopsPerSecond, product, plain, bytesPerSecond } = roofline
  const { rows, inner, columns } = product.shape
  const { tile } = product
  const best =
    plain?.flopsPerSecond === flopsPerSecond
      ? `a bare tile of ${plain.tile}`
      : `${rows} × ${inner} × ${columns}, tile ${tile.rows} × ${tile.columns}, lanes ${tile.lanes}`
  const lines = [
    `${adapter}: best product ${(flopsPerSecond / 1e9).toFixed(1)} GFLOP/s (${best}), copy ${(bytesPerSecond / 1e9).toFixed(1)} GB/s read and written`,
  ]
  const products = new Map<string, string[]>()
  for (const figures of shapes) {
    const name = `${figures.model} ${figures.product}`
    products.set(name, [...(products.get(name) ?? []), cell(figures)])
  }
  for (const [name, cells] of products) lines.push(`  ${name.padEnd(22)} ${cells.join('  ')}`)
  return lines.join('\n')
}

function cell({ shape, gflops, share, pace }: ShapeFigures): string {
  const slow = pace < 0.9 ? ` at ${(100 * pace).toFixed(0)}% pace` : ''
  return `${shape.rows}: ${gflops.toFixed(1)} (${(100 * share).toFixed(0)}%${slow})`
}
