import { toErrorDetails } from '../core/errors.ts'
import { untilAborted } from '../core/until-aborted.ts'
import type { SearchEvent } from '../search/events.ts'
import type { FromWorker, Measured, RunResult } from './protocol.ts'

/** Makes one run's events. The generator frees its branches when it returns, throws, or is returned early. */
export type EventSource = (signal: AbortSignal) => AsyncGenerator<SearchEvent, void>

export interface RunHostDeps {
  readonly post: (message: FromWorker) => void
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Lets messages to the worker in; resolves in a later task (not a microtask). */
  readonly nextTask: () => Promise<void>
  /** Calls back after about this many milliseconds; returns its cancellation. */
  readonly later: (callback: () => void, ms: number) => () => void
  /** The engine's counters: passes and bytes read back since it started, bytes alive now. */
  readonly counters: () => { readonly passes: number; readonly readbackBytes: number; readonly bytes: number }
}

/** Events of one run travel together for about a frame. */
const BATCH_MS = 16
/** Work done before messages are let in: a pause or a cancel waits no longer than this and one event. */
const YIELD_MS = 8

/**
 * Pulls the events of any number of runs, one at a time each, so that a run can stop before any event. Time
 * is measured around the pulls only: a paused run costs none.
 */
export class RunHost {
  private readonly deps: RunHostDeps
  private readonly runs = new Map<string, HostedRun>()
  private readonly totals = { asked: 0, executed: 0 }

  constructor(deps: RunHostDeps) {
    this.deps = deps
  }

  get active(): number {
    return this.runs.size
  }

  /** Tokens of all runs so far, both models, as their ledgers say. */
  get searched(): { readonly asked: number; readonly executed: number } {
    return { ...this.totals }
  }

  /**
   * Starts pulling. A run id that is in use is refused with a RangeError.
   * @param options.uses what it runs on, for `cancelAll`
   */
  start(
    runId: string,
    source: EventSource,
    { paused = false, uses = [] }: { readonly paused?: boolean; readonly uses?: readonly unknown[] } = {},
  ): void {
    if (this.runs.has(runId)) throw new RangeError(`run ${runId} is already running`)
    const run = new HostedRun(runId, source, { paused, uses }, this.deps, this.totals)
    this.runs.set(runId, run)
    void run.done.then(() => this.runs.delete(runId))
  }

  pause(runId: string): void {
    this.runs.get(runId)?.pause()
  }

  resume(runId: string): void {
    this.runs.get(runId)?.resume()
  }

  /** One more event, then paused. */
  step(runId: string): void {
    this.runs.get(runId)?.step()
  }

  /** Ends a run: at once for whoever asked, whatever the device is still at. Unknown or ended runs are left as they are. */
  async cancel(runId: string): Promise<void> {
    const run = this.runs.get(runId)
    if (!run) return
    run.cancel()
    await Promise.race([run.left, run.done])
  }

  /**
   * Resolves when the runs have freed what they held.
   * @param kept runs that use nothing else go on
   */
  async cancelAll(kept: ReadonlySet<unknown> = new Set()): Promise<void> {
    const stays = ({ uses }: HostedRun) => uses.length > 0 && uses.every((model) => kept.has(model))
    const runs = [...this.runs.values()].filter((run) => !stays(run))
    for (const run of runs) run.cancel()
    await Promise.all(runs.map(({ done }) => done))
  }
}

class HostedRun {
  /** Resolves where its end was posted while the device is still at its last event. */
  readonly left: Promise<void>
  /** Resolves, never rejects, after its end was posted and its generator has freed what it held. */
  readonly done: Promise<void>
  /** What it runs on. */
  readonly uses: readonly unknown[]
  private leave = () => {}
  private readonly runId: string
  private readonly deps: RunHostDeps
  private readonly controller = new AbortController()
  private paused: boolean
  private permits = 0
  private wake: (() => void) | null = null
  private pending: SearchEvent[] = []
  private cancelFlush: (() => void) | null = null
  private lastFlush: number
  private lastYield: number
  private readonly before: { readonly passes: number; readonly readbackBytes: number }
  /** Of all runs; this run adds what its ledger grew by. */
  private readonly totals: { asked: number; executed: number }
  private ledger = { asked: 0, executed: 0 }
  private wallMs = 0
  private peakBytes = 0

