import { pushAll } from '../core/push-all.ts'
import type { RunFile } from '../formats/run-file.ts'
import type { StoredRun } from '../storage/stored-run.ts'
import type { AppDependencies } from './dependencies.ts'
import type { Saving } from './saving.ts'
import type { SearchEvent } from './types.ts'

/** A crash loses at most what happened in this time. */
const SAVE_MS = 250

type Change = Partial<Omit<StoredRun, 'id' | 'eventCount'>>

/** Writes one live run as it goes, in order, without ever making the run wait. */
export class RunRecorder {
  private readonly id: string
  private readonly saving: Saving
  private readonly deps: AppDependencies
  private pending: SearchEvent[] = []
  private change: Change = {}
  private cancelTimer: (() => void) | null = null
  private queue: Promise<void>
  /** After a write that failed, later events would stand in the wrong place. */
  private broken = false

  constructor(run: StoredRun, saving: Saving, deps: AppDependencies) {
    this.id = run.id
    this.saving = saving
    this.deps = deps
    this.queue = this.write(saving.attempt((storage) => storage.writeRun(run, []).then(() => true)))
  }

  add(events: readonly SearchEvent[], measured: RunFile['measured']): void {
    pushAll(this.pending, events)
    const started = events.find((event) => event.type === 'started')
    const finished = events.find((event) => event.type === 'finished')
    this.note({
      measured,
      ...(started ? { models: { policy: started.policy, reward: started.reward } } : {}),
      ...(finished ? { answer: finished.answer, correct: finished.correct } : {}),
    })
  }

  note(change: Change): void {
    this.change = { ...this.change, ...change }
    this.cancelTimer ??= this.deps.later(() => void this.flush(), SAVE_MS)
  }

  /** Writes what waits. Resolves when everything so far is saved, or could not be. */
  async flush(): Promise<void> {
    this.cancelTimer?.()
    this.cancelTimer = null
    const events = this.pending
    const change = { ...this.change, updatedAt: this.deps.date() }
    if (events.length > 0 || Object.keys(this.change).length > 0) {
      this.pending = []
      this.change = {}
      this.queue = this.queue.then(async () => {
        if (this.broken) return
        await this.write(
          this.saving.attempt((storage) => storage.appendEvents(this.id, events, change).then(() => true)),
        )
      })
    }
    await this.queue
  }

  private async write(attempt: Promise<true | null>): Promise<void> {
    if ((await attempt) === null) this.broken = true
  }
}
