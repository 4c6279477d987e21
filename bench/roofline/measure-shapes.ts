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
  readonly share: number
}

export interface RooflineFigures {
  readonly roofline: Roofline
  readonly shapes: readonly ShapeFigures[]
}

/** The roofline, and how near the products of two models come to it at few and many rows, with the tuning in use. */
export async function measureShapes(options: OpenBackendOptions): Promise<RooflineFigures> {
  const { backend } = await openBackend(options)
  try {
    const roofline = await measureRoofline(backend)
    const shapes: ShapeFigures[] = []
    for (const [model, products] of Object.entries(MODELS)) {
      for (const [product, [inner, columns]] of Object.entries(products)) {
        for (const rows of ROWS)
          shapes.push(await measureShape(backend, roofline, model, product, { rows, inner, columns }))
      }
    }
    return { roofline, shapes }
  } finally {
    backend.dispose()
  }
}

async function measureShape(
  backend: Backend,
  roofline: Roofline,
  model: string,
  product: string,
  shape: ProductShape,
): Promise<ShapeFigures> {
  const [seconds] = await timeProducts(backend, shape, [backend.tuning.matmul], { submitMs: 15, repetitions: 3 })
  const time = seconds as number
  return { model, product, shape, gflops: flopsOf(shape) / time / 1e9, share: rooflineShare(shape, time, roofline) }
}
