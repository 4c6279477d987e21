import type { ErrorDetails } from '../../core/errors.ts'
import { pushAll } from '../../core/push-all.ts'
import type { RunFile } from '../../formats/run-file.ts'
import type { SearchEvent } from '../../search/events.ts'
import type { StoredRun } from '../../storage/stored-run.ts'
import type { AppDependencies } from '../dependencies.ts'
import type { Saving } from '../session/saving.ts'

/** A crash loses at most what happened in this time. */
const SAVE_MS = 250
/** A write that failed is tried again after this time: room may have been made meanwhile. */
const RETRY_MS = 3000

type Change = Partial<Omit<StoredRun, 'id' | 'eventCount'>>

/**
 * The one writer of a run: in order, whole, without making the run wait. What could not be written stays here and is
 * written later, in the same order. `onSaved` is told why the newest part is not saved, and null once it is.
 */
export class RunRecorder {
  readonly run: StoredRun
  private readonly saving: Saving
  private readonly deps: AppDependencies
  private readonly onSaved: (unsaved: ErrorDetails | null) => void
  private pending: SearchEvent[]
  private change: Change = {}
  private cancelTimer: (() => void) | null = null
  private queue: Promise<void> = Promise.resolve()
  private created = false
  private unsaved: ErrorDetails | null = null
  private ended = false

  /** @param events those that the run has already */
  constructor(
    run: StoredRun,
    events: readonly SearchEvent[],
    saving: Saving,
    deps: AppDependencies,
    onSaved: (unsaved: ErrorDetails | null) => void,
  ) {
    this.run = run
    this.pending = [...events]
    this.saving = saving
    this.deps = deps
    this.onSaved = onSaved
    void this.flush()
  }

  /** Everything made so far is in the browser's storage. */
  get saved(): boolean {
    return this.created && this.unsaved === null && !this.waiting
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
    this.wake(SAVE_MS)
  }

  /** Writes what waits. Resolves when everything so far is saved, or could not be. */
  flush(): Promise<void> {
    this.cancelTimer?.()
    this.cancelTimer = null
    this.queue = this.queue.then(() => this.write())
    return this.queue
  }

  /** No further writes. */
  dispose(): void {
    this.ended = true
    this.cancelTimer?.()
  }

  private get waiting(): boolean {
    return this.pending.length > 0 || Object.keys(this.change).length > 0
  }

  private wake(ms: number): void {
    if (!this.ended) this.cancelTimer ??= this.deps.later(() => void this.flush(), ms)
  }

  private async write(): Promise<void> {
    // A write that was queued before the end would bring a run back that was deleted for good.
    if (this.ended) return
    if (this.created && !this.waiting && this.unsaved === null) return
    const events = this.pending
    const noted = this.change
    this.pending = []
    this.change = {}
    const change = { ...noted, updatedAt: this.deps.date() }
    const result = await this.saving.tried(async (storage) => {
      if (this.created) return storage.appendEvents(this.run.id, events, change)
      await storage.writeRun({ ...this.run, ...change }, events)
      return { removed: false }
    })
    if ('value' in result) {
      this.created = true
      this.tell(result.value.removed ? DELETED : null)
      // The deletion may be undone there.
      if (result.value.removed) this.wake(RETRY_MS)
      return
    }
    const later = this.pending
    this.pending = events
    pushAll(this.pending, later)
    this.change = { ...noted, ...this.change }
    if (result.error.code === 'not-found') this.tell(DELETED)
    else {
      this.tell(result.error)
      if (this.saving.available()) this.wake(RETRY_MS)
    }
  }

  private tell(unsaved: ErrorDetails | null): void {
    if (unsaved?.message === this.unsaved?.message) return
    this.unsaved = unsaved
    this.onSaved(unsaved)
  }
}

const DELETED: ErrorDetails = {
  code: 'storage',
  message: 'Another tab deleted this run while it is open here',
  nextStep: 'Undo the deletion there, or export the run to keep it.',
}
