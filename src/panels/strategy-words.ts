import type { StrategyId } from '../search/settings.ts'
import { STRATEGY_IDS, strategyName, usesRewardModel } from '../search/settings.ts'

/** For a select; strategies that the models at hand cannot run say why. */
export function strategyOptions(hasReward: boolean): readonly {
  readonly value: StrategyId
  readonly label: string
  readonly disabled: boolean
}[] {
  return STRATEGY_IDS.map((id) => {
    const lacking = usesRewardModel(id) && !hasReward
    const name = strategyName(id)
    return { value: id, label: lacking ? `${name} (needs a reward model)` : name, disabled: lacking }
  })
}
