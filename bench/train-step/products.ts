import type { Backend } from '../../src/compute/backend.ts'
import type { ProductShape } from '../../src/compute/time-products.ts'
import { timeProducts } from '../../src/compute/time-products.ts'
import type { DecoderConfig } from '../../src/engine/decoder/decoder.ts'
import { roundUp } from '../../src/engine/decoder/decoder-layout.ts'
import type { Roofline } from '../roofline/measure.ts'
import { flopsOf, measureRoofline, rooflineShare } from '../roofline/measure.ts'

/** Rows and what of the configuration a step's products depend on; crosses to the page as JSON. */
export interface StepSize
  extends Pick<
    DecoderConfig,
    'hiddenSize' | 'intermediateSize' | 'layers' | 'heads' | 'keyValueHeads' | 'headDim' | 'vocabSize'
  > {
  readonly rows: number
  readonly evaluated: number
}

export interface StepProduct extends ProductShape {
  readonly name: string
  /** How often it is computed in one step. */
  readonly count: number
}

/**
 * The products of weight matrices in one step: for each matrix [inner, columns] the output, the gradient of the input and
 * the gradient of the weights. Attention's products of activations are not among them.
 */
export function stepProducts(size: StepSize): StepProduct[] {
  const { rows, evaluated, hiddenSize, intermediateSize, layers, heads, keyValueHeads, headDim, vocabSize } = size
  const matrices: readonly (readonly [string, number, number, number, number])[] = [
    ['qkv', rows, hiddenSize, (heads + 2 * keyValueHeads) * headDim, layers.length],
    ['output', rows, heads * headDim, hiddenSize, layers.length],
    ['gate', rows, hiddenSize, 2 * intermediateSize, layers.length],
    ['down', rows, intermediateSize, hiddenSize, layers.length],
    ['head', evaluated, hiddenSize, vocabSize, 1],
  ]
  return matrices.flatMap(([name, rows, inner, columns, count]) => [
    { name, rows, inner, columns, count },
    { name: `${name}, input's gradient`, rows, inner: columns, columns: inner, count },
    { name: `${name}, weights' gradient`, rows: inner, inner: rows, columns, count },
  ])
}

/** Of the products of weight matrices in one step, as the model's sizes have them. */
export function stepFlops(size: StepSize): number {
  return stepProducts(size).reduce((sum, product) => sum + product.count * flopsOf(product), 0)
}

export interface ProductFigures {
  readonly roofline: Roofline
  readonly sizes: readonly {
    readonly products: readonly (StepProduct & { readonly gflops: number; readonly share: number })[]
    /** Of all products of a step together: the least time they could take, over the time they take. */
    readonly share: number
  }[]
}

/** The best this adapter reaches, and how near the products of each step come to it, with the tuning in use. Closes the backend. */
export async function measureStepProducts(
  { backend }: { readonly backend: Backend },
  sizes: readonly StepSize[],
): Promise<ProductFigures> {
  try {
    const roofline = await measureRoofline(backend)
    const figures: ProductFigures['sizes'][number][] = []
    for (const size of sizes) figures.push(await measureSize(backend, roofline, size))
    return { roofline, sizes: figures }
  } finally {
    backend.dispose()
  }
}

async function measureSize(
  backend: Backend,
  roofline: Roofline,
  size: StepSize,
): Promise<ProductFigures['sizes'][number]> {
  const tile = backend.tuning.matmul
  const products: ProductFigures['sizes'][number]['products'][number][] = []
  let least = 0
  let taken = 0
  for (const product of stepProducts(size)) {
    const { rows, inner, columns, count } = product
    // As they lie in memory.
    const padded = { rows, inner: roundUp(inner, 4), columns: roundUp(columns, tile.columns) }
    const [seconds = Number.NaN] = await timeProducts(backend, padded, [tile], { submitMs: 15, repetitions: 3 })
    const share = rooflineShare(product, seconds, roofline)
    least += count * share * seconds
    taken += count * seconds
    products.push({ ...product, gflops: flopsOf(product) / seconds / 1e9, share })
  }
  return { products, share: least / taken }
}
