import type { ErrorDetails } from '../core/errors.ts'
import { StepscopeError } from '../core/errors.ts'
import { OLD_PAGE } from '../core/foreign-errors.ts'
import type { FiredMessage } from '../faults/page-faults.ts'
import { shareFaults } from '../faults/page-faults.ts'
import type { FromWorker, ParamsOf, ResultOf, ToWorker, WorkerMethod } from './protocol.ts'
import type { AliveMessage } from './worker-lock.ts'

/** A running worker, or something that answers like one. */
export interface WorkerPort {
  post(message: ToWorker): void
  /** Set once, before the first message. */
  listen(onMessage: (message: FromWorker) => void, onCrash: (error: ErrorDetails) => void): void
  terminate(): void
}

/** Messages that answer no request. */
export type Told = Exclude<FromWorker, { type: 'answer' | 'failure' | 'heard' }>

export interface WorkerClient {
  /**
   * One request, one answer. Rejects with a StepscopeError: the worker's own, `cancelled` where the signal
   * aborted, `device-lost` where the worker died. A dead worker is replaced at the next call.
   *
   * A worker that gives no sign of life within two seconds after a person asked something to end (a signal that aborts
   * for the reason `ASKED`, or a method of `CONTROLS`) is ended: all that waits is rejected, and `lost` is told.
   * @param limitMs ends the worker, too, where the answer itself takes longer
   */
  call<M extends WorkerMethod>(
    method: M,
    params: ParamsOf<M>,
    signal?: AbortSignal,
    limitMs?: number,
  ): Promise<ResultOf<M>>
  /** Messages that answer no request. Returns the way out. */
  subscribe(listener: (message: Told) => void): () => void
  /** Ends the worker and all it holds; the next call starts a new one. */
  restart(): void
  dispose(): void
}

/** Why a signal aborts where a person asked for it, and not the page for reasons of its own. */
export const ASKED = 'asked for by the person'

/** What a person asks of work that is under way: each is heard at once by a worker that lives. */
const CONTROLS: ReadonlySet<WorkerMethod> = new Set([
  'cancelRun',
  'pauseRun',
  'stepRun',
  'pauseTraining',
  'stopTraining',
  'removeTraining',
  'pauseSweep',
  'cancelSweep',
])

/** A worker is busy in a loop, and not only slow, when it gives no sign of life for this long. */
export const ANSWER_MS = 2000
/** Of it, what an answer may wait in the page's own queue where the page itself was busy. */
const QUEUE_MS = 100

const STOPPED: ErrorDetails = {
  code: 'device-lost',
  message: 'The engine stopped because of an error in it',
  nextStep: 'The models can be loaded again. Runs so far are kept.',
}

const UNANSWERED: ErrorDetails = {
  code: 'device-lost',
  message: 'The engine did not answer within two seconds, so it was ended and starts anew.',
  nextStep: 'What was saved is kept. The models load again when they are needed.',
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
  if (import.meta.env.DEV || import.meta.env.MODE === 'faults') shareFaults(worker)
  return {
    post: (message) => worker.postMessage(message),
    listen: (onMessage, onCrash) => {
      worker.addEventListener('message', ({ data }: MessageEvent<FromWorker | AliveMessage | FiredMessage>) => {
        if ('fired' in data) return
        if (data.type !== 'alive') onMessage(data)
        else {
          // Granted when the worker is gone: of its end, unlike of its errors, nothing else tells.
          void navigator.locks.request(data.lock, () =>
            onCrash({ ...STOPPED, message: 'The engine stopped: the browser ended its worker' }),
          )
        }
      })
      worker.addEventListener('error', (event) => {
        event.preventDefault()
        // Without a message it is the script itself that could not be had.
        onCrash(event.message ? STOPPED : OLD_PAGE)
      })
      worker.addEventListener('messageerror', () =>
        onCrash({ ...STOPPED, message: 'The engine stopped: one of its messages could not be read' }),
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
export function createWorkerClient(
  open: () => WorkerPort,
  later: (callback: () => void, ms: number) => () => void = browserLater,
): WorkerClient {
  const waiting = new Map<number, Waiting>()
  const listeners = new Set<(message: Told) => void>()
  let port: WorkerPort | null = null
  let lastId = 0
  let disposed = false
  /** Before its first word a worker is being fetched, which may take any time. */
  let started = false
  /** Ends of the watches for what has to be answered in time, by the id of the ping or the request. */
  const watches = new Map<number, () => void>()

  const unwatch = (id: number): void => {
    watches.get(id)?.()
    watches.delete(id)
  }

  const settle = (id: number): Waiting | undefined => {
    const entry = waiting.get(id)
    waiting.delete(id)
    unwatch(id)
    entry?.forget()
    return entry
  }

  const drop = (error: ErrorDetails): void => {
    port?.terminate()
    port = null
    started = false
    for (const id of [...watches.keys()]) unwatch(id)
    for (const id of [...waiting.keys()]) settle(id)?.reject(new StepscopeError(error))
  }

  const lose = (error: ErrorDetails, reload: boolean): void => {
    drop(error)
    receive({ type: 'lost', error, reload })
  }

  const watch = (id: number, ms: number): void => {
    const end = () => {
      if (watches.has(id)) lose(UNANSWERED, false)
    }
    watches.set(
      id,
      later(() => watches.set(id, later(end, QUEUE_MS)), ms - QUEUE_MS),
    )
  }

  /** The worker has to say that it lives. */
  const expectLife = (): void => {
    if (!port || !started) return
    const ping = ++lastId
    watch(ping, ANSWER_MS)
    port.post({ ping })
  }

  const receive = (message: FromWorker): void => {
    started = true
    if (message.type === 'heard') unwatch(message.ping)
    else if (message.type === 'answer') settle(message.id)?.resolve(message.result as never)
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
        if (port === opened) lose(error, true)
      },
    )
    return opened
  }

  return {
    call: (method, params, signal, limitMs) => {
      if (disposed || signal?.aborted) return Promise.reject(cancelled())
      const id = ++lastId
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          port?.post({ abort: id })
          settle(id)?.reject(cancelled())
          if (signal?.reason === ASKED) expectLife()
        }
        signal?.addEventListener('abort', onAbort, { once: true })
        waiting.set(id, { resolve, reject, forget: () => signal?.removeEventListener('abort', onAbort) })
        try {
          current().post({ id, method, params } as ToWorker)
          if (CONTROLS.has(method)) expectLife()
          if (limitMs !== undefined) watch(id, limitMs)
        } catch (error) {
          settle(id)
          reject(
            new StepscopeError(
              { code: 'internal', message: 'The request could not be sent to the engine' },
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

function browserLater(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}
