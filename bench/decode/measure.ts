import { openBackend } from '../../src/compute/open-backend.ts'
import type { CheckpointFiles } from '../../src/engine/checkpoint/checkpoint-files.ts'
import { openWeights } from '../../src/engine/checkpoint/checkpoint-weights.ts'
import { readConfig } from '../../src/engine/checkpoint/config.ts'
import type { DecodeSequence } from '../../src/engine/decoder/decoder.ts'
import { TOKEN_NEVER_SAMPLED } from '../../src/engine/decoder/decoder.ts'
import { createDecoder } from '../../src/engine/decoder/decoder-model.ts'

export interface DecodeFigures {
  readonly adapter: string
  readonly loadMs: number
  /** The first prefill and decode step, in which drivers compile what they put off. */
  readonly firstMs: number
  /** Milliseconds of the prompts of 16 lanes (of the one prompt, where they share it), best of several. */
  readonly prefillMs: number
  readonly lanes: readonly { readonly lanes: number; readonly tokensPerSecond: number; readonly msPerStep: number }[]
}

export interface DecodeOptions {
  readonly laneCounts?: readonly number[]
  readonly repetitions?: number
  /** Prompt tokens of each lane, a multiple of the page. */
  readonly prefix?: number
  /** One prompt for all lanes, its pages held by all of them; otherwise each has pages of its own. */
  readonly shared?: boolean
}

const STEPS = 16
const ROWS = 2048

/** Prefill and decode of one decoder, without search: rows of random prompts, sampled at temperature 1. */
export async function measureDecode(
  choice: 'cpu' | 'webgpu',
  files: CheckpointFiles,
  { laneCounts = [1, 4, 16, 64], repetitions = 6, prefix = 32, shared = false }: DecodeOptions = {},
): Promise<DecodeFigures> {
  const { backend } = await openBackend({ choice })
  const started = performance.now()
  const decoder = await createDecoder(backend, await readConfig(files), await openWeights(files), {
    maxRows: ROWS,
  })
  const loadMs = performance.now() - started
  const { pagesPerSequence } = decoder
  const prefixPages = Math.ceil(prefix / 16)
  const ownPages = Math.ceil((prefix + STEPS) / 16) - (shared ? prefixPages : 0)
  const flags = new Uint32Array(decoder.config.vocabSize)
  flags[decoder.config.vocabSize - 1] = TOKEN_NEVER_SAMPLED

  function tablesOf(lanes: number): Uint32Array {
    const tables = new Uint32Array(lanes * pagesPerSequence)
    for (let lane = 0; lane < lanes; lane++) {
      for (let page = 0; page < prefixPages + ownPages; page++) {
        const isShared = shared && page < prefixPages
        const first = lane * ownPages
        tables[lane * pagesPerSequence + page] = isShared ? page : first + page
      }
    }
    return tables
  }

  /** Executes the prompts, each lane's or the one that all share, in as many passes as they take. */
  async function prefill(lanes: number): Promise<Uint32Array> {
    const tables = tablesOf(lanes)
    const perPass = Math.max(1, Math.floor(ROWS / prefix))
    for (let first = 0; first < (shared ? 1 : lanes); first += perPass) {
      const count = shared ? 1 : Math.min(perPass, lanes - first)
      const tokens = Uint32Array.from({ length: count * prefix }, (_, i) => 1 + (((first * prefix + i) * 7919) % 20))
      await decoder.execute({
        tokenIds: tokens,
        positions: Uint32Array.from(tokens, (_, i) => i % prefix),
        sequences: Uint32Array.from(tokens, (_, i) => Math.floor(i / prefix)),
        pageTables: tables.subarray(first * pagesPerSequence, (first + count) * pagesPerSequence),
        keep: Array.from({ length: shared ? lanes : count }, (_, lane) => ({
          row: (shared ? 0 : lane) * prefix + prefix - 1,
          slot: first + lane,
        })),
      })
    }
    await decoder.hidden([0])
    return tables
  }

  const request = (lanes: number, tables: Uint32Array, node: number) =>
    Array.from(
      { length: lanes },
      (_, lane): DecodeSequence => ({
        slot: lane,
        position: prefix,
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
  return `${adapter}: load ${loadMs.toFixed(0)} ms, first pass ${firstMs.toFixed(0)} ms, prefill ${prefillMs.toFixed(0)} ms, ${rows.join(', ')}`
}
