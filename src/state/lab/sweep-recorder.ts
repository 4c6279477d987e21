import type { ErrorDetails } from '../../core/errors.ts'
import { pushAll } from '../../core/push-all.ts'
import type { StoredSweep } from '../../storage/stored-sweep.ts'
import type { SweepResult } from '../../sweep/result.ts'
import type { AppDependencies } from '../dependencies.ts'
import type { Saving } from '../session/saving.ts'

/** A crash loses at most what happened in this time: it is made again. */
const SAVE_MS = 400
/** A write that failed is tried again after this time: room may have been made meanwhile. */
const RETRY_MS = 3000

type Change = Partial<Omit<StoredSweep, 'id' | 'count' | 'problems'>>

/** The one writer of a sweep: in order, in chunks. What could not be written stays here and is written later. */
export class SweepRecorder {
  private readonly id: string
  private readonly saving: Saving
  private readonly deps: AppDependencies
  private readonly onSaved: (unsaved: ErrorDetails | null) => void
  private pending: SweepResult[] = []
  private change: Change = {}
  private cancelTimer: (() => void) | null = null
  private queue: Promise<void> = Promise.resolve()
  private unsaved: ErrorDetails | null = null
  private ended = false

  /** @param onSaved told why the newest results are not saved, and null once they are */
  constructor(id: string, saving: Saving, deps: AppDependencies, onSaved: (unsaved: ErrorDetails | null) => void) {
    this.id = id
    this.saving = saving
    this.deps = deps
    this.onSaved = onSaved
  }

  add(results: readonly SweepResult[], change: Change): void {
    pushAll(this.pending, results)
    this.note(change)
  }

  note(change: Change): void {
    this.change = { ...this.change, ...change }
    this.wake(SAVE_MS)
  }

  /** Resolves when everything so far is saved, or could not be. */
  flush(): Promise<void> {
    this.cancelTimer?.()
    this.cancelTimer = null
    this.queue = this.queue.then(() => this.write())
    return this.queue
  }

  dispose(): void {
    this.ended = true
    this.cancelTimer?.()
  }

  private wake(ms: number): void {
    if (!this.ended) this.cancelTimer ??= this.deps.later(() => void this.flush(), ms)
  }

  private async write(): Promise<void> {
    if (this.ended || (this.pending.length === 0 && Object.keys(this.change).length === 0)) return
    const results = this.pending
    const noted = this.change
    this.pending = []
    this.change = {}
    const change = { ...noted, updatedAt: this.deps.date() }
    const written = await this.saving.tried((storage) => storage.sweeps.append(this.id, results, change))
    if ('value' in written) return this.tell(null)
    const later = this.pending
    this.pending = results
    pushAll(this.pending, later)
    this.change = { ...noted, ...this.change }
    this.tell(written.error)
    if (this.saving.available() && written.error.code !== 'not-found') this.wake(RETRY_MS)
  }

  private tell(unsaved: ErrorDetails | null): void {
    if (unsaved?.message === this.unsaved?.message) return
    this.unsaved = unsaved
    this.onSaved(unsaved)
  }
}
