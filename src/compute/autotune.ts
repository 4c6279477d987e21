import type { Backend } from './backend.ts'
import type { ProductShape } from './time-products.ts'
import { timeProducts } from './time-products.ts'
import type { MatmulTileName } from './tuning.ts'
import { MATMUL_TILES } from './tuning.ts'

/** Keeps what was measured from one load to the next. A memory that fails or forgets costs a measurement, no more. */
export interface TuningMemory {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
}

/** A search's shapes: a decode step of 16 branches and a prefill, narrow enough to be quick on a software adapter. */
const SHAPES: readonly ProductShape[] = [
  { rows: 16, inner: 512, columns: 512 },
  { rows: 128, inner: 256, columns: 512 },
]
/** No candidate is begun after this time; one that is under way, and its compiling, ends. */
const BUDGET_MS = 300
/** The table's own tile stays unless another beats it by more than chance would. */
const LEAST_GAIN = 1.05

/**
 * The fastest of the tiles that the backend can run, measured once per adapter and driver. All of them give the same bits.
 * @param environment what besides the adapter's name may change speeds: browser or driver version
 */
export async function autotune(
  backend: Backend,
  environment: string,
  memory: TuningMemory | null,
): Promise<MatmulTileName | null> {
  const [own] = backend.tiles
  if (own === undefined) return null
  const shapes = SHAPES.map(({ rows, inner, columns }) => `${rows}x${inner}x${columns}`).join('+')
  const key = [backend.adapter, environment, shapes, ...backend.tiles].join('|')
  const remembered = await memory?.get(key).catch(() => null)
  const known = backend.tiles.find((name) => name === remembered)
  if (known !== undefined) return known

  const start = performance.now()
  let best: { name: MatmulTileName; seconds: number } | null = null
  for (const name of backend.tiles) {
    if (best !== null && performance.now() - start > BUDGET_MS) break
    let seconds = 0
    for (const shape of SHAPES) {
      const options = { submitMs: 3, repetitions: 3, weightBytes: 2 ** 22 }
      seconds += ((await timeProducts(backend, shape, [MATMUL_TILES[name]], options))[0] as number) / shape.rows
    }
    if (best === null || seconds * LEAST_GAIN < best.seconds) best = { name, seconds }
  }
  const chosen = best?.name ?? own
  await memory?.set(key, chosen).catch(() => undefined)
  return chosen
}
