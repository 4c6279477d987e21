import { openUrlCheckpoint } from '../../src/engine/checkpoint-files-url.ts'
import type { DecodeFigures } from './measure.ts'
import { measureDecode } from './measure.ts'

declare global {
  interface Window {
    measure(choice: 'cpu' | 'webgpu'): Promise<DecodeFigures>
  }
}

window.measure = async (choice) =>
  measureDecode(choice, await openUrlCheckpoint({ baseUrl: '/checkpoints/countdown-policy/' }))
