import { openBackend } from '../../src/compute/open-backend.ts'
import type { CheckpointFiles } from '../../src/engine/checkpoint-files.ts'
import { openWeights } from '../../src/engine/checkpoint-weights.ts'
import { readConfig } from '../../src/engine/config.ts'
import type { Lane } from '../../src/engine/decoder.ts'
import { TOKEN_NEVER_SAMPLED } from '../../src/engine/decoder.ts'
import { createDecoder } from '../../src/engine/decoder-model.ts'

export interface DecodeFigures {
  readonly adapter: string
  readonly loadMs: number
  /** The first prefill and decode step, in which drivers compile what they put off. */
  readonly firstMs: number
  /** Milliseconds of one pass over rows × 32 prompt tokens, best of several. */
  readonly prefillMs: number
  readonly lanes: readonly { readonly lanes: number; readonly tokensPerSecond: number; readonly msPerStep: number }[]
}

const PROMPT = 32
const STEPS = 16

/** Prefill and decode of one decoder, without search: rows of random prompts, sampled at temperature 1. */
export async function measureDecode(
  choice: 'cpu' | 'webgpu',
  files: CheckpointFiles,
  laneCounts: readonly number[] = [1, 4, 16, 64],
  repetitions = 6,
): Promise<DecodeFigures> {
  const { backend } = await openBackend({ choice })
  const started = performance.now()
  const decoder = await createDecoder(backend, await readConfig(files), await openWeights(files), {
    maxRows: 64 * PROMPT,
  })
  const loadMs = performance.now() - started
  const { pagesPerSequence } = decoder
  const pagesEach = Math.ceil((PROMPT + STEPS) / 16)
  const flags = new Uint32Array(decoder.config.vocabSize)
  flags[decoder.config.vocabSize - 1] = TOKEN_NEVER_SAMPLED

  async function prefill(rows: number): Promise<Uint32Array> {
    const tables = new Uint32Array(rows * pagesPerSequence)
    for (let row = 0; row < rows; row++) {
      for (let page = 0; page < pagesEach; page++) tables[row * pagesPerSequence + page] = row * pagesEach + page
    }
    const tokens = Uint32Array.from({ length: rows * PROMPT }, (_, i) => 1 + ((i * 7919) % 20))
    await decoder.execute({
      tokenIds: tokens,
      positions: Uint32Array.from(tokens, (_, i) => i % PROMPT),
      sequences: Uint32Array.from(tokens, (_, i) => Math.floor(i / PROMPT)),
      pageTables: tables,
      keep: Array.from({ length: rows }, (_, row) => ({ row: row * PROMPT + PROMPT - 1, slot: row })),
    })
    await decoder.hidden([0])
    return tables
  }

  const request = (lanes: number, tables: Uint32Array, node: number) =>
    Array.from(
      { length: lanes },
      (_, lane): Lane => ({
        slot: lane,
        position: PROMPT,
        temperature: 1,
        topP: 1,
        topK: 0,
        seed: 1,
        node,
        sample: lane,
        maxTokens: STEPS + 1,
        pageTable: tables.subarray(lane * pagesPerSequence, (lane + 1) * pagesPerSequence),
      }),
    )
  const first = performance.now()
  await decoder.decode(request(1, await prefill(1), 0), 1, flags)
  const firstMs = performance.now() - first

  let prefillMs = Number.POSITIVE_INFINITY
  const results: DecodeFigures['lanes'][number][] = []
  for (const lanes of laneCounts) {
    let best = Number.POSITIVE_INFINITY
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const begin = performance.now()
      const tables = await prefill(lanes)
      if (lanes === 16) prefillMs = Math.min(prefillMs, performance.now() - begin)
      const start = performance.now()
      await decoder.decode(request(lanes, tables, repetition), STEPS, flags)
      best = Math.min(best, performance.now() - start)
    }
    results.push({ lanes, tokensPerSecond: (1000 * lanes * STEPS) / best, msPerStep: best / STEPS })
  }
  decoder.dispose()
  backend.dispose()
  return { adapter: backend.adapter, loadMs, firstMs, prefillMs, lanes: results }
}

export function describeFigures({ adapter, loadMs, firstMs, prefillMs, lanes }: DecodeFigures): string {
  const rows = lanes.map(
    ({ lanes, tokensPerSecond, msPerStep }) =>
      `${lanes} lanes ${tokensPerSecond.toFixed(0)}/s (${msPerStep.toFixed(2)} ms)`,
  )
  return `${adapter}: load ${loadMs.toFixed(0)} ms, first pass ${firstMs.toFixed(0)} ms, prefill 16×32 ${prefillMs.toFixed(0)} ms, ${rows.join(', ')}`
}
