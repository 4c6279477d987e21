import type { Backend, BackendBuffer, BoundKernel, Recorder } from '../../compute/backend.ts'
import type { MatmulShape } from '../../compute/kernels/matmul/matmul.reference.ts'
import { matmulSizes } from '../../compute/kernels/matmul/matmul.reference.ts'
import { matmulKernel } from '../../compute/kernels/matmul/matmul.ts'
import { rowsLength } from '../../compute/kernels/rows.ts'
import type { TransposeShape } from '../../compute/kernels/transpose/transpose.reference.ts'
import { transposeKernel } from '../../compute/kernels/transpose/transpose.ts'
import type { DecoderBuffers } from '../../engine/decoder/decoder-buffers.ts'
import { columnParts, roundUp } from '../../engine/decoder/decoder-layout.ts'
import type { Matrix } from '../../engine/decoder/decoder-weights.ts'

/** How many rows a dispatch is for: of the batch, or a fixed number. */
export type Extent = keyof BatchExtent | number

/** A kernel on its buffers, and the rows it is dispatched for. */
export interface GraphStep {
  readonly kernel: BoundKernel
  readonly rows: Extent
}

export interface BatchExtent {
  readonly tokens: number
  readonly readouts: number
  /** Different tokens. */
  readonly segments: number
  /** Fours of floats of the tokens' hidden states. */
  readonly hiddenQuads: number
}

export function recordSteps(recorder: Recorder, steps: readonly GraphStep[], extent: BatchExtent): void {
  for (const { kernel, rows } of steps) {
    recorder.dispatch(kernel, typeof rows === 'number' ? rows : extent[rows])
  }
}

/** Rows of activations: where they lie, how far apart, and which rows of the batch they are. */
export interface Rows {
  readonly data: BackendBuffer
  /** Floats from one row to the next. */
  readonly stride: number
  /** Floats before the first row. */
  readonly offset?: number
}

/** The buffer that tells kernels how many rows there are, and the extent to dispatch. */
export interface RowSpan {
  readonly rows: BackendBuffer
  readonly extent: Extent
  /** `sizes` of a product whose sums run over these rows start with their count, rounded up to 4. */
  readonly name: string
}

/** Bytes of a transposed piece of a matrix, at most: larger matrices are taken in pieces. */
const TRANSPOSED_BYTES = 2 ** 24

/** Space that products share, one after another. */
export interface Scratch {
  /** A transposed piece of a matrix. */
  readonly weights: BackendBuffer
  /** Transposed activations, `rowsStride` floats for each of their columns. */
  readonly rows: BackendBuffer
  readonly rowsStride: number
  /** As many as the widest product has columns. */
  readonly zeros: BackendBuffer
}

/** @param capacity rows of the largest batch */
export async function createScratch(
  backend: Backend,
  buffers: DecoderBuffers,
  matrices: readonly Matrix[],
  capacity: number,
): Promise<Scratch> {
  const { matmul } = backend.tuning
  const rowsStride = roundUp(capacity, 4)
  const most = (numbers: readonly number[]) => Math.max(...numbers)
  const widest = matrices.flatMap(({ inner, parts }) => [inner, ...parts.map(({ columns }) => columns)])
  const pieces = matrices.flatMap((matrix) =>
    transposedPieces(backend, matrix).map(({ columns }) => columns * roundUp(matrix.inner, matmul.columns)),
  )
  const inner = roundUp(most(matrices.map((matrix) => matrix.inner)), matmul.rows)
  return {
    weights: await buffers.words(most(pieces), 'activations'),
    rows: await buffers.words(inner * rowsStride, 'activations'),
    rowsStride,
    zeros: await buffers.words(roundUp(most(widest), matmul.columns), 'control'),
  }
}

/** A matrix in column pieces small enough to be transposed at once. */
function transposedPieces(backend: Backend, { inner, parts }: Matrix) {
  const { tuning, limits } = backend
  const bounded = { ...limits, maxBindingBytes: Math.min(limits.maxBindingBytes, TRANSPOSED_BYTES) }
  return parts.flatMap((part) => {
    const shape = { inner: roundUp(inner, tuning.matmul.columns), columns: part.columns }
    return columnParts(shape, 'f32', tuning, bounded).map((piece) => ({ part, ...piece }))
  })
}

/** A word of a product's sizes that follows the batch: its sums run over this span's rows. */
export interface DynamicSizes {
  readonly span: RowSpan
  readonly sizes: BackendBuffer
}

/** Makes the products of the forward and backward pass, all from the one tuned kernel of the decoder. */
export class GraphTools {
  readonly backend: Backend
  readonly buffers: DecoderBuffers
  /** To be rewritten for every batch. */
  readonly dynamicSizes: DynamicSizes[] = []
  private readonly scratch: Scratch
  private readonly counts = new Map<number, Promise<BackendBuffer>>()
  private readonly numbers = new Map<number, Promise<BackendBuffer>>()
  private readonly sizes = new Map<string, Promise<BackendBuffer>>()

  constructor(backend: Backend, buffers: DecoderBuffers, scratch: Scratch) {
    this.backend = backend
    this.buffers = buffers
    this.scratch = scratch
  }

  get tile(): number {
    return this.backend.tuning.matmul.columns
  }

  /** Floats per row of an activation of this width: products write whole tiles. */
  stride(width: number): number {
    return roundUp(width, this.tile)
  }

