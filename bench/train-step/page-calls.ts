import { openBackend } from '../../src/compute/open-backend.ts'
import type { OurBackend, TrainStepBatch, TrainStepChoice, TrainStepEngine, TrainStepShape } from './engine.ts'
import { backendOptions } from './engine.ts'
import type { MeteredBytes } from './metered-bytes.ts'
import type { ProductFigures, StepSize } from './products.ts'
import { measureStepProducts } from './products.ts'
import type { StepFigures } from './time-steps.ts'
import { timeSteps } from './time-steps.ts'

/** What the page is asked for; in a worker for engines that belong there. */
export interface TrainStepCalls {
  measure(choice: TrainStepChoice, shape: TrainStepShape, batch: TrainStepBatch, seconds: number): Promise<StepFigures>
  measureStepProducts(choice: OurBackend, sizes: readonly StepSize[]): Promise<ProductFigures>
}

export function trainStepCalls(bytes: MeteredBytes): TrainStepCalls {
  return {
    measure: async (choice, shape, batch, seconds) => timeSteps(await open(choice), shape, batch, bytes, seconds),
    measureStepProducts: async (choice, sizes) => measureStepProducts(await openBackend(backendOptions(choice)), sizes),
  }
}

/** Only the engine asked for is loaded. */
async function open(choice: TrainStepChoice): Promise<TrainStepEngine> {
  if (choice.kind === 'stepscope') return (await import('./measure-stepscope.ts')).openStepscope(choice)
  return (await import('./peer-jaxjs.ts')).openPeer(choice)
}
