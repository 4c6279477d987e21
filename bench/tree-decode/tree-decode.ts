import type { EngineChoice } from '../engines/seats.ts'
import { ENGINES, FLOAT_ENGINES, isMissing, Seat, wasmEngines, wasmEnginesOfAnyFormat } from '../engines/seats.ts'
import { modelShape } from '../models/model-shape.ts'
import { POLICY, POLICY_FUSED, prepareBundled, prepareSmolLm2, SMOLLM2 } from '../models/prepare-models.ts'
import { countdownText, randomTokens } from '../models/prompt-tokens.ts'
import type { BenchOptions } from '../options.ts'
import { readOptions } from '../options.ts'
import { figure, keepResults, printTable, progress } from '../report.ts'
import type { Roofline } from '../roofline/measure.ts'
import type { BurstResult } from './bursts.ts'
import { measureBursts } from './bursts.ts'
import type { CellResult, Grid } from './grid.ts'
import { describeCell, measureEngine, rooflineShare } from './grid.ts'
import { trunkReads } from './trunk-reads.ts'

/** The cell that the ratios are about: a beam of 16 on a prompt with some steps behind it. */
const HEADLINE = { rows: 16, prefix: 192 }
/** The engine whose shares and ratios are given. */
const OURS = 'stepscope-webgpu'
/** Greatest difference between engines' logits of the same prefix that is still the same model. */
const SAME_LOGITS = 0.01

