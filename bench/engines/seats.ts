import { openCheckpointDirectory } from '../../src/cli/checkpoint-directory.ts'
import type { BenchPage } from '../chromium-page.ts'
import { openBenchPage } from '../chromium-page.ts'
import { MODELS, servedFiles } from '../models/served-files.ts'
import type { Roofline } from '../roofline/measure.ts'
import type { DecodeAnswer, DecodeCell, EngineSession, PrefillCell, ScoreAnswer, ScoreCell, Timing } from './cells.ts'
import { openOnnxNode } from './onnx-node.ts'
import type { EnginesPageApi, PageEngine } from './page.ts'
import { StepscopeSession } from './stepscope.ts'

/** Time that one cell may take, and that loading a model may take. */
const CELL_SECONDS = 120
const OPEN_SECONDS = 180
const ROOFLINE_SECONDS = 300

/** An engine as the tables name it. */
export interface EngineChoice {
  readonly id: string
  readonly label: string
  readonly place: 'page' | 'node'
  readonly ours: boolean
  /** Of weights, where it is not float32: only for models that are large enough for it to matter. */
  readonly format?: string
  readonly engine: PageEngine | { readonly kind: 'onnxruntime-node' }
}

/** What WASM engines are measured with; more threads than cores would only wait. */
const THREADS = [1, 2] as const

export const ENGINES: readonly EngineChoice[] = [
  page('stepscope-webgpu', 'Stepscope, WebGPU', { kind: 'stepscope', backend: 'webgpu' }),
  page('stepscope-cpu', 'Stepscope, CPU (TypeScript)', { kind: 'stepscope', backend: 'cpu' }),
  ...THREADS.map((threads) =>
    page(`stepscope-wasm${suffix(threads)}`, `Stepscope, WASM, ${threadWords(threads)}`, {
      kind: 'stepscope',
      backend: 'wasm',
      threads,
    }),
  ),
  page('transformersjs-webgpu', 'Transformers.js, WebGPU', { kind: 'transformersjs', device: 'webgpu', threads: 1 }),
  ...THREADS.map((threads) =>
    page(`transformersjs-wasm${suffix(threads)}`, `Transformers.js, WASM, ${threadWords(threads)}`, {
      kind: 'transformersjs',
      device: 'wasm',
      threads,
    }),
  ),
  ...THREADS.map((threads) =>
    page(`wllama-wasm${suffix(threads)}`, `wllama, WASM, ${threadWords(threads)}`, { kind: 'wllama', threads }),
  ),
  ...smallFormats(),
  node('node-stepscope-webgpu', 'Stepscope, WebGPU in Node', { kind: 'stepscope', backend: 'webgpu' }),
  ...THREADS.map((threads) =>
    node(`node-stepscope-wasm${suffix(threads)}`, `Stepscope, WASM in Node, ${threadWords(threads)}`, {
      kind: 'stepscope',
      backend: 'wasm',
      threads,
    }),
  ),
  node('node-stepscope-cpu', 'Stepscope, CPU in Node', { kind: 'stepscope', backend: 'cpu' }),
  node('node-onnxruntime', 'onnxruntime-node, CPU', { kind: 'onnxruntime-node' }),
]

/** Engines whose weights are in float32. */
export const FLOAT_ENGINES = ENGINES.filter(({ format }) => format === undefined)

/** Ids of one engine in WASM in float32, with any number of threads. */
export function wasmEngines(name: 'stepscope' | 'transformersjs' | 'wllama'): readonly string[] {
  return THREADS.map((threads) => `${name}-wasm${suffix(threads)}`)
}

/** As `wasmEngines`, with the weights in any format. */
export function wasmEnginesOfAnyFormat(name: Parameters<typeof wasmEngines>[0]): readonly string[] {
  const formats = ENGINES.filter(({ id, format }) => format !== undefined && id.startsWith(`${name}-wasm`))
  return [...wasmEngines(name), ...formats.map(({ id }) => id)]
}

/** Each engine's smaller formats, with as many threads as the rest has at most. */
function smallFormats(): EngineChoice[] {
  const threads = Math.max(...THREADS)
  const formatted = (name: string, label: string, format: string, engine: PageEngine) => ({
    ...page(
      `${name}-wasm${suffix(threads)}-${format.toLowerCase()}`,
      `${label}, WASM, ${threadWords(threads)}, ${format}`,
      engine,
    ),
    format,
  })
  return [
    ...(['int8', 'int4'] as const).map((weights) =>
      formatted('stepscope', 'Stepscope', weights, { kind: 'stepscope', backend: 'wasm', threads, weights }),
    ),
    ...(['q8', 'q4'] as const).map((dtype) =>
      formatted('transformersjs', 'Transformers.js', dtype, { kind: 'transformersjs', device: 'wasm', threads, dtype }),
    ),
    ...(['Q8_0', 'Q4_0'] as const).map((format) =>
      formatted('wllama', 'wllama', format, { kind: 'wllama', threads, format }),
    ),
  ]
}

function suffix(threads: number): string {
  return threads === 1 ? '' : `-${threads}`
}