  /** A rows buffer that says `count`, for kernels over something else than the batch. */
  count(count: number): Promise<BackendBuffer> {
    return remember(this.counts, count, async () => {
      const buffer = await this.buffers.words(rowsLength(0), 'control')
      this.backend.write(buffer, 0, Uint32Array.of(count, 0, 0, 0))
      return buffer
    })
  }

  /** A buffer that holds one number. */
  number(value: number): Promise<BackendBuffer> {
    return remember(this.numbers, value, async () => {
      const buffer = await this.buffers.words(1, 'control')
      this.backend.write(buffer, 0, Float32Array.of(value))
      return buffer
    })
  }

  /** output (=|+=) input · matrix + bias, over the rows of a span. */
  async product(
    matrix: Matrix,
    span: RowSpan,
    input: Rows,
    output: Rows,
    epilogue: 'store' | 'add',
  ): Promise<GraphStep[]> {
    return Promise.all(
      matrix.parts.map(({ first, columns, weights, bias }) =>
        this.multiply(span, input, weights, bias, output, {
          inner: matrix.inner,
          columns,
          outputOffset: first + (output.offset ?? 0),
          epilogue,
          format: matrix.format,
        }),
      ),
    )
  }

  /** output (=|+=) gradient · matrixᵀ: what reaches a product's input. `width` floats of each output row are written. */
  async inputGradient(
    matrix: Matrix,
    span: RowSpan,
    gradient: Rows,
    output: Rows,
    epilogue: 'store' | 'add',
  ): Promise<GraphStep[]> {
    const columns = this.stride(matrix.inner)
    const { weights: transposed, zeros } = this.scratch
    const steps: GraphStep[] = []
    for (const [index, { part, first, columns: width }] of transposedPieces(this.backend, matrix).entries()) {
      steps.push(
        await this.transpose(await this.count(matrix.inner), matrix.inner, part.weights, transposed, {
          format: matrix.format,
          maxRows: matrix.inner,
          inputStride: part.columns,
          inputOffset: first,
          width,
          outputStride: columns,
          padTo: this.tile,
        }),
        await this.multiply(
          span,
          { ...gradient, offset: (gradient.offset ?? 0) + part.first + first },
          transposed,
          zeros,
          output,
          {
            inner: width,
            columns,
            outputOffset: output.offset ?? 0,
            epilogue: index === 0 ? epilogue : 'add',
            format: 'f32',
          },
        ),
      )
    }
    return steps
  }

  /** into += inputᵀ · gradient, [inner, columns]; the gradient's rows are exactly `columns` wide. */
  async weightGradient(
    span: RowSpan,
    input: Rows,
    inner: number,
    gradient: Rows,
    columns: number,
    into: BackendBuffer,
  ): Promise<GraphStep[]> {
    if (gradient.stride !== columns) throw new RangeError(`rows of ${gradient.stride} where ${columns} belong`)
    const { rows: transposed, rowsStride: stride, zeros } = this.scratch
    const constant = await this.count(inner)
    return [
      await this.transpose(span.rows, span.extent, input.data, transposed, {
        format: 'f32',
        maxRows: stride,
        inputStride: input.stride,
        inputOffset: input.offset ?? 0,
        width: inner,
        outputStride: stride,
        padTo: 4,
      }),
      await this.multiply(
        { rows: constant, extent: inner, name: 'weights' },
        { data: transposed, stride },
        gradient.data,
        zeros,
        { data: into, stride: columns },
        { inner: stride, columns, outputOffset: 0, epilogue: 'add', format: 'f32' },
        span,
      ),
    ]
  }

  /** @param sums the span whose rows the sums run over, where they follow the batch */
  private async multiply(
    span: RowSpan,
    input: Rows,
    weights: BackendBuffer,
    bias: BackendBuffer,
    output: Rows,
    given: Pick<MatmulShape, 'inner' | 'columns' | 'outputOffset' | 'epilogue'> & {
      readonly format: NonNullable<MatmulShape['format']>
    },
    sums?: RowSpan,
  ): Promise<GraphStep> {
    const shape: MatmulShape = {
      ...given,
      from: 'row',
      inputStride: input.stride,
      inputOffset: input.offset ?? 0,
      outputStride: output.stride,
      tile: this.backend.tuning.matmul,
    }
    const sizes = await this.sizesOf(shape, sums)
    const kernel = await this.backend.bind(matmulKernel(shape), {
      rows: span.rows,
      sizes,
      input: input.data,
      weights,
      bias,
      output: output.data,
    })
    return { kernel, rows: span.extent }
  }

  private sizesOf(shape: MatmulShape, sums: RowSpan | undefined): Promise<BackendBuffer> {
    const words = matmulSizes(shape)
    return remember(this.sizes, `${words.join(' ')} ${sums?.name ?? ''}`, async () => {
      const sizes = await this.buffers.words(8, 'control')
      this.backend.write(sizes, 0, words)
      if (sums !== undefined) this.dynamicSizes.push({ span: sums, sizes })
      return sizes
    })
  }

  private async transpose(
    rows: BackendBuffer,
    extent: Extent,
    input: BackendBuffer,
    output: BackendBuffer,
    shape: Omit<TransposeShape, 'lanes'>,
  ): Promise<GraphStep> {
    const { elementLanes: lanes } = this.backend.tuning
    const kernel = await this.backend.bind(transposeKernel({ ...shape, lanes }), { rows, input, output })
    return { kernel, rows: extent }
  }
}

function remember<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const found = known.get(key)
  if (found !== undefined) return found
  const made = make()
  known.set(key, made)
  return made
}
