import type { OpenBackendOptions } from '../../src/compute/open-backend.ts'
import type { RooflineFigures } from './measure-shapes.ts'
import { measureShapes } from './measure-shapes.ts'

declare global {
  interface Window {
    measureShapes(options: OpenBackendOptions): Promise<RooflineFigures>
  }
}

/** WebAssembly is measured where it runs in the product: in a worker, whose thread may sleep. */
function inWorker(options: OpenBackendOptions): Promise<RooflineFigures> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ figures: RooflineFigures } | { error: string }>) =>
      'error' in data ? reject(new Error(data.error)) : resolve(data.figures)
    worker.onerror = (event) => reject(new Error(event.message))
    worker.postMessage(options)
  })
}

window.measureShapes = (options) => (options.choice === 'wasm' ? inWorker(options) : measureShapes(options))
