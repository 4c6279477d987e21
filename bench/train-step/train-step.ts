import { parseArgs } from 'node:util'
import { openCheckpointDirectory } from '../../src/cli/checkpoint-directory.ts'
import { openBackend } from '../../src/compute/open-backend.ts'
import { readConfig } from '../../src/engine/checkpoint/config.ts'
import { openBenchPage } from '../chromium-page.ts'
import { MODELS, servedFiles } from '../models/served-files.ts'
import { figure, keepResults, printTable, progress } from '../report.ts'
import type { OurBackend, TrainStepBatch, TrainStepChoice, TrainStepShape } from './engine.ts'
import { backendOptions } from './engine.ts'
import { openStepscope } from './measure-stepscope.ts'
import { meterBytes } from './metered-bytes.ts'
import type { TrainStepCalls } from './page-calls.ts'
import type { ProductFigures, StepSize } from './products.ts'
import { measureStepProducts, stepFlops } from './products.ts'
import { referenceLoss } from './reference-loss.ts'
import type { PreparedShape } from './shapes.ts'
import { SHAPES, SMOLLM2_LAYERS } from './shapes.ts'
import type { StepFigures } from './time-steps.ts'
import { timeSteps } from './time-steps.ts'

/** Relative differences of losses: the first from the reference, those after updates between engines. */
const TOLERANCE = 1e-3
/** Loading, compiling and the warm-up may take this long before the clock starts. */
const PATIENCE_SECONDS = 240
const MEGABYTE = 2 ** 20

interface EngineRow {
  readonly id: string
  readonly label: string
  readonly choice: TrainStepChoice
  /** In this process instead of a page: where a graphics card is and no browser. */
  readonly inNode?: boolean
}

const ENGINES: readonly EngineRow[] = [
  { id: 'stepscope-webgpu', label: 'Stepscope, WebGPU', choice: { kind: 'stepscope', backend: 'webgpu' } },
  wasm('stepscope-wasm', 'Stepscope, WASM, 1 thread', { threads: 1 }),
  wasm('stepscope-wasm-2', 'Stepscope, WASM, 2 threads', { threads: 2 }),
  wasm('stepscope-wasm-2-fused', 'Stepscope, WASM, 2 threads, fused', { threads: 2, arithmetic: 'fused' }),
  { id: 'stepscope-cpu', label: 'Stepscope, CPU (TypeScript)', choice: { kind: 'stepscope', backend: 'cpu' } },
  {
    id: 'node-stepscope-webgpu',
    label: 'Stepscope, WebGPU in Node',
    choice: { kind: 'stepscope', backend: 'webgpu' },
    inNode: true,
  },
  { ...wasm('node-stepscope-wasm-2', 'Stepscope, WASM in Node, 2 threads', { threads: 2 }), inNode: true },
  peer('jaxjs-webgpu', 'jax-js, WebGPU, step in one jit', { device: 'webgpu', form: 'together' }),
  peer('jaxjs-webgpu-apart', 'jax-js, WebGPU, update in a jit of its own', { device: 'webgpu', form: 'apart' }),
  peer('jaxjs-wasm-1', 'jax-js, WASM, 1 thread', { device: 'wasm', form: 'together', threads: 1 }),
  peer('jaxjs-wasm', 'jax-js, WASM, 2 threads', { device: 'wasm', form: 'together', threads: 2 }),
]
const PEERS_ON_WEBGPU = ['jaxjs-webgpu', 'jaxjs-webgpu-apart']
const PEERS_ON_WASM = ['jaxjs-wasm', 'jaxjs-wasm-1']
const STRICT_ON_WASM = ['stepscope-wasm', 'stepscope-wasm-2']
const OURS_ON_WASM = [...STRICT_ON_WASM, 'stepscope-wasm-2-fused']
/** What the products of a step are measured on by themselves. */
const PRODUCTS_ON: Readonly<Record<string, OurBackend>> = {
  webgpu: { backend: 'webgpu' },
  wasm: { backend: 'wasm', threads: 2 },
}

interface TrainStepResult extends Partial<StepFigures> {
  readonly model: string
  readonly engine: string
  readonly label: string
  readonly tokensPerSecond: number | null
  readonly medianTokensPerSecond: number | null
  /** Of the products of weight matrices, over the time of the whole step. */
  readonly gigaflopsPerSecond: number | null
  readonly missing: string | null
}

