import type { EnginePolicy } from '../engine/policy.ts'
import type { Policy } from '../search/models.ts'

/** A policy on whichever engine runs it, as the worker holds and shows it. */
export interface PolicyPart {
  readonly policy: Policy
  /** Name and device where it is not our own engine's. */
  readonly engine: string | null
  counters(): Readonly<Record<string, number>> & {
    readonly passes: number
    readonly readbackBytes: number
    readonly executedTokens: number
  }
  /** Live bytes by purpose. */
  bytes(): Readonly<Record<string, number>>
  dispose(): void
}

export function ownPolicy(policy: EnginePolicy): PolicyPart {
  const { model } = policy
  return {
    policy,
    engine: null,
    counters: () => ({ ...model.decoder.counters, ...model.counters() }),
    bytes: () => model.decoder.bytes(),
    dispose: () => model.dispose(),
  }
}
