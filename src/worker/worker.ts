/// <reference lib="webworker" />
import { breathe } from '../engine/breathe.ts'
import { browserEngineLoader } from './engine-loader.ts'
import { openModelLibrary } from './open-library.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { searchTask } from './task-search.ts'
import { WorkerService } from './worker-service.ts'

/** The worker's own side of the boundary; the DOM library types `self` as a window. */
const scope = self as unknown as DedicatedWorkerGlobalScope

const library = openModelLibrary()

const service = new WorkerService({
  post: (message: FromWorker) => scope.postMessage(message),
  now: () => performance.now(),
  breathe,
  later: (callback, ms) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
  loader: browserEngineLoader(import.meta.env.BASE_URL, library),
  library,
  search: searchTask,
})

scope.addEventListener('message', (event: MessageEvent<ToWorker>) => void service.handle(event.data))
