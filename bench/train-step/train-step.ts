import { parseArgs } from 'node:util'
import { openCheckpointDirectory } from '../../src/cli/checkpoint-directory.ts'
import { readConfig } from '../../src/engine/checkpoint/config.ts'
import { openBenchPage } from '../chromium-page.ts'
import { MODELS, servedFiles } from '../models/served-files.ts'
import { figure, keepResults, printTable, progress } from '../report.ts'
import type { TrainStepBatch, TrainStepChoice, TrainStepShape } from './engine.ts'
import { openStepscope } from './measure-stepscope.ts'
import type { TrainStepPageApi } from './page.ts'
import type { StepSize } from './products.ts'
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
  { id: 'stepscope-cpu', label: 'Stepscope, CPU (TypeScript)', choice: { kind: 'stepscope', backend: 'cpu' } },
  {
    id: 'node-stepscope-webgpu',
    label: 'Stepscope, WebGPU in Node',
    choice: { kind: 'stepscope', backend: 'webgpu' },
    inNode: true,
  },
  peer('jaxjs-webgpu', 'jax-js, WebGPU, step in one jit', 'webgpu', 'together'),
  peer('jaxjs-webgpu-apart', 'jax-js, WebGPU, update in a jit of its own', 'webgpu', 'apart'),
  peer('jaxjs-wasm', 'jax-js, WASM', 'wasm', 'together'),
]
const PEERS_ON_WEBGPU = ['jaxjs-webgpu', 'jaxjs-webgpu-apart']

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
 * page of its own in the same headless Chromium (`node-stepscope-webgpu`: in Node): `--model countdown-policy`, `--only stepscope-webgpu,jaxjs-webgpu`,
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
  progress('Roofline, and the products of the steps')
  const products = engines.every(({ inNode }) => inNode)
    ? await measureStepProducts(sizes)
    : await inPage((page) =>
        page.evaluate((sizes) => (globalThis as unknown as PageGlobal).trainStep.measureStepProducts(sizes), sizes),
      )

  const { roofline } = products
  const shares = shapes.map(({ model, label }, index) => {
    const ours = results.find(({ engine, ...result }) => result.model === model && engine.endsWith('stepscope-webgpu'))
    return {
      model,
      label,
      loss: references[index],
      step_flops: stepFlops(sizes[index] as StepSize),
      ...ratios(results.filter((result) => result.model === model)),
      roofline_share: products.sizes[index]?.share ?? null,
      roofline_share_of_step: ours?.gigaflopsPerSecond
        ? (1e9 * ours.gigaflopsPerSecond) / roofline.flopsPerSecond
        : null,
    }
  })
  for (const { model, label, roofline_share, roofline_share_of_step, loss } of shares) {
    printTable(
      label,
      ['', 'tokens/s', 'median', 'GFLOP/s', 'peak MiB', 'first step, s', 'loss', 'after 2 steps'],
      results.filter((result) => result.model === model).map(row),
    )
    console.log(
      `Reference loss ${loss?.toFixed(6)}. Products reach ${percent(roofline_share)} of the roofline, the whole step ${percent(roofline_share_of_step)}.`,
    )
  }
  const [headline] = shares
  const smollm2 = shares.find(({ model }) => model === SMOLLM2_LAYERS)
  const summary = {
    benchmark: 'train-step',
    adapter: roofline.adapter,
    date: new Date().toISOString(),
    command: ['npm run bench -- train-step', ...args].join(' '),
    ratio_vs_jaxjs: lowest(shares.map(({ ratio_vs_jaxjs }) => ratio_vs_jaxjs)),
    memory_ratio_vs_jaxjs: highest(shares.map(({ memory_ratio_vs_jaxjs }) => memory_ratio_vs_jaxjs)),
    roofline_share: (smollm2 ?? headline)?.roofline_share ?? null,
    shapes: shares,
    roofline,
    products: products.sizes.map(({ products }) => products),
    figures: results,
  }
  if (whole) await keepResults('train-step', summary)
  return summary
}

function peer(id: string, label: string, device: 'webgpu' | 'wasm', form: 'together' | 'apart'): EngineRow {
  return { id, label, choice: { kind: 'jaxjs', device, form } }
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
      ? await measureInNode(shape, batch, seconds)
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
async function measureInNode(shape: TrainStepShape, batch: TrainStepBatch, seconds: number): Promise<StepFigures> {
  const engine = await openStepscope('webgpu', (folder) => openCheckpointDirectory(`${MODELS}${folder}`))
  return timeSteps(engine, shape, batch, { liveBytes: 0, peakBytes: 0, created: 0 }, seconds)
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

type PageGlobal = { trainStep: TrainStepPageApi }

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

/** Against the better of the peer's two forms, in speed and in memory each. */
function ratios(results: readonly TrainStepResult[]) {
  const of = (ids: readonly string[]) => results.filter(({ engine }) => ids.includes(engine))
  const [ours] = of(['stepscope-webgpu'])
  const speed = (found: readonly TrainStepResult[]) => highest(found.map(({ tokensPerSecond }) => tokensPerSecond))
  const memory = (found: readonly TrainStepResult[]) => lowest(found.map(({ peakBytes }) => peakBytes ?? null))
  const over = (a: number | null | undefined, b: number | null) => (a && b ? a / b : null)
  return {
    ratio_vs_jaxjs: over(ours?.tokensPerSecond, speed(of(PEERS_ON_WEBGPU))),
    memory_ratio_vs_jaxjs: over(ours?.peakBytes, memory(of(PEERS_ON_WEBGPU))),
    ratio_vs_jaxjs_wasm: over(ours?.tokensPerSecond, speed(of(['jaxjs-wasm']))),
  }
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
