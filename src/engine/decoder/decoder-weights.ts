import type { Backend, BackendBuffer } from '../../compute/backend.ts'
import type { WeightFormat } from '../../compute/kernels/weight-format.ts'
import { GROUP_ROWS, weightWords } from '../../compute/kernels/weight-format.ts'
import type { WriteWeights } from '../../compute/kernels/weight-packing.ts'
import { weightWriter } from '../../compute/kernels/weight-packing.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { ElementRange } from '../checkpoint/safetensors.ts'
import type { DecoderConfig, DecoderOptions, WeightChoice, WeightSource } from './decoder.ts'
import type { DecoderBuffers } from './decoder-buffers.ts'
import type { ColumnPart } from './decoder-layout.ts'
import { columnParts } from './decoder-layout.ts'
import type { MatrixPlan, MatrixSource, TensorPlan, VectorPlan } from './decoder-tensors.ts'
import { expectedShapes } from './decoder-tensors.ts'
import { checkWeightRoom } from './weight-room.ts'

/** A matrix on the device: its parts, each with its bias (zeros where the checkpoint has none). */
export interface Matrix {
  readonly inner: number
  readonly format: WeightFormat
  /** Columns that lie together, see `WeightShape`; all of a part's where it is not said. */
  readonly panelColumns?: number | undefined
  readonly parts: readonly (ColumnPart & { readonly weights: BackendBuffer; readonly bias: BackendBuffer })[]
}

export interface LayerWeights {
  readonly attentionNorm: BackendBuffer
  readonly projection: Matrix
  readonly headNorms: BackendBuffer
  readonly output: Matrix
  readonly mlpNorm: BackendBuffer
  readonly gate: Matrix
  readonly down: Matrix
}

export interface DecoderWeights {
  readonly embedding: Matrix
  readonly layers: readonly LayerWeights[]
  readonly finalNorm: BackendBuffer
  /** Null where the output head is one layer. */
  readonly scoreHidden: Matrix | null
  readonly outputHead: Matrix
  readonly parameters: number
  /** Of the layers' matrices. */
  readonly format: WeightFormat
}

/** Bytes written to the device before it is waited for: what the driver stages on the way stays below. */
export const UPLOAD_BYTES = 2 ** 25
/** Weights read from the checkpoint at a time. */
const READ_WEIGHTS = 2 ** 21
/** `auto` keeps f32 up to this size. */
const MOST_F32_BYTES = 2 ** 28

/** What `auto` means for a model of so many parameters. */
export function resolveFormat(choice: WeightChoice, parameters: number): WeightFormat {
  if (choice !== 'auto') return choice
  return 4 * parameters <= MOST_F32_BYTES ? 'f32' : 'f16'
}

/** Four bits are too few for the vocabulary: its errors go straight into every token and every logit. */
function vocabularyFormat(format: WeightFormat): WeightFormat {
  return format === 'int4' ? 'int8' : format
}

/** A score head is a few numbers: compressing them saves nothing. */
function outputHeadFormat(format: WeightFormat, config: DecoderConfig): WeightFormat {
  return config.outputHead.kind === 'score' ? 'f32' : vocabularyFormat(format)
}

/** Bytes of a weight, with its share of the group's ranges. */
const WEIGHT_BYTES: Readonly<Record<WeightFormat, number>> = { f32: 4, f16: 2, int8: 1.0625, int4: 0.625 }

export interface LoadWeightsOptions extends Pick<DecoderOptions, 'signal' | 'onProgress' | 'weights'> {
  /** Weights lie as products of this backend read them fastest; else whole rows together, which a model in training needs. */
  readonly panels?: boolean
}

/**
 * Reads, packs and uploads all tensors, one part of a matrix at a time and each in pieces.
 * @throws StepscopeError `bad-checkpoint` where a tensor is missing or has another shape, `out-of-memory` where the device can
 * never hold them; both before any is read
 */