/**
 * Decoding of branches that share a prefix, by this engine and its peers with the same weights in the same headless
 * Chromium, and in Node. Prefill and the first, compiling, run of a cell are not counted.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const options = readOptions(args)
  const grids = await wantedGrids(options)
  if (options.whole) progress('Expected time of the whole grid: 45 minutes.')
  const { adapter, roofline } = await measureAdapter(options)
  const cells: CellResult[] = []
  for (const grid of grids) {
    const engines = grid.engines.filter((engine) => options.engines.includes(engine))
    const narrowed = narrow(grid, options)
    if (engines.length * narrowed.rows.length * narrowed.prefixes.length === 0) continue
    for (const engine of engines) cells.push(...(await measureEngine(narrowed, engine, options)))
    printGrid(narrowed, engines, cells)
  }
  for (const message of differences(cells)) progress(message)
  const bursts = options.bursts ? await measureBursts(options) : []
  if (bursts.length > 0) printBursts(bursts)
  const results = summary(grids, cells, bursts, { adapter, roofline }, args)
  if (options.whole) await keepResults('tree-decode', results)
  return results
}

async function wantedGrids({ model }: BenchOptions): Promise<Grid[]> {
  const wanted = (name: string) => model === null || model === name
  const grids: Grid[] = []
  await prepareBundled()
  if (wanted(POLICY)) grids.push(...(await bundledGrids()))
  if (wanted(SMOLLM2)) {
    progress('SmolLM2-135M: weights are made once and kept')
    await prepareSmolLm2()
    const shape = await modelShape(SMOLLM2)
    grids.push({
      model: SMOLLM2,
      title: 'SmolLM2-135M, random weights, float32 where no other format is named',
      rows: [1, 16],
      prefixes: [32],
      engines: ENGINES.filter(({ id }) => !id.endsWith('-cpu')),
      shape,
      tokens: (count) => randomTokens(count, shape.vocabulary, 1),
      newTokens: 7,
    })
  }
  return grids
}

async function bundledGrids(): Promise<Grid[]> {
  const bundled: Grid = {
    model: POLICY,
    title: 'Bundled policy, 0.8 M parameters',
    rows: [1, 4, 16, 64],
    prefixes: [32, 192, 1024],
    engines: FLOAT_ENGINES,
    shape: await modelShape(POLICY),
    tokens: countdownText,
    newTokens: 23,
  }
  const fused: Grid = {
    ...bundled,
    model: POLICY_FUSED,
    title: 'The same weights for the peers, with the fused operators of the files on the Hugging Face hub',
    rows: [HEADLINE.rows],
    prefixes: [HEADLINE.prefix],
    engines: FLOAT_ENGINES.filter(
      ({ engine }) => engine.kind === 'transformersjs' || engine.kind === 'onnxruntime-node',
    ),
  }
  return [bundled, fused]
}

function narrow(grid: Grid, { rows, prefix }: BenchOptions): Grid {
  const chosen = (own: readonly number[], asked: readonly number[] | null) =>
    asked === null || grid.model === POLICY ? (asked ?? own) : own.filter((value) => asked.includes(value))
  return { ...grid, rows: chosen(grid.rows, rows), prefixes: chosen(grid.prefixes, prefix) }
}

async function measureAdapter({
  engines,
}: BenchOptions): Promise<{ readonly adapter: string | null; readonly roofline: Roofline | null }> {
  const choice = engines.find(({ id }) => id === OURS)
  if (choice === undefined) return { adapter: null, roofline: null }
  const seat = new Seat(choice, POLICY)
  try {
    const opened = await seat.adapter()
    const adapter = isMissing(opened) ? null : opened.adapter
    const roofline = await seat.roofline()
    if (isMissing(roofline)) {
      progress(`roofline: ${roofline.missing}`)
      return { adapter, roofline: null }
    }
    const { flopsPerSecond, bytesPerSecond } = roofline
    progress(`${adapter}: ${figure(flopsPerSecond / 1e9)} GFLOP/s, ${figure(bytesPerSecond / 1e9)} GB/s`)
    return { adapter, roofline }
  } finally {
    await seat.close()
  }
}

function printGrid(grid: Grid, engines: readonly EngineChoice[], cells: readonly CellResult[]): void {
  const columns = grid.prefixes.flatMap((prefix) => grid.rows.map((rows) => ({ rows, prefix })))
  const lines = engines.flatMap(({ id, label, ours }) =>
    (ours ? (['sampled', 'distinct'] as const) : (['greedy'] as const)).map((mode) => [
      mode === 'greedy' ? label : `${label}, ${mode}`,
      ...columns.map((column) => {
        const cell = cells.find(
          (cell) =>
            cell.model === grid.model &&
            cell.engine === id &&
            cell.mode === mode &&
            cell.rows === column.rows &&
            cell.prefix === column.prefix,
        )
        return cell === undefined ? '' : describeCell(cell)
      }),
    ]),
  )
  printTable(
    `${grid.title}: tokens per second, branches × prefix, ${grid.newTokens} passes`,
    ['', ...columns.map(({ rows, prefix }) => `${rows} × ${prefix}`)],
    lines,
  )
}

function printBursts(bursts: readonly BurstResult[]): void {
  printTable(
    'Steps per burst, sampled, 16 branches of the bundled policy after 192 tokens',
    ['', ...(bursts[0]?.figures.map(({ burst }) => String(burst)) ?? [])],
    bursts.map(({ label, figures }) => [
      label,
      ...figures.map(({ tokensPerSecond, overrunTokens }) =>
        tokensPerSecond === null ? 'no figure' : `${figure(tokensPerSecond)} (overrun ${overrunTokens})`,
      ),
    ]),
  )
}

/** Engines whose logits after the same prefix are not those of the first one: they would not run the same model. */
function differences(cells: readonly CellResult[]): string[] {
  return cells.flatMap((cell) => {
    const first = cells.find(
      ({ model, prefix, logits }) => model === cell.model && prefix === cell.prefix && logits.length > 0,
    )
    // Smaller formats round the weights.
    if (!FLOAT_ENGINES.some(({ id }) => id === cell.engine)) return []
    if (first === undefined || cell.logits.length === 0) return []
    const own = centred(cell.logits)
    const others = centred(first.logits)
    const difference = Math.max(...own.map((value, index) => Math.abs(value - (others[index] ?? 0))))
    if (difference < SAME_LOGITS) return []
    return [`${cell.label}, prefix ${cell.prefix}: logits differ from ${first.label}'s by ${difference}`]
  })
}

