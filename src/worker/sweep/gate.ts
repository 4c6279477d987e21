import type { Policy } from '../../search/models.ts'

/** Holds work back for as long as somebody has a reason to: a person who paused it, or a search that goes first. */
export class Gate {
  private readonly now: () => number
  private readonly reasons = new Set<string>()
  private waiting: (() => void)[] = []
  private closedMs = 0
  private closedAt: number | null = null

  /** @param now milliseconds, monotonic */
  constructor(now: () => number) {
    this.now = now
  }

  get open(): boolean {
    return this.reasons.size === 0
  }

  /** @param reason whose it is: each closes and opens for itself */
  hold(reason: string): void {
    this.closedAt ??= this.now()
    this.reasons.add(reason)
  }

  holds(reason: string): boolean {
    return this.reasons.has(reason)
  }

  /** A clock in milliseconds that stands while the gate is closed. */
  readonly time = (): number => {
    const now = this.now()
    return now - this.closedMs - (this.closedAt === null ? 0 : now - this.closedAt)
  }

  free(reason: string): void {
    this.reasons.delete(reason)
    if (!this.open) return
    if (this.closedAt !== null) this.closedMs += this.now() - this.closedAt
    this.closedAt = null
    const freed = this.waiting
    this.waiting = []
    for (const go of freed) go()
  }

  /** Resolves when the gate is open; rejects with the signal's reason where it aborts first. */
  async pass(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (!this.open) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          signal.removeEventListener('abort', go)
          resolve()
        }
        signal.addEventListener('abort', go)
        this.waiting.push(go)
      })
      signal.throwIfAborted()
    }
  }
}

/** A policy that begins nothing while the gate is closed: neither a problem nor another step of one under way. */
export function gatedPolicy(policy: Policy, gate: Gate, signal: AbortSignal): Policy {
  return {
    info: policy.info,
    open: async (prompt) => {
      await gate.pass(signal)
      return policy.open(prompt)
    },
    propose: async (requests, own) => {
      await gate.pass(own ? AbortSignal.any([own, signal]) : signal)
      return policy.propose(requests, own)
    },
    extend: (branch, text) => policy.extend(branch, text),
    fork: (branch) => policy.fork(branch),
    release: (branch) => policy.release(branch),
    read: (prompt, text, options) => policy.read(prompt, text, options),
  }
}
