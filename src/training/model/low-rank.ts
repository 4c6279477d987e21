import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import { multiplyKernel } from '../../compute/kernels/multiply/multiply.ts'
import { scaledCopyKernel } from '../../compute/kernels/scaled-copy/scaled-copy.ts'
import { StepscopeError } from '../../core/errors.ts'
import { RandomStream } from '../../core/random.ts'
import type { DecoderBuffers } from '../../engine/decoder/decoder-buffers.ts'
import { roundUp } from '../../engine/decoder/decoder-layout.ts'
import type { MatrixPlan, MatrixSource, TensorPlan } from '../../engine/decoder/decoder-tensors.ts'
import type { DecoderWeights, Matrix } from '../../engine/decoder/decoder-weights.ts'
import type { GraphStep, GraphTools, Rows } from './graph-tools.ts'
import type { Parameter, PlacedTensor } from './parameter.ts'

/** LoRA (Hu et al., arXiv 2106.09685), as PEFT sets it up: y = x·W + (alpha / rank) · x·A·B, with B zero at first. */
export interface LowRankOptions {
  readonly rank: number
  readonly alpha: number
  readonly seed: number
}

/**
 * The low-rank update of one matrix on the device. Modules that share a fused matrix have their ranks side by side:
 * `down` is [inner, rank of all], `up` [rank of all, columns] with zeros outside each module's own block.
 */
export interface LowRank {
  readonly down: Matrix
  /** B times alpha / rank, made from `raw` after every update. */
  readonly up: Matrix
  readonly raw: BackendBuffer
  /** alpha / rank inside the modules' blocks, 0 outside. */
  readonly mask: BackendBuffer
  readonly words: number
  readonly low: Rows
  readonly lowGradient: Rows
  readonly downGradient: BackendBuffer
  readonly upGradient: BackendBuffer
  readonly parameters: readonly Parameter[]
}

/**
 * Makes the updates of all matrices that have a target among their modules.
 * @param targets the modules, at least one
 */
export async function createLowRanks(
  backend: Backend,
  buffers: DecoderBuffers,
  plan: TensorPlan,
  weights: DecoderWeights,
  tokenRows: number,
  targets: readonly MatrixSource[],
  options: LowRankOptions,
): Promise<Map<Matrix, LowRank>> {
  const matrices = plan.layers.flatMap((layer, number): [MatrixPlan, Matrix | undefined][] => {
    const own = weights.layers[number]
    return [
      [layer.projection, own?.projection],
      [layer.output, own?.output],
      [layer.gate, own?.gate],
      [layer.down, own?.down],
    ]
  })
  const adapted = matrices.map(([matrixPlan]) => matrixPlan.sources.filter((source) => targets.includes(source)))
  const tile = backend.tuning.matmul.columns
  const widest = roundUp(options.rank * Math.max(0, ...adapted.map(({ length }) => length)), tile)
  const low = await buffers.words(tokenRows * widest, 'activations')
  const lowGradient = await buffers.words(tokenRows * widest, 'activations')
  const random = new RandomStream(options.seed, 0x10a)
  const created = new Map<Matrix, LowRank>()
  for (const [index, [matrixPlan, matrix]] of matrices.entries()) {
    const sources = adapted[index]
    if (matrix === undefined || sources === undefined || sources.length === 0) continue
    const rank = roundUp(options.rank * sources.length, tile)
    const rows = { low: { data: low, stride: rank }, lowGradient: { data: lowGradient, stride: rank } }
    created.set(matrix, await createLowRank(backend, buffers, matrixPlan, sources, rank, rows, options, random))
  }
  return created
}