/** Less their mean: one engine gives log-probabilities. */
function centred(logits: readonly number[]): number[] {
  const mean = logits.reduce((sum, value) => sum + value, 0) / logits.length
  return logits.map((value) => value - mean)
}

function summary(
  grids: readonly Grid[],
  cells: readonly CellResult[],
  bursts: readonly BurstResult[],
  { adapter, roofline }: { readonly adapter: string | null; readonly roofline: Roofline | null },
  args: readonly string[],
): Record<string, unknown> {
  const share = (cell: CellResult | undefined): number | null => {
    const grid = grids.find(({ model }) => model === cell?.model)
    return roofline && grid && cell?.engine === OURS ? rooflineShare(grid, cell, roofline) : null
  }
  return {
    benchmark: 'tree-decode',
    adapter,
    date: new Date().toISOString(),
    command: ['npm run bench -- tree-decode', ...args].join(' '),
    headline: HEADLINE,
    ...ratios(cells, [POLICY, POLICY_FUSED], HEADLINE),
    roofline_share: share(fastest(cells, [POLICY], HEADLINE, [OURS], 'sampled')),
    'smollm2-135m': [1, 16].map((rows) => ({ rows, ...ratios(cells, [SMOLLM2], { rows, prefix: 32 }) })),
    trunk_reads_64_vs_1: grids.filter(({ model }) => model === POLICY).flatMap((grid) => trunkReads(grid, cells)),
    roofline,
    figures: cells.map((cell) => ({ ...cell, logits: undefined, rooflineShare: share(cell) })),
    bursts,
  }
}

interface Place {
  readonly rows: number
  readonly prefix: number
}

/**
 * Tokens per second of this engine over those of each peer at its best: on WebGPU, and in WASM, each with the number of
 * threads that suits it. `_any_format`: with weights in the format that suits each, float32 among them.
 */
function ratios(cells: readonly CellResult[], models: readonly string[], place: Place): Record<string, number | null> {
  const ratio = (mode: CellResult['mode'], own: readonly string[], peers: readonly string[]): number | null => {
    const ours = fastest(cells, models, place, own, mode)?.tokensPerSecond
    const theirs = fastest(cells, models, place, peers, 'greedy')?.tokensPerSecond
    return ours && theirs ? ours / theirs : null
  }
  const of = (mode: CellResult['mode'], suffix: string) => ({
    [`ratio_vs_transformersjs_webgpu${suffix}`]: ratio(mode, [OURS], ['transformersjs-webgpu']),
    [`ratio_vs_transformersjs_wasm${suffix}`]: ratio(mode, [OURS], wasmEngines('transformersjs')),
    [`ratio_vs_wllama${suffix}`]: ratio(mode, [OURS], wasmEngines('wllama')),
    ...wasmRatios(mode, suffix, wasmEngines),
  })
  const wasmRatios = (mode: CellResult['mode'], suffix: string, engines: typeof wasmEngines) => ({
    [`ratio_wasm_vs_transformersjs_wasm${suffix}`]: ratio(mode, engines('stepscope'), engines('transformersjs')),
    [`ratio_wasm_vs_wllama${suffix}`]: ratio(mode, engines('stepscope'), engines('wllama')),
  })
  const formats = ENGINES.some(({ id, format }) => format !== undefined && cells.some(({ engine }) => engine === id))
  return {
    ...of('sampled', ''),
    ...of('distinct', '_distinct'),
    ...(formats && models.includes(SMOLLM2) ? wasmRatios('sampled', '_any_format', wasmEnginesOfAnyFormat) : {}),
  }
}

function fastest(
  cells: readonly CellResult[],
  models: readonly string[],
  { rows, prefix }: Place,
  engines: readonly string[],
  mode: CellResult['mode'],
): CellResult | undefined {
  return cells
    .filter((cell) => models.includes(cell.model) && engines.includes(cell.engine) && cell.mode === mode)
    .filter((cell) => cell.rows === rows && cell.prefix === prefix && cell.tokensPerSecond !== null)
    .sort((a, b) => (b.tokensPerSecond ?? 0) - (a.tokensPerSecond ?? 0))[0]
}