export async function loadWeights(
  backend: Backend,
  buffers: DecoderBuffers,
  config: DecoderConfig,
  plan: TensorPlan,
  source: WeightSource,
  options: LoadWeightsOptions,
): Promise<DecoderWeights> {
  const expected = expectedShapes(plan)
  for (const { name, shape } of expected) checkShape(name, shape, source.shape(name))
  const parameters = expected.reduce((sum, { shape }) => sum + elements(shape), 0)
  const format = resolveFormat(options.weights ?? 'auto', parameters)
  const formatsAs = (as: WeightFormat) => {
    const formats = planFormats(plan, as, config)
    return (name: string) => WEIGHT_BYTES[formats.get(name) ?? 'f32']
  }
  const bytesAs = (as: WeightFormat) => {
    const bytesOf = formatsAs(as)
    return expected.reduce((sum, { name, shape }) => sum + bytesOf(name) * elements(shape), 0)
  }
  checkWeightRoom(backend, format, bytesAs)
  const panelColumns = options.panels === true ? (backend.tuning.panelColumns ?? undefined) : undefined
  const bytesOf = formatsAs(format)
  const totalBytes = bytesAs(format)
  let loadedBytes = 0
  let unflushed = 0
  let memory = new ArrayBuffer(0)

  async function read(name: string, range?: ElementRange): Promise<Float32Array> {
    options.signal?.throwIfAborted()
    const values = await source.read(name, options.signal, range)
    options.signal?.throwIfAborted()
    loadedBytes += bytesOf(name) * values.length
    return values
  }
  const report = () => options.onProgress?.(Math.round(loadedBytes), Math.round(totalBytes))

  async function upload(words: Uint32Array): Promise<BackendBuffer> {
    const buffer = await buffers.create(words.byteLength, 'weights')
    for (let start = 0; start < words.length; start += UPLOAD_BYTES / 4) {
      const piece = words.subarray(start, start + UPLOAD_BYTES / 4)
      if (unflushed + piece.byteLength > UPLOAD_BYTES) {
        await backend.submit(() => {}, [{ buffer, offset: 0, bytes: 4 }])
        unflushed = 0
      }
      backend.write(buffer, 4 * start, piece)
      unflushed += piece.byteLength
    }
    return buffer
  }

  async function vector({ length, sources }: VectorPlan): Promise<BackendBuffer> {
    const values = new Float32Array(length)
    for (const { name, place } of sources) values.set(await read(name), place)
    const buffer = await upload(new Uint32Array(values.buffer))
    report()
    return buffer
  }

  /** Zeros in memory that all parts use one after the other. */
  function zeros(length: number): Uint32Array {
    if (memory.byteLength < 4 * length) memory = new ArrayBuffer(4 * length)
    return new Uint32Array(memory, 0, length).fill(0)
  }

  async function matrix(matrixPlan: MatrixPlan, format: WeightFormat): Promise<Matrix> {
    const { inner, columns, sources } = matrixPlan
    const bias = new Float32Array(columns)
    for (const { bias: name, column } of sources) {
      if (name === null) continue
      ;(await read(name)).forEach((value, output) => {
        bias[column(output)] = value
      })
    }
    const parts: Matrix['parts'][number][] = []
    for (const part of columnParts(matrixPlan, format, backend.tuning, backend.limits)) {
      const shape = { inner, columns: part.columns, panelColumns }
      const words = zeros(weightWords(format, shape))
      const write = weightWriter(format, shape, words)
      for (const matrixSource of sources) {
        for (const range of outputRanges(matrixSource, part)) {
          const inputs = matrixSource.shape[1]
          const values = await read(matrixSource.name, { first: range.first * inputs, end: range.end * inputs })
          packOutputs(matrixSource, inner, part, range.first, values, write)
          report()
        }
      }
      parts.push({
        ...part,
        weights: await upload(words),
        bias: await upload(new Uint32Array(bias.slice(part.first, part.first + part.columns).buffer)),
      })
    }
    return { inner, format, panelColumns, parts }
  }

  const none = await buffers.create(16, 'weights')
  const embedding = await matrix(plan.embedding, vocabularyFormat(format))
  const layers: LayerWeights[] = []
  for (const layer of plan.layers) {
    layers.push({
      attentionNorm: await vector(layer.attentionNorm),
      projection: await matrix(layer.projection, format),
      headNorms: layer.headNorms === null ? none : await vector(layer.headNorms),
      output: await matrix(layer.output, format),
      mlpNorm: await vector(layer.mlpNorm),
      gate: await matrix(layer.gate, format),
      down: await matrix(layer.down, format),
    })
  }
  const finalNorm = await vector(plan.finalNorm)
  const scoreHidden = plan.scoreHidden === null ? null : await matrix(plan.scoreHidden, 'f32')
  const outputHead =
    plan.outputHead === null ? embedding : await matrix(plan.outputHead, outputHeadFormat(format, config))
  return { embedding, layers, finalNorm, scoreHidden, outputHead, parameters, format }
}

