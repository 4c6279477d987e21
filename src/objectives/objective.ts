import type { ExampleEncoder } from './example-encoder.ts'
import type { LabelBalance, LabelledSteps } from './label-balance.ts'
import type { LossFunction, Named } from './loss.ts'
import type { Rollout, RolloutContext } from './rollout.ts'
import type { LabelSettings, RowKind, Rows } from './rows.ts'
import type { SettingTable, SettingValues } from './setting.ts'

/** What a recipe of the objective starts from, where the recipe's schema has another default. */
interface ObjectiveDefaults<Values> {
  readonly batch?: number
  readonly optimizer?: { readonly learningRate?: number; readonly schedule?: 'constant' | 'linear' | 'cosine' }
  readonly rollout?: { readonly samples?: number }
  readonly reward?: { readonly format?: number }
  readonly settings?: Partial<Values>
}

interface Description<Table extends SettingTable, Values> {
  /** As it is offered: in words, with its abbreviation. */
  readonly name: string
  /** As it stands in the name of a run, e.g. `SFT`. */
  readonly short: string
  /** One sentence: what is learned from what. */
  readonly hint: string
  readonly source?: { readonly label: string; readonly href: string }
  /** What its metrics are, by the titles of their charts, where others of the same name are something else. */
  readonly metricWords?: Readonly<Record<string, string>>
  /**
   * What comes of it: a policy, a reward model with a scalar head, or a language model that stands for a reward model by its
   * log-probability ratios.
   */
  readonly trains: 'policy' | 'reward-model' | 'implicit-reward-model'
  /** Of a reward model with a scalar head: what its scores are for. */
  readonly judges?: 'steps' | 'responses'
  /** Those of the recipe's `settings` that it uses, in the order of the form. */
  readonly settings: Table
  readonly defaults: ObjectiveDefaults<Values>
}

interface Labelling {
  readonly labels: LabelSettings
  /** Where labels are balanced: over all rows of the set. */
  readonly balance: LabelBalance | null
}

interface RowDescription<Table extends SettingTable, Values, Kind extends RowKind, Plain>
  extends Description<Table, Values> {
  readonly online: false
  /** What a data file holds, or what is made from generated problems. */
  readonly rows: Kind
  /**
   * A row as an example.
   * @throws StepscopeError naming the row's field that cannot be learned from
   */
  encode(encoder: ExampleEncoder, row: Rows[Kind], id: string, labelling: Labelling): Plain
  /** Labels of a row's steps, for objectives whose labels can be balanced (`labels.balance`). */
  stepLabels?(row: Rows[Kind], labels: LabelSettings): LabelledSteps
}

/** Learns from rows that are there before the first step. */
export interface RowObjective<Table extends SettingTable, Values, Kind extends RowKind, Item extends Named, Observation>
  extends RowDescription<Table, Values, Kind, Item> {
  readonly comparison: null
  loss(settings: Values): LossFunction<Item, Observation>
}

/** How an example is compared with what the frozen reference model says of it. */
interface Comparison<Plain, Kept, Item> {
  /**
   * What is kept of the reference model's log-probabilities, which do not change: as little as is needed.
   * @param reference per sequence of the example, per target
   */
  keep(reference: readonly ArrayLike<number>[]): Kept
  join(plain: Plain, kept: Kept): Item
}

/** As `RowObjective`, compared with a frozen reference model. */
export interface ComparedObjective<
  Table extends SettingTable,
  Values,
  Kind extends RowKind,
  Plain extends Named,
  Kept,
  Item extends Plain,
  Observation,
> extends RowDescription<Table, Values, Kind, Plain> {
  readonly comparison: Comparison<Plain, Kept, Item>
  /** Its `sequences` need of an item what it has before it is compared. */
  loss(settings: Values): LossFunction<Item, Observation>
}

/** Learns from what the model samples while it learns. */
export interface OnlineObjective<Table extends SettingTable, Values, Item extends Named, Observation>
  extends Description<Table, Values> {
  readonly online: true
  /** Whether it learns from the recipe's `reward`. */
  readonly rewarded: boolean
  /** Whether a value head is trained beside the language-model head. */
  readonly valueHead: boolean
  comparesWithReference(settings: Values): boolean
  /** Examples of one step's rollouts; none where they teach nothing. */
  items(rollouts: readonly Rollout[], context: RolloutContext<Values>): Promise<readonly Item[]>
  loss(settings: Values): LossFunction<Item, Observation>
}

/** These only hold a description to its types. */

export function fromRows<Table extends SettingTable, Kind extends RowKind, Item extends Named, Observation>(
  objective: RowObjective<Table, SettingValues<Table>, Kind, Item, Observation>,
): typeof objective {
  return objective
}

export function fromComparedRows<
  Table extends SettingTable,
  Kind extends RowKind,
  Plain extends Named,
  Kept,
  Item extends Plain,
  Observation,
>(objective: ComparedObjective<Table, SettingValues<Table>, Kind, Plain, Kept, Item, Observation>): typeof objective {
  return objective
}

export function fromRollouts<Table extends SettingTable, Item extends Named, Observation>(
  objective: OnlineObjective<Table, SettingValues<Table>, Item, Observation>,
): typeof objective {
  return objective
}

/** A paper on arXiv. */
export const paper = (label: string, id: string) => ({ label, href: `https://arxiv.org/abs/${id}` })
