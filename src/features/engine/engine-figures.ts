import { BACKEND_NAMES } from '../../core/backends.ts'
import { formatRatio, perToken } from '../../panels/per-token.ts'
import type { EngineState, EngineStatus, LoadedModels } from '../../state/models/engine-state.ts'
import { choiceWords, loadedName } from '../../state/models/model-names.ts'
import { formatBytes, formatNumber, formatPercent } from '../../viz/layout/format-number.ts'

/** One number or word with its meaning. */
export interface EngineFigure {
  readonly name: string
  /** As measured: for the JSON copy. Null while there is none. */
  readonly value: number | string | null
  /** As shown, with its unit. */
  readonly text: string
  readonly meaning: string
}

/** The same figure of both models; null where a model's engine has none. */
export interface ModelFigure {
  readonly name: string
  readonly policy: number | string | null
  readonly reward: number | string | null
  readonly texts: readonly [policy: string, reward: string]
  readonly meaning: string
}

export interface ByteRow {
  readonly purpose: string
  readonly policy: number
  readonly reward: number
  readonly total: number
  readonly meaning: string
}

export interface EngineFigures {
  readonly device: readonly EngineFigure[]
  readonly speed: readonly EngineFigure[]
  readonly sharing: readonly EngineFigure[]
  /** Largest first. */
  readonly bytes: readonly ByteRow[]
  readonly totalBytes: number
  readonly counts: readonly ModelFigure[]
  readonly choices: readonly ModelFigure[]
}

const NONE = '–'

/** Everything that is known of the engine now; null where no models are loaded. */
export function engineFigures(
  engine: Pick<EngineState, 'status' | 'models' | 'policy' | 'reward' | 'ownModels'>,
): EngineFigures | null {
  const { status, models } = engine
  if (status === null || models === null) return null
  const bytes = byteRows(status.bytes)
  return {
    device: device(status),
    speed: speed(status),
    sharing: sharing(status),
    bytes,
    totalBytes: bytes.reduce((sum, { total }) => sum + total, 0),
    counts: counts(status),
    choices: choices(models, engine),
  }
}

function device({ adapter, backend, software }: EngineStatus): EngineFigure[] {
  const kind = backend !== 'webgpu' ? 'processor' : software ? 'software' : 'hardware'
  return [
    figure('Adapter', adapter, 'What runs the kernels, by the name its driver gives.'),
    figure(
      'Backend',
      BACKEND_NAMES[backend],
      'WebGPU shaders, or the same operations in WebAssembly or in TypeScript.',
    ),
    figure(
      'Kind',
      kind,
      kind === 'hardware'
        ? 'A graphics card: its times are worth comparing.'
        : 'No graphics card: tokens, passes and bytes are as on one; times are not.',
    ),
  ]
}

function speed(status: EngineStatus): EngineFigure[] {
  const { tokensPerSecond, executedTokens, passes, readbackBytes } = status
  return [
    {
      ...figure('Tokens/s', tokensPerSecond, 'Tokens run through both models in the last second or so.'),
      text: tokensPerSecond > 0 ? formatNumber(Math.round(tokensPerSecond)) : 'idle',
    },
    figure('Tokens run', executedTokens, 'Tokens run through both models since the page was opened.'),
    figure('Passes', passes, 'Times that the layers of a model ran over a batch of tokens.'),
    {
      ...figure('Passes per token', perToken(passes, executedTokens), 'Below 1 where a pass serves several branches.'),
      text: fraction(perToken(passes, executedTokens)),
    },
    {
      ...figure('Read back', readbackBytes, 'Bytes copied from the device: tokens, probabilities and scores.'),
      text: formatBytes(readbackBytes),
    },
    {
      ...figure(
        'Read back per token',
        perToken(readbackBytes, executedTokens),
        'A copy of all logits would be four bytes for each word of the vocabulary.',
      ),
      text: executedTokens === 0 ? NONE : formatBytes(readbackBytes / executedTokens),
    },
  ]
}

