import type { PrefillCell } from '../engines/cells.ts'
import { FLOAT_ENGINES, isMissing, Seat, wasmEngines } from '../engines/seats.ts'
import { modelShape } from '../models/model-shape.ts'
import { POLICY, prepareBundled } from '../models/prepare-models.ts'
import { countdownText } from '../models/prompt-tokens.ts'
import { readOptions } from '../options.ts'
import { figure, keepResults, printTable, progress } from '../report.ts'
import type { Roofline } from '../roofline/measure.ts'

/** Rows × tokens: the problems of a small data set, a prompt with steps behind it, a long prompt. */
const CELLS = [
  { rows: 16, tokens: 32 },
  { rows: 1, tokens: 192 },
  { rows: 1, tokens: 1024 },
]
/** The cell that ratios and share are about. */
const HEADLINE = { rows: 1, tokens: 1024 }

interface PrefillResult {
  readonly engine: string
  readonly label: string
  readonly rows: number
  readonly tokens: number
  readonly tokensPerSecond: number | null
  readonly medianTokensPerSecond: number | null
  readonly gigaflopsPerSecond: number | null
  readonly rooflineShare: number | null
  readonly missing: string | null
}

/**
 * Prompts run in one pass, nothing of them in the cache, all rows different. The peers compute logits of every token, which
 * their files ask for; this engine only of the last one, as wllama, which samples a token from it.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const options = readOptions(args)
  const engines = options.engines.filter((choice) => FLOAT_ENGINES.includes(choice))
  await prepareBundled()
  if (options.whole) progress('Expected time: 5 minutes.')
  const shape = await modelShape(POLICY)
  const results: PrefillResult[] = []
  let roofline: Roofline | null = null
  for (const choice of engines) {
    const seat = new Seat(choice, POLICY)
    let own: Roofline | null = null
    if (choice.ours && choice.id !== 'stepscope-cpu' && choice.id !== 'node-stepscope-cpu') {
      const answer = await seat.roofline()
      own = isMissing(answer) ? null : answer
      if (choice.id === 'stepscope-webgpu') roofline = own
    }
    for (const { rows, tokens } of CELLS) {
      if (options.rows !== null && !options.rows.includes(rows)) continue
      if (options.prefix !== null && !options.prefix.includes(tokens)) continue
      const prompts = Array.from({ length: rows }, (_, row) => countdownText(tokens, row))
      const cell: PrefillCell = { prompts, seconds: options.seconds, repetitions: options.repetitions }
      const answer = await seat.prefill(cell)
      const missing = isMissing(answer)
      const count = rows * tokens
      const heads = choice.ours ? rows : count
      const { token, head, context } = shape.flops
      const flops = count * (token + (context * (tokens + 1)) / 2) + heads * head
      const least =
        own === null ? null : Math.max(flops / own.flopsPerSecond, (4 * shape.parameters) / own.bytesPerSecond)
      const result: PrefillResult = {
        engine: choice.id,
        label: choice.label,
        rows,
        tokens,
        tokensPerSecond: missing ? null : (1000 * count) / answer.bestMs,
        medianTokensPerSecond: missing ? null : (1000 * count) / answer.medianMs,
        gigaflopsPerSecond: missing ? null : flops / answer.bestMs / 1e6,
        rooflineShare: missing || least === null ? null : (1000 * least) / answer.bestMs,
        missing: missing ? answer.missing : null,
      }
      progress(`${choice.label}  ${rows} × ${tokens}: ${describe(result)}`)
      results.push(result)
    }
    await seat.close()
  }
  printTable(
    'Prefill of the bundled policy: tokens per second (GFLOP/s, share of the roofline)',
    ['', ...CELLS.map(({ rows, tokens }) => `${rows} × ${tokens}`)],
    engines.map(({ id, label }) => [
      label,
      ...CELLS.map(({ rows, tokens }) => {
        const result = results.find((one) => one.engine === id && one.rows === rows && one.tokens === tokens)
        return result === undefined ? '' : describe(result)
      }),
    ]),
  )
  const headline = (...engines: string[]): PrefillResult | undefined =>
    results
      .filter(
        ({ engine, rows, tokens }) => engines.includes(engine) && rows === HEADLINE.rows && tokens === HEADLINE.tokens,
      )
      .sort((a, b) => (b.tokensPerSecond ?? 0) - (a.tokensPerSecond ?? 0))[0]
  const ours = headline('stepscope-webgpu')
  const wasm = headline(...wasmEngines('stepscope'))
  const ratio = (own: PrefillResult | undefined, peer: PrefillResult | undefined): number | null =>
    own?.tokensPerSecond && peer?.tokensPerSecond ? own.tokensPerSecond / peer.tokensPerSecond : null
  const summary = {
    benchmark: 'prefill',
    adapter: roofline?.adapter ?? null,
    date: new Date().toISOString(),
    command: ['npm run bench -- prefill', ...args].join(' '),
    headline: HEADLINE,
    ratio_vs_transformersjs_webgpu: ratio(ours, headline('transformersjs-webgpu')),
    ratio_vs_transformersjs_wasm: ratio(ours, headline(...wasmEngines('transformersjs'))),
    ratio_wasm_vs_transformersjs_wasm: ratio(wasm, headline(...wasmEngines('transformersjs'))),
    ratio_wasm_vs_wllama: ratio(wasm, headline(...wasmEngines('wllama'))),
    roofline_share: ours?.rooflineShare ?? null,
    roofline,
    figures: results,
  }
  if (options.whole) await keepResults('prefill', summary)
  return summary
}

function describe({ tokensPerSecond, gigaflopsPerSecond, rooflineShare, missing }: PrefillResult): string {
  if (tokensPerSecond === null || gigaflopsPerSecond === null) return missing ?? 'no figure'
  const share = rooflineShare === null ? '' : `, ${Math.round(100 * rooflineShare)}%`
  return `${figure(tokensPerSecond)} (${figure(gigaflopsPerSecond)}${share})`
}
