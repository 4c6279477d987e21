import { StepscopeError, toErrorDetails } from '../../core/errors.ts'
import { readProblems } from '../../sweep/problem-set.ts'
import type { SweepResult } from '../../sweep/result.ts'
import { runPair } from '../../sweep/run-sweep.ts'
import { taskById } from '../../tasks/registry.ts'
import type { Engine, EngineLoader } from '../engine-host.ts'
import type { FromWorker, ParamsOf, SweepEnd } from '../protocol.ts'
import { Gate, gatedPolicy } from './gate.ts'

export interface SweepHostDeps {
  readonly post: (message: FromWorker) => void
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Calls back after about this many milliseconds; returns its cancellation. */
  readonly later: (callback: () => void, ms: number) => () => void
  readonly loader: EngineLoader
  /** What is loaded for searches: what a sweep asks for in the same way is shared with it. */
  readonly engine: () => Engine | null
}

type StartParams = ParamsOf<'startSweep'>

/** Results travel together for about this long. */
const BATCH_MS = 150
/** Searches at the same time: they fill the engine’s batches, and leave room for one that a person starts. */
const CONCURRENCY = 16
/** Reasons to hold a sweep. */
const PERSON = 'person'
const SEARCHES = 'searches'

/** One sweep at a time, on models of its own beside those of the playground, whose searches go first. */
export class SweepHost {
  private readonly deps: SweepHostDeps
  private readonly searching = new Set<string>()
  private live: HostedSweep | null = null

  constructor(deps: SweepHostDeps) {
    this.deps = deps
  }

  /** Throws a StepscopeError `bad-setting` where another sweep is under way. */
  start(params: StartParams): void {
    if (this.live) {
      throw new StepscopeError({
        code: 'bad-setting',
        message: 'Another sweep is under way',
        nextStep: 'Cancel it, or wait for its end: one sweep at a time has the device.',
      })
    }
    const sweep = new HostedSweep(params, this.deps)
    this.live = sweep
    if (this.searching.size > 0) sweep.hold(SEARCHES)
    void sweep.done.then(() => {
      if (this.live === sweep) this.live = null
    })
  }

  pause(id: string): void {
    this.find(id)?.hold(PERSON)
  }

  resume(id: string): void {
    this.find(id)?.free(PERSON)
  }

  cancel(id: string): void {
    this.find(id)?.cancel()
  }

  /** Resolves when nothing of a sweep is left. */
  async cancelAll(): Promise<void> {
    this.live?.cancel()
    await this.live?.done
  }

  /** What is told of searches: while one is at work, a sweep waits. */
  see(message: FromWorker): void {
    if (message.type === 'run' && message.state === 'running') this.searching.add(message.runId)
    else if (message.type === 'run' || message.type === 'ended') this.searching.delete(message.runId)
    else return
    if (this.searching.size > 0) this.live?.hold(SEARCHES)
    else this.live?.free(SEARCHES)
  }

  private find(id: string): HostedSweep | null {
    return this.live?.id === id ? this.live : null
  }
}

class HostedSweep {
  readonly id: string
  /** Resolves, never rejects, after its end was posted and its models are given back. */
  readonly done: Promise<void>
  private readonly deps: SweepHostDeps
  private readonly controller = new AbortController()
  private readonly gate: Gate
  private readonly began: number
  private loading = true
  private told: string | null = null
  private pending: SweepResult[] = []
  private cancelFlush: (() => void) | null = null

  constructor(params: StartParams, deps: SweepHostDeps) {
    this.id = params.id
    this.deps = deps
    this.gate = new Gate(deps.now)
    this.began = deps.now()
    this.done = this.run(params)
  }

  hold(reason: string): void {
    this.gate.hold(reason)
    this.tell()
  }

  free(reason: string): void {
    this.gate.free(reason)
    this.tell()
  }

  cancel(): void {
    this.controller.abort(new StepscopeError({ code: 'cancelled', message: 'Cancelled.' }))
  }

  private async run(params: StartParams): Promise<void> {
    const { signal } = this.controller
    this.tell()
    let end: SweepEnd = { status: 'finished' }
    try {
      const problems = readProblems(taskById(params.config.task), params.problems)
      const known = new Set(params.known)
      for (const [index, pair] of params.pairs.entries()) await this.runModels(params, problems, known, index, pair)
    } catch (error) {
      const details = toErrorDetails(error)
      const cancelled = signal.aborted || details.code === 'cancelled'
      end = cancelled ? { status: 'cancelled' } : { status: 'failed', error: details }
    }
    this.flush()
    this.deps.post({ type: 'sweepEnded', id: this.id, end })
  }

  private async runModels(
    { config, backend, arithmetic }: StartParams,
    problems: readonly unknown[],
    known: ReadonlySet<string>,
    index: number,
    { policy, reward, outcome }: StartParams['pairs'][number],
  ): Promise<void> {
    const { signal } = this.controller
    signal.throwIfAborted()
    this.loading = true
    this.tell()
    const asked = { backend, ...(arithmetic === undefined ? {} : { arithmetic }), policy, reward }
    const { loader } = this.deps
    const engine = await loader.load(asked, () => {}, signal, this.deps.engine())
    let judge: Engine | null = null
    try {
      // Beside the same policy, which the two share.
      judge = outcome ? await loader.load({ ...asked, reward: outcome }, () => {}, signal, engine) : null
      this.loading = false
      this.tell()
      const models = {
        policy: gatedPolicy(engine.policy, this.gate, signal),
        reward: engine.reward,
        ...(judge?.reward ? { outcome: judge.reward } : {}),
      }
      const options = { known, concurrency: CONCURRENCY, now: this.gate.time, signal }
      for await (const result of runPair(config, problems, index, models, options)) this.add(result)
    } finally {
      judge?.dispose()
      engine.dispose()
    }
  }

  private tell(): void {
    const state = this.gate.holds(PERSON) ? 'paused' : this.loading ? 'loading' : this.gate.open ? 'running' : 'waiting'
    if (state === this.told) return
    this.told = state
    if (state === 'paused') this.flush()
    this.deps.post({ type: 'sweepState', id: this.id, state })
  }

  private add(result: SweepResult): void {
    this.pending.push(result)
    this.cancelFlush ??= this.deps.later(() => this.flush(), BATCH_MS)
  }

  private flush(): void {
    this.cancelFlush?.()
    this.cancelFlush = null
    if (this.pending.length === 0) return
    const results = this.pending
    this.pending = []
    const seconds = (this.gate.time() - this.began) / 1000
    this.deps.post({ type: 'sweepResults', id: this.id, results, seconds })
  }
}
