import type { Backend, Kernel } from '../../src/compute/backend.ts'
import { i32 } from '../../src/compute/wasm/assembler/scalars.ts'
import type { Local } from '../../src/compute/wasm/assembler/values.ts'
import { f32x4, v128 } from '../../src/compute/wasm/assembler/vectors.ts'

const BINDINGS = { left: ['f32', 'read'], right: ['f32', 'read'], product: ['f32', 'read_write'] } as const
/** Of the square matrices: what a tile reads again and again fits the first cache. */
const SIZE = 320
/** Rows × vectors of four columns; all divide the size. */
const TILES = [
  [2, 2],
  [4, 1],
  [4, 2],
  [2, 4],
  [8, 1],
  [5, 2],
  [4, 4],
] as const
const DISPATCHES = 8
const REPETITIONS = 6

export interface PlainProduct {
  readonly flopsPerSecond: number
  readonly tile: string
}

/**
 * The ceiling of matrix products in WebAssembly: a register tile and nothing else, on a large square whose right side lies as the tile reads it. The best
 * of several tiles, with the backend's threads and arithmetic.
 */
export async function measurePlainProducts(backend: Backend): Promise<PlainProduct> {
  const names = ['left', 'right', 'product'] as const
  const buffers = await Promise.all(names.map(() => backend.createBuffer(4 * SIZE * SIZE, 'benchmark')))
  const [left, right, product] = buffers as [(typeof buffers)[0], (typeof buffers)[0], (typeof buffers)[0]]
  const numbers = Float32Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(i))
  let best: PlainProduct = { flopsPerSecond: 0, tile: '' }
  try {
    backend.write(left, 0, numbers)
    backend.write(right, 0, numbers)
    for (const [rows, vectors] of TILES) {
      const kernel = plainProduct(rows, vectors)
      const bound = await backend.bind(kernel, { left, right, product })
      const run = () =>
        backend.submit(
          (recorder) => {
            for (let i = 0; i < DISPATCHES; i++) recorder.dispatch(bound, SIZE)
          },
          [{ buffer: product, offset: 4 * (SIZE * SIZE - 1), bytes: 4 }],
        )
      for (let repetition = 0; repetition < REPETITIONS; repetition++) {
        const start = performance.now()
        const [last] = await run()
        const flopsPerSecond = (2000 * DISPATCHES * SIZE ** 3) / (performance.now() - start)
        checkLast(new Float32Array(last as ArrayBuffer), numbers, vectors)
        if (flopsPerSecond > best.flopsPerSecond) best = { flopsPerSecond, tile: `${rows} × ${4 * vectors}` }
      }
    }
  } finally {
    for (const buffer of buffers) buffer.destroy()
  }
  return best
}

/** A unit is a row of tiles. The right side lies panel after panel, each [SIZE, 4 · vectors]. */
function plainProduct(rows: number, vectors: number): Kernel<typeof BINDINGS> {
  const panelBytes = 16 * vectors * SIZE
  return {
    name: 'plain-product',
    bindings: BINDINGS,
    wgsl: () => {
      throw new TypeError('WebGPU has products of its own to compare with')
    },
    workgroups: () => [1, 1, 1],
    wasm: () => ({
      key: `${rows} ${vectors}`,
      cost: rows * SIZE * SIZE,
      units: () => i32.const(SIZE / rows),
      emit({ f, at, first, end, madd }) {
        const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local('v128')))
        const loaded = Array.from({ length: vectors }, () => f.local('v128'))
        const x = f.local('v128')
        f.for(first, end, (unit) => {
          f.for(0, SIZE / (4 * vectors), (panel) => {
            const from = f.local('i32', i32.add(at.left, i32.mul(unit, 4 * rows * SIZE)))
            const right = f.local('i32', i32.add(at.right, i32.mul(panel, panelBytes)))
            for (const sum of sums.flat()) f.set(sum, f32x4.const(0))
            f.for(0, SIZE, () => {
              loaded.forEach((vector, v) => {
                f.set(vector, v128.load(right, 16 * v))
              })
              sums.forEach((row, r) => {
                f.set(x, v128.load32Splat(from, 4 * r * SIZE))
                row.forEach((sum, v) => {
                  f.set(sum, madd(x, loaded[v] as Local<'v128'>, sum))
                })
              })
              f.increase(from, 4)
              f.increase(right, 16 * vectors)
            })
            const to = f.local('i32', i32.add(at.product, i32.mul(unit, 4 * rows * SIZE)))
            f.increase(to, i32.mul(panel, 16 * vectors))
            sums.forEach((row, r) => {
              row.forEach((sum, v) => {
                f.store('v128', to, sum, 4 * r * SIZE + 16 * v)
              })
            })
          })
        })
      },
    }),
    reference: () => () => {
      throw new TypeError('only WebAssembly runs this product')
    },
  }
}

function checkLast([last = Number.NaN]: Float32Array, numbers: Float32Array, vectors: number): void {
  let expected = 0
  for (let k = 0; k < SIZE; k++) {
    const right = SIZE * (SIZE - 4 * vectors) + k * 4 * vectors + 4 * vectors - 1
    expected += (numbers[(SIZE - 1) * SIZE + k] as number) * (numbers[right] as number)
  }
  if (!(Math.abs(last - expected) < 1e-3)) throw new Error(`a plain product of ${last} where ${expected} is right`)
}
