import type { OpenBackendOptions } from '../../src/compute/open-backend.ts'
import { measureShapes } from './measure-shapes.ts'

self.onmessage = async ({ data }: MessageEvent<OpenBackendOptions>) => {
  try {
    postMessage({ figures: await measureShapes(data) })
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) })
  }
}
