import type { Policy } from '../../search/models.ts'

/** Holds work back for as long as somebody has a reason to: a person who paused it, or a search that goes first. */
export class Gate {
  private readonly reasons = new Set<string>()
  private waiting: (() => void)[] = []

  get open(): boolean {
    return this.reasons.size === 0
  }

  /** @param reason whose it is: each closes and opens for itself */
  hold(reason: string): void {
    this.reasons.add(reason)
  }

  free(reason: string): void {
    this.reasons.delete(reason)
    if (!this.open) return
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
