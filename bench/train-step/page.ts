import type { TrainStepBatch, TrainStepChoice, TrainStepEngine, TrainStepShape } from './engine.ts'
import { meterGpuBytes } from './gpu-bytes.ts'
import { measureStepProducts } from './products.ts'
import type { StepFigures } from './time-steps.ts'
import { timeSteps } from './time-steps.ts'

// Before any device is there, so that none is missed; an engine has a page to itself.
const bytes = meterGpuBytes()

/** Only the engine asked for is loaded. */
async function open(choice: TrainStepChoice): Promise<TrainStepEngine> {
  if (choice.kind === 'stepscope') return (await import('./measure-stepscope.ts')).openStepscope(choice.backend)
  return (await import('./peer-jaxjs.ts')).openPeer(choice.device, choice.form)
}

const api = {
  async measure(
    choice: TrainStepChoice,
    shape: TrainStepShape,
    batch: TrainStepBatch,
    seconds: number,
  ): Promise<StepFigures> {
    return timeSteps(await open(choice), shape, batch, bytes, seconds)
  },
  measureStepProducts,
}
export type TrainStepPageApi = typeof api
Object.assign(globalThis, { trainStep: api })
