import type { ThreadStart } from './thread-script.ts'
import { BROWSER_SCRIPT } from './thread-script.ts'

/** A thread that works. */
export interface Thread {
  terminate(): void
}

/** A host's way to make threads. */
export interface ThreadHost {
  /** Threads that may run at the same time. */
  readonly processors: number
  /** Whether the owner's thread may sleep. */
  readonly canWait: boolean
  /** @param ended called when the thread is over, for whatever reason @returns the thread once it runs */
  start(given: ThreadStart, ended: (reason: unknown) => void): Promise<Thread>
}

/** How many threads to use of so many processors: with more than four, half of them may be the other halves of cores. */
export function threadsFor(processors: number): number {
  return Math.min(8, processors <= 4 ? Math.max(1, processors) : Math.max(4, Math.floor(processors / 2)))
}

/** The host of this page or process, or null where memory cannot be shared. */
export async function threadHost(): Promise<ThreadHost | null> {
  const { process } = globalThis as { process?: { versions?: { node?: string } } }
  if (process?.versions?.node !== undefined) {
    // The specifier is not a literal, so that bundlers for the browser leave Node's half alone.
    const path = './node-threads.ts'
    const node = (await import(/* @vite-ignore */ path)) as { nodeThreadHost(): ThreadHost }
    return node.nodeThreadHost()
  }
  return globalThis.crossOriginIsolated && typeof Worker !== 'undefined' ? browserThreadHost() : null
}

function browserThreadHost(): ThreadHost {
  return {
    processors: navigator.hardwareConcurrency,
    // A page's own thread must not sleep.
    canWait: typeof document === 'undefined',
    async start(given, ended) {
      const url = URL.createObjectURL(new Blob([BROWSER_SCRIPT], { type: 'text/javascript' }))
      try {
        const worker = new Worker(url, { name: `stepscope-wasm-${given.thread}` })
        await new Promise<void>((resolve, reject) => {
          worker.onmessage = () => resolve()
          worker.onerror = (event) => {
            reject(event)
            ended(event)
          }
          worker.postMessage(given)
        })
        return worker
      } finally {
        URL.revokeObjectURL(url)
      }
    },
  }
}
