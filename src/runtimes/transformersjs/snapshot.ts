import { StepscopeError } from '../../core/errors.ts'
import type { CacheTensors } from './causal-session.ts'

/** Executed positions of one sequence: immutable tensors that any number of nodes hold, disposed with the last of them. */
export class Snapshot {
  readonly tensors: CacheTensors
  private references = 1

  /** @param tensors of one row; owned by the snapshot from here on */
  constructor(tensors: CacheTensors) {
    this.tensors = tensors
  }

  retain(): this {
    this.references += 1
    return this
  }

  release(): void {
    this.references -= 1
    if (this.references === 0) this.tensors.dispose()
    if (this.references < 0) throw misuse('A snapshot was released twice.')
  }
}

/**
 * A token history: a snapshot of what was executed, then pending tokens that are given or sampled but not executed yet.
 * Forks of a branch share the node.
 */
export class SnapshotNode {
  snapshot: Snapshot
  pending: readonly number[]
  /** Logits after the last executed token, where nothing is pending. */
  logits: Float32Array | null
  /** Set as soon as a request has been charged for the pending tokens. */
  charged = false
  /** The execution of the pending tokens, while it is under way. */
  advancing: Promise<void> | null = null
  private references = 1
  private readonly onEnd: (() => void) | undefined

  constructor(snapshot: Snapshot, pending: readonly number[], logits: Float32Array | null, onEnd?: () => void) {
    this.snapshot = snapshot
    this.pending = pending
    this.logits = logits
    this.onEnd = onEnd
  }

  get tokens(): number {
    return this.snapshot.tensors.length + this.pending.length
  }

  retain(): this {
    this.references += 1
    return this
  }

  release(): void {
    this.references -= 1
    if (this.references < 0) throw misuse('A sequence was released twice.')
    if (this.references > 0) return
    this.onEnd?.()
    this.snapshot.release()
    this.logits = null
  }
}

export function misuse(message: string): StepscopeError {
  return new StepscopeError({ code: 'internal', message })
}