/**
 * Full training steps (forward, cross-entropy, backward, AdamW) of the same weights on the same batch, each engine in a
 * page of its own in the same headless Chromium (`node-…`: in Node), on WebAssembly in a worker of it as in the product:
 * `--model countdown-policy`, `--only stepscope-wasm-2,jaxjs-wasm`,
 * `--seconds 20`.
 */
export async function run(args: readonly string[]): Promise<Record<string, unknown>> {
  const { values } = parseArgs({
    args: [...args],
    options: { model: { type: 'string' }, only: { type: 'string' }, seconds: { type: 'string' } },
  })
  const shapes = chosen('model', values.model, SHAPES, ({ model }) => model)
  const asked = chosen('only', values.only, ENGINES, ({ id }) => id)
  const engines = values.only === undefined ? asked.filter(({ inNode }) => !inNode) : asked
  const seconds = Number(values.seconds ?? 20)
  const whole = shapes.length === SHAPES.length && values.only === undefined
  if (whole) progress('Expected time: 10 minutes.')

  const results: TrainStepResult[] = []
  const sizes: StepSize[] = []
  const references: number[] = []
  for (const shape of shapes) {
    const batch = await shape.prepare()
    const size = await stepSize(shape, batch)
    const reference = await referenceLoss(shape.model, batch)
    sizes.push(size)
    references.push(reference)
    const losses: number[] = []
    for (const engine of engines) {
      const result = await measure(engine, shape, batch, size, seconds, reference, losses)
      progress(`${shape.model}, ${engine.label}: ${describe(result)}`)
      results.push(result)
    }
  }
  const products: Record<string, ProductFigures> = {}
  for (const [name, choice] of Object.entries(PRODUCTS_ON)) {
    const using = engines.filter(({ id }) => id.includes(`stepscope-${name}`))
    if (using.length === 0) continue
    progress(`Roofline, and the products of the steps, ${name}`)
    products[name] = using.every(({ inNode }) => inNode)
      ? await measureStepProducts(await openBackend(backendOptions(choice)), sizes)
      : await inPage((page) =>
          page.evaluate(
            ([choice, sizes]) => (globalThis as unknown as PageGlobal).trainStep.measureStepProducts(choice, sizes),
            [choice, sizes] as const,
          ),
        )
  }

  const shares = shapes.map(({ model, label }, index) => ({
    model,
    label,
    loss: references[index],
    step_flops: stepFlops(sizes[index] as StepSize),
    ...ratios(results.filter((result) => result.model === model)),
    rooflines: Object.fromEntries(
      Object.entries(products).map(([name, { roofline, sizes }]) => {
        const ours = results.filter(
          ({ engine, ...result }) => result.model === model && engine.includes(`stepscope-${name}`),
        )
        const gigaflops = highest(ours.map(({ gigaflopsPerSecond }) => gigaflopsPerSecond))
        return [
          name,
          {
            products: sizes[index]?.share ?? null,
            step: gigaflops === null ? null : (1e9 * gigaflops) / roofline.flopsPerSecond,
          },
        ]
      }),
    ),
  }))
  for (const { model, label, rooflines, loss } of shares) {
    printTable(
      label,
      ['', 'tokens/s', 'median', 'GFLOP/s', 'peak MiB', 'first step, s', 'loss', 'after 2 steps'],
      results.filter((result) => result.model === model).map(row),
    )
    console.log(`Reference loss ${loss?.toFixed(6)}.`)
    for (const [name, { products, step }] of Object.entries(rooflines)) {
      console.log(`Products on ${name} reach ${percent(products)} of its roofline, the whole step ${percent(step)}.`)
    }
  }
  const [headline] = shares
  const smollm2 = shares.find(({ model }) => model === SMOLLM2_LAYERS)
  const summary = {
    benchmark: 'train-step',
    adapter: Object.values(products)[0]?.roofline.adapter ?? null,
    date: new Date().toISOString(),
    command: ['npm run bench -- train-step', ...args].join(' '),
    ratio_vs_jaxjs: lowest(shares.map(({ ratio_vs_jaxjs }) => ratio_vs_jaxjs)),
    memory_ratio_vs_jaxjs: highest(shares.map(({ memory_ratio_vs_jaxjs }) => memory_ratio_vs_jaxjs)),
    ratio_wasm_vs_jaxjs_wasm: lowest(shares.map(({ ratio_wasm_vs_jaxjs_wasm }) => ratio_wasm_vs_jaxjs_wasm)),
    memory_ratio_wasm_vs_jaxjs_wasm: highest(shares.map((share) => share.memory_ratio_wasm_vs_jaxjs_wasm)),
    roofline_share: (smollm2 ?? headline)?.rooflines.webgpu?.products ?? null,
    roofline_share_wasm: (smollm2 ?? headline)?.rooflines.wasm?.products ?? null,
    shapes: shares,
    products,
    figures: results,
  }
  if (whole) await keepResults('train-step', summary)
  return summary
}