async function createLowRank(
  backend: Backend,
  buffers: DecoderBuffers,
  { inner, columns }: MatrixPlan,
  sources: MatrixPlan['sources'],
  rank: number,
  rows: Pick<LowRank, 'low' | 'lowGradient'>,
  { rank: ownRank, alpha }: LowRankOptions,
  random: RandomStream,
): Promise<LowRank> {
  const downWords = new Float32Array(inner * rank)
  const mask = new Float32Array(rank * columns)
  const placed: { readonly down: PlacedTensor[]; readonly up: PlacedTensor[] } = { down: [], up: [] }
  sources.forEach(({ name, shape: [outputs, inputs], column, row }, module) => {
    const first = module * ownRank
    const adapter = name.replace(/^model\./, 'base_model.model.model.').replace(/\.weight$/, '')
    const down = {
      name: `${adapter}.lora_A.weight`,
      shape: [ownRank, inputs],
      place: (index: number) => row(index % inputs) * rank + first + Math.floor(index / inputs),
    }
    const up = {
      name: `${adapter}.lora_B.weight`,
      shape: [outputs, ownRank],
      place: (index: number) => (first + (index % ownRank)) * columns + column(Math.floor(index / ownRank)),
    }
    // PEFT: kaiming_uniform with a = √5, which is uniform within 1 / √inputs.
    const bound = 1 / Math.sqrt(inputs)
    for (let index = 0; index < ownRank * inputs; index++)
      downWords[down.place(index)] = (2 * random.next() - 1) * bound
    for (let index = 0; index < outputs * ownRank; index++) mask[up.place(index)] = alpha / ownRank
    placed.down.push(down)
    placed.up.push(up)
  })
  const words = rank * columns
  const create = (length: number, purpose: string) => buffers.words(length, purpose)
  const zeros = await create(Math.max(rank, columns), 'control')
  const down = await create(inner * rank, 'adapters')
  const raw = await create(words, 'adapters')
  const scaled = await create(words, 'adapters')
  const maskBuffer = await create(words, 'adapters')
  backend.write(down, 0, downWords)
  backend.write(maskBuffer, 0, mask)
  const matrix = (weights: BackendBuffer, length: number, width: number): Matrix => ({
    inner: length,
    format: 'f32',
    parts: [{ first: 0, columns: width, weights, bias: zeros }],
  })
  return {
    ...rows,
    down: matrix(down, inner, rank),
    up: matrix(scaled, rank, columns),
    raw,
    mask: maskBuffer,
    words,
    downGradient: await create(inner * rank, 'gradients'),
    upGradient: await create(words, 'gradients'),
    parameters: [
      { tensors: placed.down, weights: down, words: inner * rank, matrix: true },
      { tensors: placed.up, weights: raw, words, matrix: true },
    ],
  }
}

/** Makes `up` from `raw`: after the weights were set or updated. */
export async function refreshLowRank(tools: GraphTools, { up, raw, mask, words }: LowRank): Promise<GraphStep[]> {
  const { backend } = tools
  const lanes = backend.tuning.elementLanes
  const rows = await tools.count(words / 4)
  const scaled = up.parts[0]?.weights
  if (scaled === undefined) return []
  return [
    {
      kernel: await backend.bind(scaledCopyKernel(lanes), {
        rows,
        factor: await tools.number(1),
        input: raw,
        output: scaled,
      }),
      rows: words / 4,
    },
    { kernel: await backend.bind(multiplyKernel(lanes), { rows, input: mask, output: scaled }), rows: words / 4 },
  ]
}

/** Turns the gradient of `up`, summed over the batch, into that of `raw`: scaled, and nothing outside the blocks. */
export async function maskLowRank(tools: GraphTools, { upGradient, mask, words }: LowRank): Promise<GraphStep> {
  const { backend } = tools
  const kernel = await backend.bind(multiplyKernel(backend.tuning.elementLanes), {
    rows: await tools.count(words / 4),
    input: mask,
    output: upGradient,
  })
  return { kernel, rows: words / 4 }
}

/**
 * A copy of a matrix with its update added, for a decoder, and the steps that bring it up to date.
 * @throws StepscopeError `bad-setting` where the matrix is compressed or split
 */
export async function mergeLowRank(
  tools: GraphTools,
  buffers: DecoderBuffers,
  matrix: Matrix,
  { down, up }: LowRank,
): Promise<{ readonly matrix: Matrix; readonly steps: readonly GraphStep[] }> {
  const [part, ...more] = matrix.parts
  const factors = down.parts[0]
  if (part === undefined || factors === undefined || more.length > 0 || matrix.format !== 'f32') {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'Low-rank updates can only be merged into float32 weights',
      expected: 'a model with float32 matrices that fit one buffer each',
      found: more.length > 0 ? `${matrix.parts.length} buffers for one matrix` : `weights as ${matrix.format}`,
      nextStep: 'Train with an objective that does not sample from the model.',
    })
  }
  const { backend } = tools
  const words = matrix.inner * part.columns
  const weights = await buffers.words(words, 'adapters')
  const copy: GraphStep = {
    kernel: await backend.bind(scaledCopyKernel(backend.tuning.elementLanes), {
      rows: await tools.count(words / 4),
      factor: await tools.number(1),
      input: part.weights,
      output: weights,
    }),
    rows: words / 4,
  }
  const span = { rows: await tools.count(matrix.inner), extent: matrix.inner, name: 'weights' }
  const input = { data: factors.weights, stride: factors.columns }
  const add = await tools.product(up, span, input, { data: weights, stride: part.columns }, 'add')
  return { matrix: { ...matrix, parts: [{ ...part, weights }] }, steps: [copy, ...add] }
}