/** The format of every tensor that is not kept in f32. */
function planFormats(plan: TensorPlan, format: WeightFormat, config: DecoderConfig): Map<string, WeightFormat> {
  const formats = new Map<string, WeightFormat>()
  const add = (matrix: MatrixPlan | null, of: WeightFormat) => {
    for (const { name } of matrix?.sources ?? []) formats.set(name, of)
  }
  add(plan.embedding, vocabularyFormat(format))
  for (const { projection, output, gate, down } of plan.layers) {
    for (const matrix of [projection, output, gate, down]) add(matrix, format)
  }
  add(plan.scoreHidden, 'f32')
  add(plan.outputHead, outputHeadFormat(format, config))
  return formats
}

/** The outputs of a tensor whose columns lie in a part, in ranges of at most `READ_WEIGHTS` weights. */
function outputRanges(source: MatrixSource, part: ColumnPart): { readonly first: number; readonly end: number }[] {
  const [outputs, inputs] = source.shape
  const inPart = (output: number) => {
    const column = source.column(output) - part.first
    return column >= 0 && column < part.columns
  }
  let first = 0
  let end = outputs
  while (first < outputs && !inPart(first)) first++
  while (end > first && !inPart(end - 1)) end--
  const most = Math.max(1, Math.floor(READ_WEIGHTS / inputs))
  return Array.from({ length: Math.ceil((end - first) / most) }, (_, piece) => ({
    first: first + piece * most,
    end: Math.min(end, first + (piece + 1) * most),
  }))
}

/** Outputs packed side by side, so that reads and writes both stay in the cache. */
const BLOCK = 32

/** Outputs from `first` on of a tensor stored [outputs, inputs], into the part of a matrix [inner, columns]. */
function packOutputs(
  { name, shape: [, inputs], column, row }: MatrixSource,
  inner: number,
  part: ColumnPart,
  first: number,
  values: Float32Array,
  write: WriteWeights,
): void {
  const inputOf = new Int32Array(inner).fill(-1)
  for (let input = 0; input < inputs; input++) inputOf[row(input)] = input
  const count = values.length / inputs
  const whole = new Float32Array(GROUP_ROWS)
  const last = whole.subarray(0, inner % GROUP_ROWS || GROUP_ROWS)
  const groups = Math.ceil(inner / GROUP_ROWS)
  try {
    for (let start = 0; start < count; start += BLOCK) {
      const end = Math.min(start + BLOCK, count)
      for (let group = 0; group < groups; group++) {
        const held = group === groups - 1 ? last : whole
        for (let output = start; output < end; output++) {
          const to = column(first + output) - part.first
          if (to < 0 || to >= part.columns) continue
          for (let i = 0; i < held.length; i++) {
            const input = inputOf[group * GROUP_ROWS + i] as number
            held[i] = input < 0 ? 0 : (values[output * inputs + input] as number)
          }
          write(to, group, held)
        }
      }
    }
  } catch (error) {
    if (!(error instanceof StepscopeError)) throw error
    throw new StepscopeError({ ...error.details, place: { field: name } }, { cause: error })
  }
}

/** @throws StepscopeError `bad-checkpoint` naming the tensor, where it has another shape than config.json says */
export function checkShape(name: string, expected: readonly number[], found: readonly number[]): void {
  if (expected.length === found.length && expected.every((size, axis) => size === found[axis])) return
  throw new StepscopeError({
    code: 'bad-checkpoint',
    message: `The tensor ${name} does not fit config.json`,
    expected: `shape [${expected.join(', ')}]`,
    found: `shape [${found.join(', ')}]`,
    place: { field: name },
    nextStep: 'Check that config.json and the weights belong together.',
  })
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