type Given<K extends TrainStepChoice['kind'], B> = Omit<Extract<TrainStepChoice, { kind: K } & B>, 'kind' | 'backend'>

function peer(id: string, label: string, given: Given<'jaxjs', unknown>): EngineRow {
  return { id, label, choice: { kind: 'jaxjs', ...given } }
}

function wasm(id: string, label: string, given: Given<'stepscope', { backend: 'wasm' }>): EngineRow {
  return { id, label, choice: { kind: 'stepscope', backend: 'wasm', ...given } }
}

function chosen<T>(option: string, text: string | undefined, all: readonly T[], idOf: (one: T) => string): T[] {
  const names = text?.split(',') ?? all.map(idOf)
  const unknown = names.find((name) => !all.some((one) => idOf(one) === name))
  if (unknown !== undefined) throw new Error(`--${option} ${unknown}: there are ${all.map(idOf).join(', ')}`)
  return all.filter((one) => names.includes(idOf(one)))
}

async function stepSize({ model }: PreparedShape, { tokenIds, promptTokens }: TrainStepBatch): Promise<StepSize> {
  const config = await readConfig(await openCheckpointDirectory(`${MODELS}${model}`))
  const { hiddenSize, intermediateSize, layers, heads, keyValueHeads, headDim, vocabSize } = config
  const rows = tokenIds.reduce((sum, ids) => sum + ids.length, 0)
  const evaluated = rows - promptTokens.reduce((sum, prompt) => sum + prompt, 0)
  return { rows, evaluated, hiddenSize, intermediateSize, layers, heads, keyValueHeads, headDim, vocabSize }
}

