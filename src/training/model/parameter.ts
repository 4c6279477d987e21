import type { BackendBuffer } from '../../compute/backend.ts'
import { StepscopeError } from '../../core/errors.ts'
import type { MatrixPlan, TensorPlan, VectorPlan } from '../../engine/decoder/decoder-tensors.ts'
import type { DecoderWeights, Matrix } from '../../engine/decoder/decoder-weights.ts'

/** A stored tensor within a device buffer. */
export interface PlacedTensor {
  /** As in a Hugging Face or PEFT checkpoint. */
  readonly name: string
  readonly shape: readonly number[]
  /** The word of the buffer that holds element `index`, row-major. */
  readonly place: (index: number) => number
}

/** One buffer that is trained: it holds whole tensors, and zeros that stay zero. */
export interface Parameter {
  readonly tensors: readonly PlacedTensor[]
  readonly weights: BackendBuffer
  /** float32 words of the buffer that are in use, a multiple of 4. */
  readonly words: number
  /** Whether weight decay is for it where norms and biases are spared: matrices only. */
  readonly matrix: boolean
}

/** All parameters of a decoder, in the order of its layers. */
export function decoderParameters(plan: TensorPlan, weights: DecoderWeights): Parameter[] {
  const layers = plan.layers.flatMap((layerPlan, index) => {
    const layer = weights.layers[index]
    if (layer === undefined) throw new RangeError(`the weights end before layer ${index}`)
    return [
      vectorParameter(layerPlan.attentionNorm, layer.attentionNorm),
      ...matrixParameters(layerPlan.projection, layer.projection),
      ...(layerPlan.headNorms === null ? [] : [vectorParameter(layerPlan.headNorms, layer.headNorms)]),
      ...matrixParameters(layerPlan.output, layer.output),
      vectorParameter(layerPlan.mlpNorm, layer.mlpNorm),
      ...matrixParameters(layerPlan.gate, layer.gate),
      ...matrixParameters(layerPlan.down, layer.down),
    ]
  })
  return [
    ...matrixParameters(plan.embedding, weights.embedding),
    ...layers,
    vectorParameter(plan.finalNorm, weights.finalNorm),
    ...(plan.outputHead === null ? [] : matrixParameters(plan.outputHead, weights.outputHead)),
  ]
}

/**
 * A matrix and, where the checkpoint has one, its bias.
 * @throws StepscopeError `bad-setting` where the matrix is compressed or split
 */
export function matrixParameters(plan: MatrixPlan, matrix: Matrix): Parameter[] {
  const name = plan.sources[0]?.name ?? 'matrix'
  const [part, ...more] = matrix.parts
  if (part === undefined || more.length > 0 || matrix.format !== 'f32') {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'This model is too large to be trained whole',
      expected: 'float32 matrices that fit one buffer of the device each',
      found: matrix.format === 'f32' ? `${matrix.parts.length} buffers for one matrix` : `weights as ${matrix.format}`,
      place: { field: name },
      nextStep: 'Train it with LoRA.',
    })
  }
  const weights: Parameter = {
    weights: part.weights,
    words: plan.inner * part.columns,
    matrix: true,
    tensors: plan.sources.map(({ name, shape, column, row }) => ({
      name,
      shape,
      place: (index) => row(index % shape[1]) * part.columns + column(Math.floor(index / shape[1])),
    })),
  }
  const biases = plan.sources.flatMap(({ bias, shape, column }): PlacedTensor[] =>
    bias === null ? [] : [{ name: bias, shape: [shape[0]], place: column }],
  )
  if (biases.length === 0) return [weights]
  return [weights, { weights: part.bias, words: part.columns, matrix: false, tensors: biases }]
}

function vectorParameter({ length, sources }: VectorPlan, weights: BackendBuffer): Parameter {
  return {
    weights,
    words: length,
    matrix: false,
    tensors: sources.map(({ name, size, place }) => ({ name, shape: [size], place: (index) => place + index })),
  }
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** A tensor's values, row-major, out of its buffer's words. */
export function takeTensor(words: Float32Array, { shape, place }: PlacedTensor): Float32Array<ArrayBuffer> {
  const values = new Float32Array(elementCount(shape))
  for (let index = 0; index < values.length; index++) values[index] = words[place(index)] as number
  return values
}

/** Puts a tensor's values, row-major, into its buffer's words. */
export function putTensor(words: Float32Array, { name, shape, place }: PlacedTensor, values: Float32Array): void {
  const count = elementCount(shape)
  if (values.length !== count) throw new RangeError(`${name}: ${values.length} values where ${count} belong`)
  for (let index = 0; index < count; index++) words[place(index)] = values[index] as number
}
