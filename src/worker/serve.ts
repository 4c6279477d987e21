/// <reference lib="webworker" />
import { nextTask } from '../engine/scheduler/next-task.ts'
import { pointsTold, workerFaults } from '../faults/worker-faults.ts'
import { browserEngineLoader } from './engine-loader.ts'
import { openModelLibrary } from './open-library.ts'
import type { FromWorker, ToWorker } from './protocol.ts'
import { modelSources } from './sources/registry.ts'
import { searchTask } from './task-search.ts'
import { opfsRunFolders } from './training/opfs-run-folders.ts'
import { TrainingHost } from './training/training-host.ts'
import { webTrainingLocks } from './training/training-locks.ts'
import { holdWorkerLock } from './worker-lock.ts'
import { WorkerService } from './worker-service.ts'

/** The worker's own side of the boundary; the DOM library types `self` as a window. */
const scope = self as unknown as DedicatedWorkerGlobalScope

const library = openModelLibrary()

/** Only in development builds; nothing of it is in the production build. */
const faults = import.meta.env.DEV || import.meta.env.MODE === 'faults' ? workerFaults(scope) : null

const post = (message: FromWorker) => {
  scope.postMessage(message)
  if (faults) for (const point of pointsTold(message)) faults.meet(point)
}
const now = () => performance.now()
const later = (callback: () => void, ms: number) => {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}
const { storage, locks } = navigator as Partial<Pick<Navigator, 'storage' | 'locks'>>

const sources = modelSources({
  base: import.meta.env.BASE_URL,
  library,
  trained: (source, signal) => trainings.open(source, signal),
})

const trainings: TrainingHost = new TrainingHost({
  post,
  now,
  date: () => new Date().toISOString(),
  nextTask,
  later,
  sources,
  folders: opfsRunFolders(storage),
  locks: webTrainingLocks(locks),
  tools: async () => (await import('./training/load-tools.ts')).tools,
})

const service = new WorkerService({
  post,
  now,
  nextTask,
  later,
  loader: browserEngineLoader(sources),
  library,
  trainings,
  search: searchTask,
})

// Insecure pages have neither locks nor UUIDs.
if (locks) holdWorkerLock(locks, crypto.randomUUID(), (message) => scope.postMessage(message))

const take = ({ data }: MessageEvent<ToWorker>) => {
  if (faults?.takes(data)) return
  if ('method' in data) faults?.meet(`call/${data.method}`)
  void service.handle(data)
}

/** Answers the page from now on. @param waiting what it has said before */
export function serve(waiting: readonly MessageEvent<ToWorker>[]): void {
  scope.addEventListener('message', take)
  for (const message of waiting) take(message)
  post({ type: 'heard', ping: 0 })
}