/** An engine in a page that nothing ran in before. Where it fails or learns otherwise than the rest, it has no figure. */
async function measure(
  { id, label, choice, inNode }: EngineRow,
  { model, label: shapeLabel }: PreparedShape,
  batch: TrainStepBatch,
  size: StepSize,
  seconds: number,
  reference: number,
  losses: number[],
): Promise<TrainStepResult> {
  const none = { model, engine: id, label, tokensPerSecond: null, medianTokensPerSecond: null }
  try {
    const shape = { model, label: shapeLabel }
    const figures = inNode
      ? await measureInNode(choice, shape, batch, seconds)
      : await inPage(
          (page) =>
            page.evaluate(
              ([choice, shape, batch, seconds]) =>
                (globalThis as unknown as PageGlobal).trainStep.measure(choice, shape, batch, seconds),
              [choice, shape, batch, seconds] as const,
            ),
          PATIENCE_SECONDS + seconds,
        )
    const fault = lossFault(figures.losses, reference, losses)
    if (fault !== null) return { ...none, losses: figures.losses, gigaflopsPerSecond: null, missing: fault }
    if (losses.length === 0) losses.push(...figures.losses)
    return {
      ...figures,
      ...{ model, engine: id, label },
      tokensPerSecond: (1000 * size.rows) / figures.bestMs,
      medianTokensPerSecond: (1000 * size.rows) / figures.medianMs,
      gigaflopsPerSecond: stepFlops(size) / figures.bestMs / 1e6,
      missing: null,
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const missing = (message.split('\n')[0] ?? '').replace(/^page\.evaluate: (Error: )?/, '')
    return { ...none, gigaflopsPerSecond: null, missing }
  }
}

/** Dawn's buffers are not metered here, so its peak is 0. */
async function measureInNode(
  choice: TrainStepChoice,
  shape: TrainStepShape,
  batch: TrainStepBatch,
  seconds: number,
): Promise<StepFigures> {
  if (choice.kind !== 'stepscope') throw new Error('a peer runs in a page')
  const bytes = meterBytes()
  const engine = await openStepscope(choice, (folder) => openCheckpointDirectory(`${MODELS}${folder}`))
  return timeSteps(engine, shape, batch, bytes, seconds)
}

/** @param others losses of the first engine that had any */
function lossFault(found: readonly number[], reference: number, others: readonly number[]): string | null {
  const apart = (value: number, right: number) => !(Math.abs(value - right) <= TOLERANCE * Math.abs(right))
  const [first = Number.NaN] = found
  if (apart(first, reference)) return `loss ${first} where ${reference} is right`
  const step = others.findIndex((other, index) => apart(found[index] ?? Number.NaN, other))
  return step < 0 ? null : `loss ${found[step]} in step ${step + 1} where another engine has ${others[step]}`
}

type Page = Awaited<ReturnType<typeof openBenchPage>>['page']

type PageGlobal = { trainStep: TrainStepCalls }

async function inPage<T>(ask: (page: Page) => Promise<T>, seconds = PATIENCE_SECONDS): Promise<T> {
  const bench = await openBenchPage('/bench/train-step/page.html', { name: 'train-step', plugins: [servedFiles()] })
  let timer: NodeJS.Timeout | undefined
  try {
    await bench.page.waitForFunction(() => 'trainStep' in globalThis)
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not finished in ${seconds} s`)), 1000 * seconds)
    })
    const asked = ask(bench.page)
    // What comes after the limit interests nobody.
    asked.catch(() => {})
    return await Promise.race([asked, limit])
  } finally {
    clearTimeout(timer)
    await bench.close()
  }
}

/** Best against best, in speed; in memory those that were the fastest. */
function ratios(results: readonly TrainStepResult[]) {
  const best = (ids: readonly string[]) =>
    results
      .filter(({ engine, tokensPerSecond }) => ids.includes(engine) && tokensPerSecond !== null)
      .toSorted((a, b) => (b.tokensPerSecond ?? 0) - (a.tokensPerSecond ?? 0))[0]
  const speed = (ours: readonly string[], theirs: readonly string[]) =>
    ratio(best(ours)?.tokensPerSecond, best(theirs)?.tokensPerSecond)
  const memory = (ours: readonly string[], theirs: readonly string[]) =>
    ratio(best(ours)?.peakBytes, best(theirs)?.peakBytes)
  return {
    ratio_vs_jaxjs: speed(['stepscope-webgpu'], PEERS_ON_WEBGPU),
    memory_ratio_vs_jaxjs: memory(['stepscope-webgpu'], PEERS_ON_WEBGPU),
    ratio_vs_jaxjs_wasm: speed(['stepscope-webgpu'], PEERS_ON_WASM),
    ratio_wasm_vs_jaxjs_wasm: speed(OURS_ON_WASM, PEERS_ON_WASM),
    ratio_strict_wasm_vs_jaxjs_wasm: speed(STRICT_ON_WASM, PEERS_ON_WASM),
    memory_ratio_wasm_vs_jaxjs_wasm: memory(OURS_ON_WASM, PEERS_ON_WASM),
  }
}

function ratio(ours: number | null | undefined, theirs: number | null | undefined): number | null {
  return ours && theirs ? ours / theirs : null
}

function lowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.min(...known)
}

function highest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}

function row(result: TrainStepResult): string[] {
  const { label, tokensPerSecond, medianTokensPerSecond, gigaflopsPerSecond, missing } = result
  if (tokensPerSecond === null || medianTokensPerSecond === null || gigaflopsPerSecond === null)
    return [label, missing ?? 'no figure', '', '', '', '', '', '']
  const { peakBytes = 0, firstMs = Number.NaN, losses = [] } = result
  return [
    label,
    figure(tokensPerSecond),
    figure(medianTokensPerSecond),
    figure(gigaflopsPerSecond),
    peakBytes === 0 ? '–' : figure(peakBytes / MEGABYTE),
    figure(firstMs / 1000),
    losses[0]?.toFixed(5) ?? '',
    losses.at(-1)?.toFixed(5) ?? '',
  ]
}

function describe({ tokensPerSecond, peakBytes = 0, missing }: TrainStepResult): string {
  if (tokensPerSecond === null) return missing ?? 'no figure'
  const memory = peakBytes === 0 ? '' : `, peak ${figure(peakBytes / MEGABYTE)} MiB`
  return `${figure(tokensPerSecond)} tokens/s${memory}`
}

function percent(share: number | null): string {
  return share === null ? '–' : `${Math.round(100 * share)}%`
}
