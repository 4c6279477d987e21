/**
 * Decode speed of the bundled policy, without search: `npx tsx bench/decode-micro.ts [node-cpu] [node-webgpu]
 * [page-cpu] [page-webgpu]` (all four by default). Best of several runs; software adapters show structure, not a GPU's
 * speed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { openBenchPage } from './chromium-page.ts'
import { describeFigures, measureDecode } from './decode-micro/measure.ts'

const MODEL = new URL('../public/checkpoints/countdown-policy/', import.meta.url)
const wanted = process.argv.slice(2)
const asked = (name: string) => wanted.length === 0 || wanted.includes(name)

const bytes = (file: string) => new Uint8Array(readFileSync(new URL(file, MODEL)))
const files = {
  name: 'countdown-policy',
  files: readdirSync(MODEL),
  size: async (file: string) => bytes(file).length,
  read: async (file: string, start: number, end: number) => bytes(file).slice(start, end),
}
for (const choice of ['cpu', 'webgpu'] as const) {
  if (asked(`node-${choice}`)) console.log(`Node, ${describeFigures(await measureDecode(choice, files))}`)
}
if (asked('page-cpu') || asked('page-webgpu')) {
  const { page, close } = await openBenchPage('/bench/decode-micro/page.html', { name: 'decode-micro' })
  try {
    await page.waitForFunction(() => 'measure' in window)
    for (const choice of ['cpu', 'webgpu'] as const) {
      if (asked(`page-${choice}`)) {
        console.log(`Chromium, ${await page.evaluate((backend) => window.measure(backend), choice)}`)
      }
    }
  } finally {
    await close()
  }
}
