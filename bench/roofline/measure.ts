import type { Backend } from '../../src/compute/backend.ts'
import type { ProductShape } from '../../src/compute/time-products.ts'
import { timeProducts } from '../../src/compute/time-products.ts'
import type { MatmulTile } from '../../src/compute/tuning.ts'
import { MATMUL_TILES } from '../../src/compute/tuning.ts'
import { measureCopyBandwidth } from './copy-bandwidth.ts'
import type { PlainProduct } from './plain-products.ts'
import { measurePlainProducts } from './plain-products.ts'

/** The most that an adapter was seen to do: what shares are shares of. */
export interface Roofline {
  readonly adapter: string
  /** Best matrix product over all tiles and shapes tried. */
  readonly flopsPerSecond: number
  /** Where it was reached. */
  readonly product: { readonly shape: ProductShape; readonly tile: MatmulTile }
  /** In WebAssembly also the best bare register tile, which `flopsPerSecond` is if it is faster. */
  readonly plain: PlainProduct | null
  /** Of the better copy, read and written bytes both counted. */
  readonly bytesPerSecond: number
}

/** A cube, and prefills of a small model's widest and of a square matrix. */
const SHAPES: readonly ProductShape[] = [
  { rows: 512, inner: 512, columns: 512 },
  { rows: 1024, inner: 576, columns: 3072 },
  { rows: 2048, inner: 256, columns: 768 },
]

/** Takes some ten seconds on a software adapter. */
export async function measureRoofline(backend: Backend): Promise<Roofline> {
  const { kernel, buffers } = await measureCopyBandwidth(backend)
  const tiles = backend.kind === 'webgpu' ? backend.tiles.map((name) => MATMUL_TILES[name]) : [backend.tuning.matmul]
  const plain = backend.kind === 'wasm' ? await measurePlainProducts(backend) : null
  let flopsPerSecond = 0
  let product: Roofline['product'] | null = null
  for (const shape of SHAPES) {
    const seconds = await timeProducts(backend, shape, tiles)
    seconds.forEach((time, index) => {
      if (flopsOf(shape) / time <= flopsPerSecond) return
      flopsPerSecond = flopsOf(shape) / time
      product = { shape, tile: tiles[index] as MatmulTile }
    })
  }
  if (product === null) throw new Error('no product could be timed')
  return {
    ...{ adapter: backend.adapter, product, plain },
    flopsPerSecond: Math.max(flopsPerSecond, plain?.flopsPerSecond ?? 0),
    bytesPerSecond: Math.max(kernel, buffers ?? 0),
  }
}

/** Share of the roofline that a product reached which took `seconds`: of compute or of bandwidth, whichever binds. */
export function rooflineShare(shape: ProductShape, seconds: number, roofline: Roofline): number {
  const least = Math.max(flopsOf(shape) / roofline.flopsPerSecond, bytesOf(shape) / roofline.bytesPerSecond)
  return least / seconds
}

export function flopsOf({ rows, inner, columns }: ProductShape): number {
  return 2 * rows * inner * columns
}

/** Weights and input read once, output written once, in float32. */
function bytesOf({ rows, inner, columns }: ProductShape): number {
  return 4 * (inner * columns + rows * inner + rows * columns)
}
