// The thread of a command: main.ts starts it, so that signals are answered whatever the command is at.
import { setMaxListeners } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import type { Output } from './output.ts'

/** What a command's thread is given. */
export interface ThreadData {
  readonly args: readonly string[]
  readonly color: boolean
  readonly progress: boolean
}

/** What it sends. */
export type ThreadMessage =
  | { readonly type: 'out' | 'err' | 'kept'; readonly text: string }
  | { readonly type: 'device' }
  | { readonly type: 'ended'; readonly code: number }

const controller = new AbortController()
// Every search that runs at the same time listens for it.
setMaxListeners(0, controller.signal)
// Any message asks the command to stop. Before its modules are read, so that none is missed.
parentPort?.once('message', () => controller.abort())

const { args, color, progress } = workerData as ThreadData
const send = (message: ThreadMessage): void => parentPort?.postMessage(message)
const output: Output = {
  out: (text) => send({ type: 'out', text }),
  err: (text) => send({ type: 'err', text }),
  color,
  progress,
  kept: (text) => send({ type: 'kept', text }),
  holdsDevice: () => send({ type: 'device' }),
}
const { runCli } = await import('./run-cli.ts')
send({ type: 'ended', code: await runCli(args, output, controller.signal) })
parentPort?.close()
