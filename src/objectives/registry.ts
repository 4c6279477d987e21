import { dpoObjective } from './dpo/objective.ts'
import { expertIterationObjective } from './expert-iteration/objective.ts'
import { grpoObjective } from './grpo/objective.ts'
import { implicitProcessRewardObjective } from './implicit-process-reward/objective.ts'
import type { Named } from './loss.ts'
import type { ComparedObjective, OnlineObjective, RowObjective } from './objective.ts'
import { outcomeRewardObjective } from './outcome-reward/objective.ts'
import { ppoObjective } from './ppo/objective.ts'
import { pretrainingObjective } from './pretraining/objective.ts'
import { processRewardObjective } from './process-reward/objective.ts'
import { rankedRewardObjective } from './ranked-reward/objective.ts'
import type { LabelSettings, RowKind, TaskCapability } from './rows.ts'
import { ROW_KINDS } from './rows.ts'
import type { SettingTable, SettingValues } from './setting.ts'
import { sftObjective } from './sft/objective.ts'
import { simpoObjective } from './simpo/objective.ts'

/**
 * What a model can be trained by, in the order in which it is offered. Recipes, forms, estimates, names, command line and
 * runs take all that they know of an objective from here.
 */
export const OBJECTIVES = {
  sft: sftObjective,
  pretraining: pretrainingObjective,
  dpo: dpoObjective,
  simpo: simpoObjective,
  grpo: grpoObjective,
  ppo: ppoObjective,
  'expert-iteration': expertIterationObjective,
  'process-reward': processRewardObjective,
  'outcome-reward': outcomeRewardObjective,
  'ranked-reward': rankedRewardObjective,
  'implicit-process-reward': implicitProcessRewardObjective,
}

export type ObjectiveId = keyof typeof OBJECTIVES

export const OBJECTIVE_IDS = Object.keys(OBJECTIVES) as [ObjectiveId, ...ObjectiveId[]]

type Intersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never
type AllSettings = Intersection<(typeof OBJECTIVES)[ObjectiveId]['settings']>

/** The settings of all objectives, each once: the `settings` of a recipe. */
export const OBJECTIVE_SETTINGS: AllSettings = Object.assign(
  {},
  ...Object.values(OBJECTIVES).map(({ settings }) => settings),
)

type Values = SettingValues<AllSettings>

/** The role of a model with a score head that an objective trained. */
export function scoredRole(objective: ObjectiveId): 'process-reward-model' | 'outcome-reward-model' {
  return objectiveById(objective).judges === 'responses' ? 'outcome-reward-model' : 'process-reward-model'
}

/** Any objective that learns from rows. */
export type AnyRowObjective =
  | RowObjective<SettingTable, Values, RowKind, Named, unknown>
  | ComparedObjective<SettingTable, Values, RowKind, Named, unknown, Named, unknown>

/** Any objective that samples while it learns. */
export type AnyOnlineObjective = OnlineObjective<SettingTable, Values, Named, unknown>

export type AnyObjective = AnyRowObjective | AnyOnlineObjective

const ANY: { readonly [Id in ObjectiveId]: AnyObjective } = OBJECTIVES

/** What of a task an objective's data is made by, where it is generated. */
export function neededOfTask(objective: AnyObjective, labels: LabelSettings): readonly TaskCapability[] {
  return objective.online ? ['generator'] : ROW_KINDS[objective.rows].needs(labels)
}

export function objectiveById(id: ObjectiveId): AnyObjective {
  return ANY[id]
}
