import type { ModelPair } from './engine-state.ts'

/** One text for a pair of models, by which the worker knows it. */
export function pairKey({ policy, reward }: ModelPair): string {
  return JSON.stringify([policy.kind, policy.id, reward && [reward.kind, reward.id]])
}
