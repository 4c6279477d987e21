import type { Ledger } from '../search/events.ts'

/** Tokens of both models: run, and what a search without a tree would have run. */
export function ledgerTokens({ policy, reward }: Ledger): { readonly asked: number; readonly executed: number } {
  return { asked: policy.asked + reward.asked, executed: policy.executed + reward.executed }
}

/** A total spread over tokens; null where there is nothing to spread, or nothing to spread it over. */
export function perToken(total: number | null, tokens: number): number | null {
  return total === null || tokens === 0 ? null : total / tokens
}

/** Asked over executed as `3.7×`; a dash before the first token. */
export function formatRatio({ asked, executed }: { readonly asked: number; readonly executed: number }): string {
  return executed === 0 ? '–' : `${(asked / executed).toFixed(asked / executed < 9.95 ? 1 : 0)}×`
}
