import type { RunSetup } from '../../search/events.ts'
import { strategyName, usesRewardModel } from '../../search/settings.ts'
import { taskById } from '../../tasks/registry.ts'
import { taskOfBundled } from '../models/bundled-models.ts'
import type { EngineState } from '../models/engine-state.ts'

/** Why the models that are chosen cannot run a search, in one sentence; null where they can. */
export function lackingModel(
  { task, strategy }: Pick<RunSetup, 'task' | 'strategy'>,
  { policy, reward }: Pick<EngineState, 'policy' | 'reward'>,
): string | null {
  const madeFor = policy.kind === 'bundled' ? taskOfBundled(policy.id) : undefined
  if (madeFor !== undefined && madeFor !== task)
    return `${policy.name} was made for ${taskById(madeFor).name}: choose a policy for ${taskById(task).name}.`
  if (reward !== null || !usesRewardModel(strategy)) return null
  return `${strategyName(strategy)} needs a reward model: choose one, or a strategy that needs none.`
}
