import type { Backend } from '../../src/compute/backend.ts'
import type { OpenBackendOptions } from '../../src/compute/open-backend.ts'
import { openBackend } from '../../src/compute/open-backend.ts'
import type { ProductShape } from '../../src/compute/time-products.ts'
import { timeProducts } from '../../src/compute/time-products.ts'
import type { Roofline } from './measure.ts'
import { flopsOf, measureRoofline, rooflineShare } from './measure.ts'

/** Matrices of one layer and the head: [inner, columns]. The bundled ones' columns are as padded in memory. */
const MODELS = {
  'SmolLM2-135M': { qkv: [576, 960], output: [576, 576], gate: [576, 3072], down: [1536, 576], head: [576, 49152] },
  bundled: { qkv: [128, 384], output: [128, 128], gate: [128, 704], down: [352, 128], head: [128, 32] },
} as const
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128]

export interface ShapeFigures {
  readonly model: string
  readonly product: string
  readonly shape: ProductShape
  readonly gflops: number
  /** Of the roofline as it was at this moment, see `pace`. */
  readonly share: number
  /** How fast the machine was beside it: the roofline's own kind of product, as a share of the fastest such. */
  readonly pace: number
}

export interface RooflineFigures {
  readonly roofline: Roofline
  readonly shapes: readonly ShapeFigures[]
}

/** A product that is timed beside every other one: a shared machine has slow minutes, which are not the product's. */
const BESIDE: ProductShape = { rows: 512, inner: 512, columns: 512 }
const TIMING = { submitMs: 15, repetitions: 3 }

/** The roofline, and how near the products of two models come to it at few and many rows, with the tuning in use. */
export async function measureShapes(options: OpenBackendOptions): Promise<RooflineFigures> {
  const { backend } = await openBackend(options)
  try {
    const roofline = await measureRoofline(backend)
    const timed: Timed[] = []
    let before = await timeBeside(backend)
    for (const [model, products] of Object.entries(MODELS)) {
      for (const [product, [inner, columns]] of Object.entries(products)) {
        for (const rows of ROWS) {
          const shape = { rows, inner, columns }
          const [seconds = Number.NaN] = await timeProducts(backend, shape, [backend.tuning.matmul], TIMING)
          const after = await timeBeside(backend)
          timed.push({ model, product, shape, seconds, beside: Math.min(before, after) })
          before = after
        }
      }
    }
    const quickest = Math.min(...timed.map(({ beside }) => beside))
    return { roofline, shapes: timed.map((one) => figuresOf(one, quickest / one.beside, roofline)) }
  } finally {
    backend.dispose()
  }
}

interface Timed extends Pick<ShapeFigures, 'model' | 'product' | 'shape'> {
  readonly seconds: number
  /** Of the product beside it, before or after, whichever was quicker. */
  readonly beside: number
}

async function timeBeside(backend: Backend): Promise<number> {
  const [seconds = Number.NaN] = await timeProducts(backend, BESIDE, [backend.tuning.matmul], TIMING)
  return seconds
}

function figuresOf({ model, product, shape, seconds }: Timed, pace: number, roofline: Roofline): ShapeFigures {
  const share = rooflineShare(shape, seconds, roofline) / pace
  return { model, product, shape, gflops: flopsOf(shape) / seconds / 1e9, share, pace }
}