function sharing({ searched }: EngineStatus): EngineFigure[] {
  const { asked, executed } = searched
  return [
    figure('Executed', executed, 'Tokens that the searches ran, as their ledgers say; an edit of a path is not one.'),
    figure('Asked', asked, 'Tokens that the same searches run without a shared tree: every path from its beginning.'),
    {
      ...figure('Asked / executed', perToken(asked, executed), 'How often each token run was needed.'),
      text: formatRatio(searched),
    },
    {
      ...figure(
        'Saved',
        executed === 0 ? null : 1 - executed / asked,
        'Share of the asked tokens that nobody had to run.',
      ),
      text: executed === 0 ? NONE : formatPercent(1 - executed / asked),
    },
  ]
}

const PURPOSES: Readonly<Record<string, string>> = {
  weights: 'The model’s parameters, padded to whole tiles.',
  cache: 'Keys and values of every position that is kept, in pages of 16.',
  activations: 'What a pass writes between its kernels.',
  slots: 'Last hidden states, from which branches go on.',
  control: 'Rows, page tables, sampler settings and results.',
  staging: 'Buffers through which results come back.',
}

/** `policy weights: 3` becomes the row of weights; a purpose that two models share has one row. */
function byteRows(bytes: EngineStatus['bytes']): ByteRow[] {
  const rows = new Map<string, { policy: number; reward: number }>()
  for (const [key, amount] of Object.entries(bytes)) {
    const [, role = 'policy', purpose = key] = /^(policy|reward) (.+)$/.exec(key) ?? []
    const row = rows.get(purpose) ?? { policy: 0, reward: 0 }
    row[role === 'reward' ? 'reward' : 'policy'] += amount
    rows.set(purpose, row)
  }
  return [...rows]
    .map(([purpose, { policy, reward }]) => ({
      purpose,
      policy,
      reward,
      total: policy + reward,
      meaning: PURPOSES[purpose] ?? 'Held by the engine.',
    }))
    .sort((a, b) => b.total - a.total)
}

/** What engines count, in the order shown. */
const COUNTERS: Readonly<Record<string, readonly [name: string, meaning: string]>> = {
  executedTokens: ['Tokens run', 'Tokens run through the model since it was loaded.'],
  passes: ['Passes', 'Times that the model’s layers ran over a batch of tokens.'],
  readbackBytes: ['Read back', 'Bytes copied from the device.'],
  livePages: ['Pages in use', 'Cache pages, of 16 positions each, that branches hold now.'],
  unpinnedPages: [
    'Pages kept',
    'Cache pages that no branch holds: kept for whoever begins alike, given up when room is short.',
  ],
  evictedPages: ['Pages evicted', 'Kept cache pages that were given up for others.'],
  cacheHitTokens: ['Tokens from cache', 'Tokens that were in the cache already, and were not run again.'],
  attentionPageReads: ['Page reads', 'Cache pages that attention read from memory, over all layers.'],
  attentionPageVisits: [
    'Page visits',
    'Cache pages that rows attended to: more than were read, where rows share a page.',
  ],
  liveSlots: [
    'Slots in use',
    'Last hidden states that are held now: for branches, and a fixed number for work under way.',
  ],
  liveBranches: ['Branches', 'Branches that searches hold now; none while idle.'],
}

function counts({ counters }: EngineStatus): ModelFigure[] {
  if (counters === undefined) return []
  const { policy, reward = {} } = counters
  const known = Object.keys(COUNTERS)
  const found = [...new Set([...Object.keys(policy), ...Object.keys(reward)])]
  const names = [...known.filter((name) => found.includes(name)), ...found.filter((name) => !known.includes(name))]
  return names.map((key) => {
    const [name, meaning] = COUNTERS[key] ?? [inWords(key), 'Counted by this model’s engine.']
    const text = (value: number | undefined) =>
      value === undefined ? NONE : /Bytes$/.test(key) ? formatBytes(value) : formatNumber(value)
    return {
      name,
      policy: policy[key] ?? null,
      reward: reward[key] ?? null,
      texts: [text(policy[key]), text(reward[key])],
      meaning,
    }
  })
}

