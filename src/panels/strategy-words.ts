import type { StrategyId } from '../search/settings.ts'
import { STRATEGY_IDS, strategyById } from '../search/settings.ts'

/** For a select; strategies that the models at hand cannot run say why. */
export function strategyOptions(hasReward: boolean): readonly {
  readonly value: StrategyId
  readonly label: string
  readonly disabled: boolean
}[] {
  return STRATEGY_IDS.map((id) => {
    const { name, scored } = strategyById(id)
    const lacking = scored && !hasReward
    return { value: id, label: lacking ? `${name} (needs a reward model)` : name, disabled: lacking }
  })
}
