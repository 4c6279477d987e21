import type { ErrorDetails } from '../../core/errors.ts'
import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import type { TrainingEvent } from '../../training/run-events.ts'
import type { FromWorker, TrainingEnd, TrainingEntry } from '../protocol.ts'

export interface HostedTrainingDeps {
  readonly post: (message: FromWorker) => void
  /** ISO 8601, UTC. */
  readonly date: () => string
  /** Lets messages to the worker in. */
  readonly nextTask: () => Promise<void>
  /** Calls back after about this many milliseconds; returns its cancellation. */
  readonly later: (callback: () => void, ms: number) => () => void
  /** Adds to the run's log. */
  readonly append: (entries: readonly TrainingEntry[]) => Promise<void>
}

/** Events travel together for about this long. */
const POST_MS = 100
/** A crash loses at most this much of the charts between two saves. */
const LOG_MS = 2000
/** Samples of one evaluation that are shown and kept. */
const SAMPLES = 24

type TrainingState = Extract<FromWorker, { type: 'trainingState' }>['state']

/** One run of a training generator: told on, logged, held at its gate between two steps, ended once. */
export class HostedTraining {
  readonly id: string
  /** Resolves, never rejects, with how it ended, when the last entry is logged. */
  readonly done: Promise<TrainingEnd>
  readonly controller: AbortController
  /** Of the last event of each kind. */
  step = 0
  savedStep: number | null
  bytes: Readonly<Record<string, number>> = {}
  private readonly deps: HostedTrainingDeps
  private state: TrainingState = 'running'
  private started = false
  private wake: (() => void) | null = null
  private readonly errands: (() => Promise<void>)[] = []
  private pending: TrainingEntry[] = []
  private unlogged: TrainingEntry[] = []
  private cancelPost: (() => void) | null = null
  private cancelLog: (() => void) | null = null
  private logging: Promise<void> = Promise.resolve()
  private logError: ErrorDetails | null = null
  private over = false

  constructor(
    id: string,
    savedStep: number | null,
    controller: AbortController,
    source: (gate: () => Promise<void>, signal: AbortSignal) => AsyncGenerator<TrainingEvent>,
    deps: HostedTrainingDeps,
  ) {
    this.id = id
    this.savedStep = savedStep
    this.step = savedStep ?? 0
    this.controller = controller
    this.deps = deps
    this.done = this.pull(source(() => this.gate(), controller.signal))
  }

  get paused(): boolean {
    return this.state === 'pausing' || this.state === 'paused'
  }

  pause(): void {
    if (this.state === 'running') this.change('pausing')
  }

  resume(): void {
    if (this.state === 'running') return
    this.change('running')
    this.wake?.()
  }

  /** At its next gate, where it is saved first; at once where it is asked again, or makes its data still. */
  stop(): void {
    if (this.started && this.state !== 'stopping') this.change('stopping')
    else this.controller.abort()
    this.wake?.()
  }

  /** Does something while no step is at work; at once where the run has ended meanwhile. */
  between<T>(errand: () => Promise<T>): Promise<T> {
    if (this.over) return errand()
    return new Promise((resolve, reject) => {
      this.errands.push(() => errand().then(resolve, reject))
      this.wake?.()
    })
  }

  private change(state: TrainingState): void {
    this.state = state
    this.deps.post({ type: 'trainingState', id: this.id, state })
  }

  /** Where the run waits between two steps: for messages, for errands, and while it is paused. */
  private async gate(): Promise<void> {
    await this.deps.nextTask()
    const { signal } = this.controller
    for (;;) {
      const errand = this.errands.shift()
      if (errand) {
        await errand()
        continue
      }
      if (this.state === 'stopping') this.controller.abort()
      if (this.state === 'running' || signal.aborted) return
      this.flush()
      await this.writeLog()
      if (this.state === 'pausing') this.change('paused')
      if (this.state === 'paused' && this.errands.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
        this.wake = null
      }
    }
  }

  private async pull(events: AsyncGenerator<TrainingEvent>): Promise<TrainingEnd> {
    const { signal } = this.controller
    let end: TrainingEnd = { type: 'ended', status: 'finished' }
    try {
      for await (const event of events) {
        await this.take(event)
        if (this.logError) throw new StepscopeError(this.logError)
      }
      if (signal.aborted) end = { type: 'ended', status: 'stopped' }
    } catch (error) {
      const details = toErrorDetails(error)
      const stopped = signal.aborted || details.code === 'cancelled'
      end = stopped ? { type: 'ended', status: 'stopped' } : { type: 'ended', status: 'failed', error: details }
    }
    this.over = true
    this.add(end)
    this.flush()
    await this.writeLog()
    for (const errand of this.errands.splice(0)) await errand()
    return end
  }

  private async take(event: TrainingEvent): Promise<void> {
    if (event.type === 'started') {
      this.started = true
      this.bytes = event.bytes
    }
    if (event.type === 'step') this.step = event.step
    if (event.type === 'saved') this.savedStep = event.step
    this.add(tidy(event))
    // What was saved and what is told of it stand together, whatever happens next.
    if (event.type === 'saved') {
      this.flush()
      await this.writeLog()
    }
  }

  private add(event: TrainingEntry['event']): void {
    const entry = { at: this.deps.date(), event }
    this.pending.push(entry)
    this.cancelPost ??= this.deps.later(() => this.flush(), POST_MS)
    const last = this.unlogged.at(-1)?.event
    // Progress is told often; of a phase that goes on, its newest word is enough.
    if (event.type === 'phase' && last?.type === 'phase' && last.name === event.name) this.unlogged.pop()
    this.unlogged.push(entry)
    this.cancelLog ??= this.deps.later(() => void this.writeLog(), LOG_MS)
  }

  private flush(): void {
    this.cancelPost?.()
    this.cancelPost = null
    if (this.pending.length === 0) return
    this.deps.post({ type: 'training', id: this.id, entries: this.pending })
    this.pending = []
  }

  /** One write after the other. A failure ends the run: what it does would not be kept. */
  private writeLog(): Promise<void> {
    this.cancelLog?.()
    this.cancelLog = null
    const entries = this.unlogged
    this.unlogged = []
    if (entries.length > 0) {
      this.logging = this.logging
        .then(() => this.deps.append(entries))
        .catch((error: unknown) => {
          this.logError = toErrorDetails(error)
        })
    }
    return this.logging
  }
}

/** As it can be kept: without what is no number, and with a few samples of many. */
function tidy(event: TrainingEvent): TrainingEvent {
  if (event.type === 'step') return { ...event, metrics: finite(event.metrics) }
  // The log has it already.
  if (event.type === 'started') return { ...event, history: [] }
  if (event.type === 'evaluated') {
    return { ...event, metrics: finite(event.metrics), samples: event.samples.slice(0, SAMPLES) }
  }
  return event
}

function finite(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)))
}
