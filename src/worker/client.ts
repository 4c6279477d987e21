import type { ErrorDetails } from '../core/errors.ts'
import { StepscopeError } from '../core/errors.ts'
import type { AliveMessage } from './life.ts'
import type { FromWorker, ParamsOf, ResultOf, ToWorker, WorkerMethod } from './protocol.ts'

/** A running worker, or something that answers like one. */
export interface WorkerPort {
  post(message: ToWorker): void
  /** Set once, before the first message. */
  listen(onMessage: (message: FromWorker) => void, onCrash: (error: ErrorDetails) => void): void
  terminate(): void
}

export interface WorkerClient {
  /**
   * One request, one answer. Rejects with a StepscopeError: the worker's own, `cancelled` where the signal
   * aborted, `device-lost` where the worker died. A dead worker is replaced at the next call.
   */
  call<M extends WorkerMethod>(method: M, params: ParamsOf<M>, signal?: AbortSignal): Promise<ResultOf<M>>
  /** Messages that answer no request. Returns the way out. */
  subscribe(listener: (message: Exclude<FromWorker, { type: 'answer' | 'failure' }>) => void): () => void
  /** Ends the worker and all it holds; the next call starts a new one. */
  restart(): void
  dispose(): void
}

/**
 * The application's worker, in a file of its own.
 * @param hosts origins that it may contact besides the hub: the server reads them from the address and puts them into the
 * policy of this worker alone
 */
export function openWorker(hosts: readonly string[]): WorkerPort {
  const Worker = class extends globalThis.Worker {
    constructor(script: URL, options: WorkerOptions) {
      for (const host of hosts) script.searchParams.append('connect', host)
      super(script, options)
    }
  }
  // The bundler knows a worker by these words.
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'stepscope engine' })
  return {
    post: (message) => worker.postMessage(message),
    listen: (onMessage, onCrash) => {
      worker.addEventListener('message', ({ data }: MessageEvent<FromWorker | AliveMessage>) => {
        if (data.type !== 'alive') onMessage(data)
        else {
          // Granted when the worker is gone: of its end, unlike of its errors, nothing else tells.
          void navigator.locks.request(data.lock, () =>
            onCrash({
              code: 'device-lost',
              message: 'The engine stopped: the browser ended its worker.',
              nextStep: 'Load the models again; runs so far are kept.',
            }),
          )
        }
      })
      worker.addEventListener('error', (event) => {
        event.preventDefault()
        onCrash({
          code: 'device-lost',
          message: `The engine stopped: ${event.message || 'its script could not be loaded'}.`,
          nextStep: 'Load the models again; runs so far are kept.',
        })
      })
      worker.addEventListener('messageerror', () =>
        onCrash({ code: 'internal', message: 'A message from the engine could not be read.' }),
      )
    },
    terminate: () => worker.terminate(),
  }
}

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: StepscopeError) => void
  readonly forget: () => void
}

/** Typed calls to a worker that is opened at the first call and again after it died. */
export function createWorkerClient(open: () => WorkerPort): WorkerClient {
  const waiting = new Map<number, Waiting>()
  const listeners = new Set<(message: Exclude<FromWorker, { type: 'answer' | 'failure' }>) => void>()
  let port: WorkerPort | null = null
  let lastId = 0
  let disposed = false

  const settle = (id: number): Waiting | undefined => {
    const entry = waiting.get(id)
    waiting.delete(id)
    entry?.forget()
    return entry
  }

  const drop = (error: ErrorDetails): void => {
    port?.terminate()
    port = null
    for (const id of [...waiting.keys()]) settle(id)?.reject(new StepscopeError(error))
  }

  const receive = (message: FromWorker): void => {
    if (message.type === 'answer') settle(message.id)?.resolve(message.result as never)
    else if (message.type === 'failure') settle(message.id)?.reject(new StepscopeError(message.error))
    else for (const listener of listeners) listener(message)
  }

  const current = (): WorkerPort => {
    if (port) return port
    const opened = open()
    port = opened
    opened.listen(
      (message) => {
        // What a replaced worker still sends belongs to nobody.
        if (port === opened) receive(message)
      },
      (error) => {
        if (port !== opened) return
        drop(error)
        receive({ type: 'lost', error })
      },
    )
    return opened
  }

  return {
    call: (method, params, signal) => {
      if (disposed || signal?.aborted) return Promise.reject(cancelled())
      const id = ++lastId
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          port?.post({ abort: id })
          settle(id)?.reject(cancelled())
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        waiting.set(id, { resolve, reject, forget: () => signal?.removeEventListener('abort', onAbort) })
        try {
          current().post({ id, method, params } as ToWorker)
        } catch (error) {
          settle(id)
          reject(
            new StepscopeError(
              { code: 'internal', message: `The request could not be sent to the engine: ${String(error)}.` },
              { cause: error },
            ),
          )
        }
      })
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    restart: () => drop({ code: 'cancelled', message: 'The engine was restarted.' }),
    dispose: () => {
      disposed = true
      drop({ code: 'cancelled', message: 'The engine was closed.' })
      listeners.clear()
    },
  }
}

function cancelled(): StepscopeError {
  return new StepscopeError({ code: 'cancelled', message: 'Cancelled.' })
}
