import { meterBytes } from './metered-bytes.ts'
import type { TrainStepCalls } from './page-calls.ts'
import { trainStepCalls } from './page-calls.ts'

// Before any device is there, so that none is missed; an engine has a page to itself.
const inPage = trainStepCalls(meterBytes())

function inWorker(name: keyof TrainStepCalls, args: readonly unknown[]): Promise<unknown> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ value?: unknown; error?: string }>) =>
      data.error === undefined ? resolve(data.value) : reject(new Error(data.error))
    worker.onerror = (event) => reject(new Error(event.message))
    worker.postMessage([name, args])
  })
}

const api: TrainStepCalls = {
  measure(...args) {
    const [choice] = args
    if (choice.kind !== 'stepscope' || choice.backend !== 'wasm') return inPage.measure(...args)
    return inWorker('measure', args) as ReturnType<TrainStepCalls['measure']>
  },
  measureStepProducts(...args) {
    const [{ backend }] = args
    if (backend !== 'wasm') return inPage.measureStepProducts(...args)
    return inWorker('measureStepProducts', args) as ReturnType<TrainStepCalls['measureStepProducts']>
  },
}
Object.assign(globalThis, { trainStep: api })
