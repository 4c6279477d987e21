import { readdirSync, readFileSync } from 'node:fs'
import { openBenchPage } from '../chromium-page.ts'
import type { DecodeFigures, DecodeOptions } from './measure.ts'
import { describeFigures, measureDecode } from './measure.ts'

const MODEL = new URL('../../public/checkpoints/countdown-policy/', import.meta.url)

/**
 * Decode speed of the bundled policy, without search, in Node and in headless Chromium: `npm run bench -- decode
 * [node-cpu] [node-webgpu] [page-cpu] [page-webgpu] [prefix=TOKENS] [shared] [lanes=16,64] [repetitions=N]`, all four
 * places by default; `shared` gives all lanes one prompt. Best of several runs; software adapters show structure, not a
 * GPU's speed.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const options = optionsOf(args)
  const wanted = args.filter((arg) => /^(node|page)-/.test(arg))
  const asked = (name: string) => wanted.length === 0 || wanted.includes(name)
  const figures: Record<string, DecodeFigures> = {}
  const note = (name: string, found: DecodeFigures) => {
    figures[name] = found
    console.log(`${name}, ${describeFigures(found)}`)
  }
  for (const choice of ['cpu', 'webgpu'] as const) {
    if (asked(`node-${choice}`)) note(`node-${choice}`, await measureDecode(choice, checkpoint(), options))
  }
  if (asked('page-cpu') || asked('page-webgpu')) {
    const { page, close } = await openBenchPage('/bench/decode/page.html', { name: 'decode' })
    try {
      await page.waitForFunction(() => 'measure' in window)
      for (const choice of ['cpu', 'webgpu'] as const) {
        if (asked(`page-${choice}`)) {
          note(
            `page-${choice}`,
            await page.evaluate(([backend, given]) => window.measure(backend, given), [choice, options] as const),
          )
        }
      }
    } finally {
      await close()
    }
  }
  return { benchmark: 'decode', ...options, ...figures }
}

function optionsOf(args: readonly string[]): DecodeOptions {
  const value = (name: string) => args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1)
  const prefix = value('prefix')
  const lanes = value('lanes')
  const repetitions = value('repetitions')
  return {
    shared: args.includes('shared'),
    ...(prefix === undefined ? {} : { prefix: Number(prefix) }),
    ...(lanes === undefined ? {} : { laneCounts: lanes.split(',').map(Number) }),
    ...(repetitions === undefined ? {} : { repetitions: Number(repetitions) }),
  }
}

function checkpoint() {
  const bytes = (file: string) => new Uint8Array(readFileSync(new URL(file, MODEL)))
  return {
    name: 'countdown-policy',
    files: readdirSync(MODEL),
    size: async (file: string) => bytes(file).length,
    read: async (file: string, start: number, end: number) => bytes(file).slice(start, end),
  }
}