  constructor(
    runId: string,
    source: EventSource,
    { paused, uses }: { readonly paused: boolean; readonly uses: readonly unknown[] },
    deps: RunHostDeps,
    totals: { asked: number; executed: number },
  ) {
    this.runId = runId
    this.uses = uses
    this.totals = totals
    this.deps = deps
    this.paused = paused
    this.lastFlush = this.lastYield = deps.now()
    this.before = deps.counters()
    this.left = new Promise((resolve) => {
      this.leave = resolve
    })
    this.done = this.pull(source)
  }

  pause(): void {
    this.permits = 0
    if (this.paused) return
    this.paused = true
    this.flush()
    this.deps.post({ type: 'run', runId: this.runId, state: 'paused' })
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    this.deps.post({ type: 'run', runId: this.runId, state: 'running' })
    this.wake?.()
  }

  step(): void {
    if (!this.paused) this.pause()
    this.permits += 1
    this.wake?.()
  }

  cancel(): void {
    this.controller.abort()
    this.wake?.()
  }

  private async pull(source: EventSource): Promise<void> {
    const { signal } = this.controller
    const events = source(signal)
    const { post, runId } = { post: this.deps.post, runId: this.runId }
    post({ type: 'run', runId, state: this.paused ? 'paused' : 'running' })
    let result: Omit<RunResult, 'measured'> = { status: 'finished' }
    let left = false
    try {
      for (;;) {
        await this.turn()
        if (signal.aborted) break
        const before = this.deps.now()
        let next: IteratorResult<SearchEvent, void> | null
        try {
          next = await untilAborted(events.next(), signal)
        } finally {
          this.wallMs += this.deps.now() - before
          this.peakBytes = Math.max(this.peakBytes, this.deps.counters().bytes)
        }
        left = next === null
        if (next === null || next.done) break
        this.add(next.value)
      }
      if (signal.aborted) result = { status: 'cancelled' }
    } catch (error) {
      const details = toErrorDetails(error)
      result =
        signal.aborted || details.code === 'cancelled' ? { status: 'cancelled' } : { status: 'failed', error: details }
    }
    const tell = (): void => {
      this.flush()
      post({ type: 'ended', runId, result: { ...result, measured: this.measured() } })
    }
    // What the device is at may take its time; whoever cancelled does not wait for it.
    if (left) {
      tell()
      this.leave()
    }
    try {
      // Runs the generator's own clean-up where it still stands at a yield; nothing happens otherwise.
      await events.return()
    } catch (error) {
      if (result.status !== 'failed') result = { status: 'failed', error: toErrorDetails(error) }
    }
    if (!left) tell()
  }

  /** Returns when the next event may be made. */
  private async turn(): Promise<void> {
    const now = this.deps.now()
    if (now - this.lastYield >= YIELD_MS) {
      await this.deps.nextTask()
      this.lastYield = this.deps.now()
    }
    while (this.paused && this.permits === 0 && !this.controller.signal.aborted) {
      this.flush()
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
      this.wake = null
    }
    if (this.permits > 0) this.permits -= 1
  }

  private add(event: SearchEvent): void {
    this.pending.push(event)
    this.book(event)
    const wait = this.lastFlush + BATCH_MS - this.deps.now()
    if (wait <= 0 || this.paused) this.flush()
    else this.cancelFlush ??= this.deps.later(() => this.flush(), wait)
  }

  private book({ ledger: { policy, reward } }: SearchEvent): void {
    const now = { asked: policy.asked + reward.asked, executed: policy.executed + reward.executed }
    this.totals.asked += now.asked - this.ledger.asked
    this.totals.executed += now.executed - this.ledger.executed
    this.ledger = now
  }

  private flush(): void {
    this.cancelFlush?.()
    this.cancelFlush = null
    if (this.pending.length === 0) return
    const events = this.pending
    this.pending = []
    this.lastFlush = this.deps.now()
    this.deps.post({ type: 'events', runId: this.runId, events, measured: this.measured() })
  }

  private measured(): Measured {
    const { passes, readbackBytes } = this.deps.counters()
    return {
      wallMs: this.wallMs,
      passes: passes - this.before.passes,
      peakBytes: this.peakBytes,
      readbackBytes: readbackBytes - this.before.readbackBytes,
    }
  }
}
