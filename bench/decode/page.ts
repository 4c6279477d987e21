import { openUrlCheckpoint } from '../../src/engine/checkpoint/checkpoint-files-url.ts'
import type { DecodeFigures, DecodeOptions } from './measure.ts'
import { measureDecode } from './measure.ts'

declare global {
  interface Window {
    measure(choice: 'cpu' | 'webgpu', options: DecodeOptions): Promise<DecodeFigures>
  }
}

window.measure = async (choice, options) =>
  measureDecode(choice, await openUrlCheckpoint({ baseUrl: '/checkpoints/countdown-policy/' }), options)
