import { meterBytes } from './metered-bytes.ts'
import type { TrainStepCalls } from './page-calls.ts'
import { trainStepCalls } from './page-calls.ts'

// WebAssembly runs where it runs in the product: in a worker, whose thread may sleep.
const calls = trainStepCalls(meterBytes())

self.onmessage = async ({ data: [name, args] }: MessageEvent<[keyof TrainStepCalls, readonly unknown[]]>) => {
  try {
    const call = calls[name] as (...args: readonly unknown[]) => Promise<unknown>
    postMessage({ value: await call(...args) })
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) })
  }
}
