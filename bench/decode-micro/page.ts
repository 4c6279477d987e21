import { openUrlCheckpoint } from '../../src/engine/checkpoint-files-url.ts'
import { describeFigures, measureDecode } from './measure.ts'

declare global {
  interface Window {
    measure(choice: 'cpu' | 'webgpu'): Promise<string>
  }
}

window.measure = async (choice) =>
  describeFigures(await measureDecode(choice, await openUrlCheckpoint({ baseUrl: '/checkpoints/countdown-policy/' })))