const CHOICES: Readonly<Record<string, string>> = {
  weights: 'How weights lie on the device; smaller formats round them.',
  product: 'How much of a matrix product one invocation computes.',
  attention: 'How the invocations share one row and head.',
  arithmetic:
    'Strict: products are rounded before they are added, the same bits on every machine. Fused: one rounding, faster.',
  reductions: 'How the invocations share a norm or a choice of token.',
  burst: 'Tokens sampled in a row before results are read back.',
}

function choices({ policy, reward }: LoadedModels, engine: Parameters<typeof loadedName>[1]): ModelFigure[] {
  const of = (model: LoadedModels['policy']): Readonly<Record<string, string>> => ({
    model: loadedName(model.id, engine),
    parameters: formatNumber(model.parameters),
    ...(model.weights === undefined ? {} : { weights: model.weights }),
    ...Object.fromEntries(Object.entries(model.choices ?? {}).map(([name, text]) => [name, choiceWords(text, engine)])),
  })
  const [first, second] = [of(policy), reward ? of(reward) : {}]
  return [...new Set([...Object.keys(first), ...Object.keys(second)])].map((key) => ({
    name: inWords(key),
    policy: first[key] ?? null,
    reward: second[key] ?? null,
    texts: [first[key] ?? NONE, second[key] ?? NONE],
    meaning: CHOICES[key] ?? (key === 'model' || key === 'parameters' ? 'What is loaded.' : 'Chosen by this engine.'),
  }))
}

/** `evictedPages` as `Evicted pages`. */
function inWords(key: string): string {
  const words = key.replace(/([A-Z])/g, ' $1').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function figure(name: string, value: number | string | null, meaning: string): EngineFigure {
  const text = value === null ? NONE : typeof value === 'number' ? formatNumber(value) : value
  return { name, value, text, meaning }
}

/** Passes per token go down to hundredths and below. */
function fraction(value: number | null): string {
  return value === null ? NONE : value.toPrecision(2)
}

/** The figures with plain numbers: bytes, tokens, tokens per second. */
export function figuresAsJson(figures: EngineFigures, rates: readonly number[]): string {
  const plain = (list: readonly EngineFigure[]) => Object.fromEntries(list.map(({ name, value }) => [name, value]))
  const both = (list: readonly ModelFigure[]) =>
    Object.fromEntries(list.map(({ name, policy, reward }) => [name, { policy, prm: reward }]))
  return JSON.stringify(
    {
      device: plain(figures.device),
      speed: { ...plain(figures.speed), history: rates.map(Math.round) },
      sharing: plain(figures.sharing),
      bytes: Object.fromEntries(figures.bytes.map(({ purpose, policy, reward }) => [purpose, { policy, prm: reward }])),
      counts: both(figures.counts),
      choices: both(figures.choices),
    },
    null,
    1,
  )
}

/** The figures as tables, for an issue or a notebook. */
export function figuresAsMarkdown(figures: EngineFigures): string {
  const list = [...figures.device, ...figures.speed, ...figures.sharing].map(({ name, text }) => [name, text])
  const models = [...figures.counts, ...figures.choices].map(({ name, texts }) => [name, ...texts])
  const bytes = figures.bytes.map(({ purpose, policy, reward }) => [purpose, formatBytes(policy), formatBytes(reward)])
  return [
    table(['Engine', ''], list),
    table(['Bytes', 'Policy', 'PRM'], bytes),
    table(['Model', 'Policy', 'PRM'], models),
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  const rule = `|${head.map((_, column) => (column === 0 ? '---|' : '--:|')).join('')}\n`
  return `${line(head)}${rule}${rows.map(line).join('')}`
}
