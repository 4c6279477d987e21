import type { Backend, BackendBuffer } from '../compute/backend.ts'
import { StepscopeError } from '../core/errors.ts'
import type { DecoderOptions, WeightSource } from './decoder.ts'
import type { DecoderBuffers } from './decoder-buffers.ts'
import type { ColumnPart } from './decoder-layout.ts'
import { columnParts } from './decoder-layout.ts'
import type { MatrixPlan, TensorPlan, VectorPlan } from './decoder-tensors.ts'
import { expectedShapes } from './decoder-tensors.ts'

/** A matrix on the device: its parts, each with its bias (zeros where the checkpoint has none). */
export interface Matrix {
  readonly inner: number
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
  readonly head: Matrix
  readonly parameters: number
}

/** Bytes of one write: larger tensors go in several, so that copies on the way stay small. */
const WRITE_BYTES = 2 ** 25

/**
 * Reads, packs and uploads all tensors, one matrix at a time.
 * @throws StepscopeError `bad-checkpoint` where a tensor is missing or has another shape, before any is read
 */
export async function loadWeights(
  backend: Backend,
  buffers: DecoderBuffers,
  plan: TensorPlan,
  source: WeightSource,
  options: Pick<DecoderOptions, 'signal' | 'onProgress'>,
): Promise<DecoderWeights> {
  const expected = expectedShapes(plan)
  for (const { name, shape } of expected) checkShape(name, shape, source.shape(name))
  const parameters = expected.reduce((sum, { shape }) => sum + elements(shape), 0)
  let loaded = 0

  async function read(name: string): Promise<Float32Array> {
    options.signal?.throwIfAborted()
    const values = await source.read(name, options.signal)
    options.signal?.throwIfAborted()
    loaded += values.length
    return values
  }
  const report = () => options.onProgress?.(4 * loaded, 4 * parameters)

  async function upload(values: Float32Array): Promise<BackendBuffer> {
    const buffer = await buffers.create(values.byteLength, 'weights')
    for (let start = 0; start < values.length; start += WRITE_BYTES / 4) {
      backend.write(buffer, 4 * start, values.subarray(start, start + WRITE_BYTES / 4))
    }
    return buffer
  }

  async function vector({ length, sources }: VectorPlan): Promise<BackendBuffer> {
    const values = new Float32Array(length)
    for (const { name, place } of sources) values.set(await read(name), place)
    const buffer = await upload(values)
    report()
    return buffer
  }

  async function matrix(matrixPlan: MatrixPlan): Promise<Matrix> {
    const { inner, columns, sources } = matrixPlan
    const tensors: Float32Array[] = []
    for (const { name } of sources) tensors.push(await read(name))
    const bias = new Float32Array(columns)
    for (const { bias: name, column } of sources) {
      if (name === null) continue
      ;(await read(name)).forEach((value, output) => {
        bias[column(output)] = value
      })
    }
    const parts: Matrix['parts'][number][] = []
    for (const part of columnParts(inner, columns, backend.tuning, backend.limits)) {
      parts.push({
        ...part,
        weights: await upload(packPart(matrixPlan, part, tensors)),
        bias: await upload(bias.slice(part.first, part.first + part.columns)),
      })
    }
    report()
    return { inner, parts }
  }

  const none = await buffers.create(16, 'weights')
  const embedding = await matrix(plan.embedding)
  const layers: LayerWeights[] = []
  for (const layer of plan.layers) {
    layers.push({
      attentionNorm: await vector(layer.attentionNorm),
      projection: await matrix(layer.projection),
      headNorms: layer.headNorms === null ? none : await vector(layer.headNorms),
      output: await matrix(layer.output),
      mlpNorm: await vector(layer.mlpNorm),
      gate: await matrix(layer.gate),
      down: await matrix(layer.down),
    })
  }
  const finalNorm = await vector(plan.finalNorm)
  const head = plan.head === null ? embedding : await matrix(plan.head)
  return { embedding, layers, finalNorm, head, parameters }
}

/** Side of the squares in which a matrix is turned, so that reads and writes both stay in the cache. */
const SQUARE = 32

/** [inner, part.columns] from tensors stored [outputs, inputs]. */
function packPart({ inner, sources }: MatrixPlan, part: ColumnPart, tensors: readonly Float32Array[]): Float32Array {
  const packed = new Float32Array(inner * part.columns)
  sources.forEach(({ shape: [outputs, inputs], column, row }, index) => {
    const tensor = tensors[index] as Float32Array
    const places = Int32Array.from({ length: inputs }, (_, input) => row(input) * part.columns)
    for (let firstOutput = 0; firstOutput < outputs; firstOutput += SQUARE) {
      const endOutput = Math.min(firstOutput + SQUARE, outputs)
      for (let firstInput = 0; firstInput < inputs; firstInput += SQUARE) {
        const endInput = Math.min(firstInput + SQUARE, inputs)
        for (let output = firstOutput; output < endOutput; output++) {
          const to = column(output) - part.first
          if (to < 0 || to >= part.columns) continue
          for (let input = firstInput; input < endInput; input++) {
            packed[(places[input] as number) + to] = tensor[output * inputs + input] as number
          }
        }
      }
    }
  })
  return packed
}

function checkShape(name: string, expected: readonly number[], found: readonly number[]): void {
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
