import type { Backend, BackendBuffer, BoundKernel } from './backend.ts'
import { matmulSizes } from './kernels/matmul/matmul.reference.ts'
import { matmulKernel } from './kernels/matmul/matmul.ts'
import { rowsLength } from './kernels/rows.ts'
import type { MatmulTile } from './tuning.ts'

/** A product [rows, inner] · [inner, columns], both sizes multiples of the tile. */
export interface ProductShape {
  readonly rows: number
  readonly inner: number
  readonly columns: number
}

export interface TimingOptions {
  /** What one measured submit should take at least, so that its own cost does not count. */
  readonly submitMs?: number
  readonly repetitions?: number
  /** Weights of several layers are walked through, so that a cache holds them no better than in a model. */
  readonly weightBytes?: number
}

/**
 * Seconds that one product takes, for each tile: best of several submits of many dispatches each, the tiles taking
 * turns, so that a busy moment of the machine does not hit one of them alone.
 * @throws Error where two tiles give other bits
 */
export async function timeProducts(
  backend: Backend,
  { rows, inner, columns }: ProductShape,
  tiles: readonly MatmulTile[],
  { submitMs = 30, repetitions = 4, weightBytes = 2 ** 26 }: TimingOptions = {},
): Promise<number[]> {
  const buffers: BackendBuffer[] = []
  const buffer = async (values: Float32Array | Uint32Array): Promise<BackendBuffer> => {
    const created = await backend.createBuffer(values.byteLength, 'timing')
    buffers.push(created)
    backend.write(created, 0, values)
    return created
  }
  try {
    const heights = Math.ceil(rows / 16) * 16
    const rowWords = new Uint32Array(rowsLength(heights))
    rowWords[0] = rows
    const values = noise(inner * columns)
    const matrices = Math.max(1, Math.min(16, Math.floor(weightBytes / values.byteLength)))
    const common = {
      rows: await buffer(rowWords),
      input: await buffer(noise(heights * inner)),
      bias: await buffer(new Float32Array(columns)),
      output: await buffer(new Float32Array(heights * columns)),
    }
    const weights: BackendBuffer[] = []
    for (let i = 0; i < matrices; i++) weights.push(await buffer(values))

    const runs: { readonly bound: BoundKernel[]; count: number; best: number }[] = []
    for (const tile of tiles) {
      const shape = {
        ...{ inner, columns, inputStride: inner, outputStride: columns, outputOffset: 0 },
        ...({ from: 'row', epilogue: 'store' } as const),
        tile,
        // As a decoder's weights lie.
        panelColumns: backend.tuning.panelColumns ?? undefined,
      }
      const sizes = await buffer(matmulSizes(shape))
      const kernel = matmulKernel(shape)
      const bound = await Promise.all(weights.map((each) => backend.bind(kernel, { ...common, sizes, weights: each })))
      runs.push({ bound, count: 1, best: Number.POSITIVE_INFINITY })
    }

    const submit = async (bound: readonly BoundKernel[], count: number): Promise<number> => {
      const start = performance.now()
      await backend.submit(
        (recorder) => {
          for (let i = 0; i < count; i++) recorder.dispatch(bound[i % bound.length] as BoundKernel, rows)
        },
        [{ buffer: common.output, offset: 0, bytes: 16 }],
      )
      return performance.now() - start
    }
    const outputs: string[] = []
    for (const run of runs) {
      backend.write(common.output, 0, new Float32Array(rows * columns))
      const [output] = await backend.submit(
        (recorder) => recorder.dispatch(run.bound[0] as BoundKernel, rows),
        [{ buffer: common.output, offset: 0, bytes: 4 * rows * columns }],
      )
      outputs.push(hashOf(output as ArrayBuffer))
    }
    if (new Set(outputs).size > 1) throw new Error(`tiles differ in ${rows} × ${inner} × ${columns}: ${outputs}`)
    for (const run of runs) {
      // The quicker of two says how many fill the time wanted.
      const two = Math.min(await submit(run.bound, 2), await submit(run.bound, 2))
      run.count = Math.max(1, Math.min(1024, Math.ceil((2 * submitMs) / two)))
    }
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const run of runs) run.best = Math.min(run.best, (await submit(run.bound, run.count)) / run.count)
    }
    return runs.map(({ best }) => best / 1000)
  } finally {
    for (const each of buffers) each.destroy()
  }
}

/** Tiles may not differ in a single bit. */
function hashOf(bytes: ArrayBuffer): string {
  return new Uint32Array(bytes).reduce((hash, word) => (Math.imul(hash, 31) + word) >>> 0, 7).toString(16)
}

/** Repeatable numbers in [−1, 1): zeros could be faster than what a model has. */
function noise(length: number): Float32Array {
  let state = 1
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}
