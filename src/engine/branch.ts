import { StepscopeError } from '../core/errors.ts'
import type { Branch } from '../search/models.ts'
import type { CacheSequence, SlotPool } from './cache/prefix-cache.ts'

/**
 * A token history: executed positions in the cache, then pending tokens that are given or sampled but not executed
 * yet. Forks of a branch share the node, so its pending tokens are executed once, whoever continues first; their last
 * hidden state then stays in a slot for as long as the node lives.
 */
export class SequenceNode {
  readonly sequence: CacheSequence
  pending: readonly number[]
  /** Hidden state after the last executed token, where somebody may sample from it. */
  slot: number | null
  /** Set as soon as a request has been charged for the pending tokens. */
  charged = false
  /** The execution of the pending tokens, while it is under way. */
  advancing: Promise<void> | null = null
  private readonly slots: SlotPool
  private readonly onEnd: (() => void) | undefined
  private references = 1

  constructor(parts: {
    readonly sequence: CacheSequence
    readonly pending: readonly number[]
    readonly slot: number | null
    readonly slots: SlotPool
    readonly onEnd?: () => void
  }) {
    this.sequence = parts.sequence
    this.pending = parts.pending
    this.slot = parts.slot
    this.slots = parts.slots
    this.onEnd = parts.onEnd
  }

  /** Executed and pending tokens. */
  get tokens(): number {
    return this.sequence.length + this.pending.length
  }

  retain(): this {
    this.references += 1
    return this
  }

  release(): void {
    this.references -= 1
    if (this.references > 0) return
    if (this.references < 0) throw misuse('A sequence was released twice.')
    this.onEnd?.()
    this.sequence.release()
    if (this.slot !== null) this.slots.release(this.slot)
    this.slot = null
  }
}

/** What a branch of the engine holds. */
class NodeHandle {
  readonly node: SequenceNode
  readonly owner: object
  released = false

  constructor(node: SequenceNode, owner: object) {
    this.node = node
    this.owner = owner
  }
}

/** The branches that one model has handed out. */
export class Branches {
  private live = 0
  private readonly onRelease: () => void

  /** @param onRelease called after each release: pages or slots may be free now */
  constructor(onRelease: () => void = () => {}) {
    this.onRelease = onRelease
  }

  /** Branches not yet released. */
  get count(): number {
    return this.live
  }

  /** A branch over a node; takes over one reference to it. */
  hand(node: SequenceNode): Branch {
    this.live += 1
    return { tokens: node.tokens, handle: new NodeHandle(node, this) }
  }

  /** @throws StepscopeError `internal` where the branch is released or another model's */
  node(branch: Branch): SequenceNode {
    return this.handle(branch).node
  }

  fork(branch: Branch): Branch {
    return this.hand(this.node(branch).retain())
  }

  release(branch: Branch): void {
    const handle = this.handle(branch)
    handle.released = true
    this.live -= 1
    handle.node.release()
    this.onRelease()
  }

  private handle({ handle }: Branch): NodeHandle {
    if (!(handle instanceof NodeHandle) || handle.owner !== this) throw misuse('The branch belongs to another model.')
    if (handle.released) throw misuse('The branch was used after its release.')
    return handle
  }
}

function misuse(message: string): StepscopeError {
  return new StepscopeError({ code: 'internal', message })
}
