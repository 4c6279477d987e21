import type { RowFormat } from '../../formats/json-lines.ts'
import type { ObjectiveId } from '../../formats/training-recipe.ts'
import type { StepwiseRow } from '../../formats/trl.ts'
import { PREFERENCE_FORMAT, SFT_FORMAT, STEPWISE_FORMAT, UNPAIRED_FORMAT } from '../../formats/trl.ts'
import type { ProcessRewardItem } from '../../objectives/process-reward/loss.ts'
import type { RowEncoder } from './encode-rows.ts'

/** Rows that an objective learns from, and how one becomes an example. */
export interface RowKind<Row, Item> {
  readonly format: RowFormat<Row>
  encode(encoder: RowEncoder, row: Row, id: string): Item
}

/** Of every objective that takes a data file. */
export const ROW_KINDS = {
  pretraining: kind(SFT_FORMAT, (encoder, row, id) => encoder.whole(row, id)),
  sft: kind(SFT_FORMAT, (encoder, row, id) => encoder.sft(row, id)),
  'process-reward': kind(STEPWISE_FORMAT, (encoder, row, id) => encoder.stepwise(row, id)),
  'outcome-reward': kind(UNPAIRED_FORMAT, (encoder, row, id) => encoder.outcome(row, id)),
  'ranked-reward': kind(PREFERENCE_FORMAT, (encoder, row, id) => encoder.ranked(row, id)),
  'implicit-process-reward': kind(UNPAIRED_FORMAT, (encoder, { prompt, completion, label }, id) => ({
    id,
    sequence: encoder.completion(prompt, completion),
    label: label ? 1 : 0,
  })),
  dpo: kind(PREFERENCE_FORMAT, (encoder, row, id) => encoder.preference(row, id)),
} as const satisfies { readonly [K in ObjectiveId]?: unknown }

export type RowObjective = keyof typeof ROW_KINDS

/** Whether an objective learns from rows that are there before the first step. */
export function hasRows(objective: ObjectiveId): objective is RowObjective {
  return Object.hasOwn(ROW_KINDS, objective)
}

/** Soft labels of a file as hard ones: any right completion makes a step right. */
export const hardened: RowKind<StepwiseRow, ProcessRewardItem> = kind(STEPWISE_FORMAT, (encoder, row, id) =>
  encoder.stepwise({ ...row, labels: row.labels.map((label) => Number(label) > 0) }, id),
)

function kind<Row, Item>(format: RowFormat<Row>, encode: RowKind<Row, Item>['encode']): RowKind<Row, Item> {
  return { format, encode }
}
