import { readFile } from 'node:fs/promises'
import { openBenchPage } from '../chromium-page.ts'
import type { BeamPageApi } from './page.ts'
import { peerFiles } from './peer-files.ts'

const ROWS = 16
const PEER_TOKENS = 24
const PROBLEMS = 8
const PROMPT = 'Q 12 4 10 6 > 36\n'

/**
 * Beam search (n 16, m 4: proposing, scoring, deciding) against Transformers.js decoding 16 rows with the same weights
 * and no reward model, in the same headless Chromium.
 */
export async function run(): Promise<Record<string, unknown>> {
  const bench = await openBenchPage('/bench/beam/page.html', {
    name: 'beam',
    include: ['@huggingface/transformers'],
    plugins: [peerFiles()],
  })
  try {
    await bench.page.waitForFunction(() => 'bench' in globalThis)
    const problems = await problemTexts()
    const beam = (backend: 'webgpu' | 'cpu') =>
      bench.page.evaluate(
        ([problems, backend]) => (globalThis as unknown as { bench: BeamPageApi }).bench.measureBeam(problems, backend),
        [problems, backend] as const,
      )
    const peer = (device: 'webgpu' | 'wasm') =>
      bench.page.evaluate(
        ([device, prompt, rows, tokens]) =>
          (globalThis as unknown as { bench: BeamPageApi }).bench.measurePeer(device, prompt, rows, tokens),
        [device, PROMPT, ROWS, PEER_TOKENS] as const,
      )
    const webgpu = await beam('webgpu')
    const cpu = await beam('cpu')
    const peerWebGpu = await peer('webgpu')
    const peerWasm = await peer('wasm')
    const best = (figures: { generateTokensPerSecond: number; loopTokensPerSecond: number }): number =>
      Math.max(figures.generateTokensPerSecond, figures.loopTokensPerSecond)

    console.log(`headless Chromium, ${webgpu.adapter}; tokens per second, higher is better`)
    row('Stepscope, WebGPU: beam n 16 m 4, PRM included', webgpu.tokensPerSecond)
    row('Stepscope, CPU: beam n 16 m 4, PRM included', cpu.tokensPerSecond)
    for (const figures of [peerWebGpu, peerWasm]) {
      row(`Transformers.js, ${figures.device}: generate(), 16 rows, no PRM`, figures.generateTokensPerSecond)
      row(`Transformers.js, ${figures.device}: hand-written loop, 16 rows, no PRM`, figures.loopTokensPerSecond)
    }
    return {
      benchmark: 'beam',
      adapter: webgpu.adapter,
      stepscope: { webgpu, cpu },
      transformersjs: { webgpu: peerWebGpu, wasm: peerWasm },
      ratio_vs_transformersjs_webgpu: webgpu.tokensPerSecond / best(peerWebGpu),
      ratio_vs_transformersjs_wasm: webgpu.tokensPerSecond / best(peerWasm),
      ratio_vs_transformersjs_webgpu_generate: webgpu.tokensPerSecond / peerWebGpu.generateTokensPerSecond,
    }
  } finally {
    await bench.close()
  }
}

async function problemTexts(): Promise<string[]> {
  const file = await readFile(new URL('../../public/datasets/countdown4-problems.jsonl', import.meta.url), 'utf8')
  return file
    .split('\n')
    .slice(0, PROBLEMS)
    .map((line) => {
      const { numbers, target } = JSON.parse(line) as { numbers: number[]; target: number }
      return `${numbers.join(' ')} > ${target}`
    })
}

function row(label: string, value: number): void {
  console.log(`${label.padEnd(64)}${value.toFixed(0).padStart(8)}`)
}
