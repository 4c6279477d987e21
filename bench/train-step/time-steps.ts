import type { TrainStepBatch, TrainStepEngine, TrainStepShape } from './engine.ts'
import type { MeteredBytes } from './metered-bytes.ts'

/** Steps that compile and fill pools of buffers, and are not counted. */
export const WARM_UP = 2

export interface StepFigures {
  readonly adapter: string
  /** Loading, and the first step, in which shaders are compiled. */
  readonly prepareMs: number
  readonly firstMs: number
  readonly bestMs: number
  readonly medianMs: number
  readonly steps: number
  /** Of the first steps, the first one before any update. */
  readonly losses: readonly number[]
  /** Of all GPU buffers and WebAssembly memories; 0 where the engine uses none. */
  readonly peakBytes: number
  /** GPU buffers created while steps were timed. */
  readonly created: number
}

/** Steps on one batch again and again, as long as the time lasts; the first one that is counted always ends. */
export async function timeSteps(
  engine: TrainStepEngine,
  shape: TrainStepShape,
  batch: TrainStepBatch,
  bytes: MeteredBytes,
  seconds: number,
): Promise<StepFigures> {
  const losses: number[] = []
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now()
    await work()
    return performance.now() - start
  }
  const step = () => timed(async () => losses.push(await engine.step()))
  const prepareMs = await timed(() => engine.prepare(shape, batch))
  const firstMs = await step()
  for (let warm = 1; warm < WARM_UP; warm++) await step()
  const createdBefore = bytes.created
  const started = performance.now()
  const times: number[] = []
  do times.push(await step())
  while (performance.now() - started < 1000 * seconds)
  times.sort((a, b) => a - b)
  const { adapter } = engine
  const figures = {
    ...{ adapter, prepareMs, firstMs, bestMs: times[0] as number, medianMs: times[times.length >> 1] as number },
    ...{ steps: times.length, losses: losses.slice(0, WARM_UP + 1), peakBytes: bytes.peakBytes },
    created: bytes.created - createdBefore,
  }
  engine.dispose()
  return figures
}
