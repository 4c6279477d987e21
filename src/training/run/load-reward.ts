import type { Backend } from '../../compute/backend.ts'
import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { inFolder } from '../../engine/checkpoint/checkpoint-files.ts'
import { createDecoder } from '../../engine/decoder/decoder-model.ts'
import { loadPolicy, loadRewardModel, loadWithReference } from '../../engine/load-model.ts'
import { ImplicitRewardModel } from '../../rewards/implicit-reward-model.ts'
import type { RewardModel } from '../../search/models.ts'

/** The files of a reward model that rewards a run. */
export interface RewardFiles {
  readonly files: CheckpointFiles
  /** Of an implicit one: those of the model that it was trained from, and β. */
  readonly implicit: { readonly reference: CheckpointFiles; readonly beta: number } | null
}

/**
 * Loads what rewards a run; where anything fails, nothing stays.
 * @throws StepscopeError as loading a model does, with the folder
 */
export async function loadReward(
  backend: Backend,
  { files, implicit }: RewardFiles,
  signal: AbortSignal,
): Promise<{ readonly model: RewardModel; dispose(): void }> {
  if (implicit === null) {
    const model = await inFolder(files, () => loadRewardModel(backend, files, { signal }, createDecoder))
    return { model, dispose: () => model.model.dispose() }
  }
  const { reference, beta } = implicit
  const load = (folder: CheckpointFiles, ended: AbortSignal) =>
    inFolder(folder, () => loadPolicy(backend, folder, { signal: ended }, createDecoder))
  const pair = await loadWithReference([files, reference], load, `the reference ${reference.name}`, signal)
  return {
    model: new ImplicitRewardModel(...pair, beta),
    dispose: () => {
      for (const { model } of pair) model.dispose()
    },
  }
}
