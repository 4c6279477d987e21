import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { NODE_SCRIPT } from './thread-script.ts'
import type { ThreadHost } from './threads.ts'

/** Threads of Node, which do not keep the process alive. */
export function nodeThreadHost(): ThreadHost {
  return {
    processors: availableParallelism(),
    canWait: true,
    async start(given, ended) {
      const worker = new Worker(NODE_SCRIPT, { eval: true, workerData: given, execArgv: [] })
      worker.on('exit', ended)
      await new Promise<void>((resolve, reject) => {
        worker.once('message', () => resolve())
        worker.once('error', reject)
      })
      worker.on('error', ended)
      worker.unref()
      return worker
    },
  }
}
