import { STRATEGIES } from '../search/settings.ts'
import type { StrategyId } from '../state/types.ts'

export function strategyName(id: StrategyId): string {
  return STRATEGIES.find((strategy) => strategy.id === id)?.name ?? id
}

/** For a select. */
export const strategyOptions = STRATEGIES.map(({ id, name }) => ({ value: id, label: name }))
