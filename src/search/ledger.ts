import type { Ledger, ModelLedger } from './events.ts'
import type { Usage } from './models.ts'

/** An empty ledger: nothing was run. */
export const EMPTY_LEDGER: Ledger = { policy: emptyModelLedger(), reward: emptyModelLedger() }

function emptyModelLedger(): ModelLedger {
  return { asked: 0, executed: 0, unique: 0, merged: 0, overrun: 0, flops: 0 }
}

/** One model's account. `executed = unique + merged + overrun` holds after every entry. */
export class ModelAccount {
  private current = emptyModelLedger()

  get ledger(): ModelLedger {
    return this.current
  }

  /**
   * Tokens that entered the tree.
   * @param copies identical samples the call stands for; each would have been run by an engine without a tree
   */
  add(usage: Usage, copies = 1): void {
    this.enter(usage, 'unique', usage.asked * copies)
  }

  /** Tokens of a proposal that was identical to a sibling: executed, but no part of the tree. */
  merge(usage: Usage): void {
    this.enter(usage, 'merged', usage.asked)
  }

  /** Something the tree knew already: an engine without one would have run it again. */
  reuse(asked: number): void {
    this.current = { ...this.current, asked: this.current.asked + asked }
  }

  private enter({ executed, overrun, flops }: Usage, line: 'unique' | 'merged', asked: number): void {
    const before = this.current
    this.current = {
      ...before,
      asked: before.asked + asked,
      executed: before.executed + executed,
      overrun: before.overrun + overrun,
      flops: before.flops + flops,
      [line]: before[line] + executed - overrun,
    }
  }
}