function threadWords(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`
}

/** Why a cell has no figure. */
export interface Missing {
  readonly missing: string
}

export type Answer<T> = T | Missing

export function isMissing<T extends object>(answer: Answer<T>): answer is Missing {
  return 'missing' in answer
}

/** An engine with a model, ready to be asked; a cell that takes too long or fails answers why, and the next goes on. */
export class Seat {
  readonly choice: EngineChoice
  private readonly model: string
  private opened: Opened | null = null

  constructor(choice: EngineChoice, model: string) {
    this.choice = choice
    this.model = model
  }

  decode(cell: DecodeCell): Promise<Answer<DecodeAnswer>> {
    return this.ask((session) => session.decode(cell))
  }

  prefill(cell: PrefillCell): Promise<Answer<Timing>> {
    return this.ask((session) => session.prefill(cell))
  }

  score(cell: ScoreCell): Promise<Answer<ScoreAnswer>> {
    return this.ask((session) => session.score(cell))
  }

  roofline(): Promise<Answer<Roofline>> {
    return this.ask((session) => session.roofline(), ROOFLINE_SECONDS)
  }

  /** Opens the engine where it is not open. @returns the adapter's name */
  adapter(): Promise<Answer<{ adapter: string }>> {
    return this.ask(async ({ adapter }) => ({ adapter }))
  }

  async close(): Promise<void> {
    const { opened } = this
    this.opened = null
    await opened?.close()
  }

  private async ask<T extends object>(
    question: (session: Opened) => Promise<T>,
    seconds = CELL_SECONDS,
  ): Promise<Answer<T>> {
    try {
      this.opened ??= await withLimit(open(this.choice, this.model), OPEN_SECONDS)
      return await withLimit(question(this.opened), seconds)
    } catch (error) {
      // A page that is still busy, or whose device is gone, answers nothing more: the next cell gets a new one.
      await this.close().catch(() => {})
      const message = error instanceof Error ? error.message : String(error)
      return { missing: (message.split('\n')[0] ?? '').replace(/^page\.evaluate: (Error: )?/, '') }
    }
  }
}

interface Opened {
  readonly adapter: string
  decode(cell: DecodeCell): Promise<DecodeAnswer>
  prefill(cell: PrefillCell): Promise<Timing>
  score(cell: ScoreCell): Promise<ScoreAnswer>
  roofline(): Promise<Roofline>
  close(): Promise<void>
}

async function open({ place, engine }: EngineChoice, model: string): Promise<Opened> {
  if (place === 'page') return openInPage(engine as PageEngine, model)
  const session = await openInNode(engine, model)
  return {
    adapter: session.adapter,
    decode: (cell) => session.decode(cell),
    prefill: (cell) => session.prefill(cell),
    score: (cell) => session.score(cell),
    async roofline() {
      if (!(session instanceof StepscopeSession)) throw new Error('only the own engine measures the roofline')
      return session.roofline()
    },
    close: async () => session.dispose(),
  }
}

async function openInNode(engine: EngineChoice['engine'], model: string): Promise<EngineSession> {
  if (engine.kind === 'onnxruntime-node') return openOnnxNode(`${MODELS}${model}/`)
  if (engine.kind !== 'stepscope') throw new Error(`${engine.kind} does not run in Node`)
  return StepscopeSession.open(engine, await openCheckpointDirectory(`${MODELS}${model}`))
}

type PageGlobal = { engines: EnginesPageApi }

async function openInPage(engine: PageEngine, model: string): Promise<Opened> {
  const bench: BenchPage = await openBenchPage('/bench/engines/page.html', {
    name: 'engines',
    include: ['@huggingface/transformers', '@wllama/wllama'],
    plugins: [servedFiles()],
  })
  try {
    const { page } = bench
    page.setDefaultTimeout(1000 * OPEN_SECONDS)
    await page.waitForFunction(() => 'engines' in globalThis)
    const adapter = await withLimit(
      page.evaluate(([engine, model]) => (globalThis as unknown as PageGlobal).engines.open(engine, model), [
        engine,
        model,
      ] as const),
      OPEN_SECONDS,
    )
    return {
      adapter,
      decode: (cell) => page.evaluate((cell) => (globalThis as unknown as PageGlobal).engines.decode(cell), cell),
      prefill: (cell) => page.evaluate((cell) => (globalThis as unknown as PageGlobal).engines.prefill(cell), cell),
      score: (cell) => page.evaluate((cell) => (globalThis as unknown as PageGlobal).engines.score(cell), cell),
      roofline: () => page.evaluate(() => (globalThis as unknown as PageGlobal).engines.roofline()),
      close: () => bench.close(),
    }
  } catch (error) {
    await bench.close()
    throw error
  }
}

function withLimit<T>(work: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished in ${seconds} s`)), 1000 * seconds)
  })
  // What comes after the limit interests nobody.
  work.catch(() => {})
  return Promise.race([work, limit]).finally(() => clearTimeout(timer))
}

function page(id: string, label: string, engine: PageEngine): EngineChoice {
  return { id, label, place: 'page', ours: engine.kind === 'stepscope', engine }
}

function node(id: string, label: string, engine: EngineChoice['engine']): EngineChoice {
  return { id, label, place: 'node', ours: engine.kind === 'stepscope', engine }
}
