import type { RowFormat } from '../../formats/json-lines.ts'
import type { ObjectiveId } from '../../formats/training-recipe.ts'
import { ONLINE_OBJECTIVES, REWARD_OBJECTIVES } from '../../formats/training-recipe.ts'
import { PREFERENCE_FORMAT, SFT_FORMAT, STEPWISE_FORMAT, UNPAIRED_FORMAT } from '../../formats/trl.ts'

/** Whether what is trained is a reward model. */
export function isRewardObjective(objective: ObjectiveId): boolean {
  return REWARD_OBJECTIVES.includes(objective)
}

/** Whether what is trained is a language model that stands for a reward model. */
export function isImplicitReward(objective: ObjectiveId): boolean {
  return objective === 'implicit-process-reward'
}

/** Whether the model samples while it is trained. */
export function isOnlineObjective(objective: ObjectiveId): boolean {
  return ONLINE_OBJECTIVES.includes(objective)
}

interface DataKind {
  /** As TRL calls it. */
  readonly name: string
  readonly format: RowFormat<unknown>
}

const SFT: DataKind = { name: 'prompt-completion rows', format: SFT_FORMAT }
const PREFERENCE: DataKind = { name: 'preference rows', format: PREFERENCE_FORMAT }
const UNPAIRED: DataKind = { name: 'unpaired preference rows', format: UNPAIRED_FORMAT }

/** What a data file of the objective holds; null where the model makes its data itself. */
const DATA: { readonly [K in ObjectiveId]: DataKind | null } = {
  pretraining: SFT,
  sft: SFT,
  'outcome-reward': UNPAIRED,
  'ranked-reward': PREFERENCE,
  'process-reward': { name: 'stepwise rows', format: STEPWISE_FORMAT },
  'implicit-process-reward': UNPAIRED,
  dpo: PREFERENCE,
  'expert-iteration': null,
  ppo: null,
  grpo: null,
}

export function dataKind(objective: ObjectiveId): DataKind | null {
  return DATA[objective]
}
