import type { Backend } from '../../compute/backend.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { TrainingRecipe } from '../../formats/training-recipe.ts'
import type { RowCounts } from '../../training/run/check-data.ts'
import type { DataFile } from '../../training/run/run-rows.ts'
import type { RunStore } from '../../training/run/run-store.ts'
import type { SkippedSave } from '../../training/run/saves.ts'
import type { TrainingContext } from '../../training/run/training-context.ts'
import type { TrainingEvent } from '../../training/run-events.ts'
import type { ExportForm, TrainingEstimate } from '../protocol.ts'

export interface NewestSave {
  readonly step: number
  readonly savedAt: string
  readonly skipped: readonly SkippedSave[]
}

/** What trains, saves and exports; the host says when and where. Tests pass a scripted one. */
export interface TrainingTools {
  /** Goes on from the last save in the context's store, where there is one. */
  run(context: TrainingContext, recipe: TrainingRecipe): AsyncGenerator<TrainingEvent>
  /** Files of the last save as a Hugging Face folder or a PEFT adapter. */
  exportRun(
    context: { readonly model: CheckpointFiles; readonly store: RunStore },
    form: ExportForm,
  ): Promise<ReadonlyMap<string, Uint8Array>>
  estimate(backend: Backend, model: CheckpointFiles, recipe: TrainingRecipe): Promise<TrainingEstimate>
  /** Makes the store of a run that goes on from another's last save. Null where that has none. */
  branch(from: RunStore, to: RunStore, recipe: TrainingRecipe): Promise<{ readonly step: number } | null>
  /**
   * The newest save that is whole, and what had to be passed over; null before the first.
   * @throws StepscopeError where there are saves and none is whole
   */
  lastSave(store: RunStore): Promise<NewestSave | null>
  /** The newest save for a list, quickly: what is in its files is not looked at. */
  listedSave(store: RunStore, broken: ReadonlySet<number>): Promise<{ readonly step: number } | null>
  /** Looks at every row of a data file as training would. */
  checkData(model: CheckpointFiles, recipe: TrainingRecipe, data: DataFile, signal: AbortSignal): Promise<RowCounts>
}
