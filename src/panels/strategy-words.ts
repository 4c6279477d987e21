import type { StrategyId } from '../search/events.ts'
import { STRATEGIES, usesRewardModel } from '../search/settings.ts'

/** For a select; strategies that the models at hand cannot run say why. */
export function strategyOptions(hasReward: boolean): readonly {
  readonly value: StrategyId
  readonly label: string
  readonly disabled: boolean
}[] {
  return STRATEGIES.map(({ id, name }) => {
    const lacking = !hasReward && usesRewardModel(id)
    return { value: id, label: lacking ? `${name} (needs a reward model)` : name, disabled: lacking }
  })
}
