import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import type { RecordedObjective } from './train-fixture.ts'
import { ofCompletion, readRecorded } from './train-fixture.ts'

/**
 * The log-probabilities that the recorded policy gave the completions' tokens, for a record that holds those of its
 * reference model: implicit rewards are β (log π − log π_ref) of the same policy on the same tokens.
 * @returns one list of completion tokens per row
 */
export async function recordedLogprobs(folder: CheckpointFiles, recorded: RecordedObjective): Promise<number[][]> {
  const implicit = await readRecorded(folder, 'implicit-prm')
  if (implicit.tensor('input_ids').join() !== recorded.tensor('input_ids').join()) {
    throw new RangeError(`${folder.name} records different texts`)
  }
  const beta = implicit.figure('beta')
  const reference = recorded.rows('ref_logps_per_token')
  return recorded.rows('completion_mask').map((mask, row) => {
    const rewards = ofCompletion(implicit.rows('token_rewards')[row] as readonly number[], mask)
    return ofCompletion(reference[row] as readonly number[], mask).map(
      (value, t) => value + (rewards[t] as number) / beta,
    )
  })
}
