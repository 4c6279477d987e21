import type { CheckpointFiles } from '../../engine/checkpoint/checkpoint-files.ts'
import { inFolder } from '../../engine/checkpoint/checkpoint-files.ts'
import { openCheckpoint } from '../../engine/checkpoint/open-checkpoint.ts'
import { readTokenizer } from '../../engine/tokenizer/tokenizer.ts'
import type { ReadableModel } from '../train-step.ts'
import type { ModelInTraining } from './model-in-training.ts'

/**
 * The model that a model in training is compared with, under its own config. It reads the token ids of the model in
 * training, so both must mean the same by them.
 * @throws StepscopeError `bad-tokenizer` or `bad-setting` naming what differs, and as loading a model does
 */
export async function openFrozen(
  { model, tokenizer }: ModelInTraining,
  files: CheckpointFiles,
): Promise<ReadableModel> {
  const graph = await inFolder(files, async () => {
    const checkpoint = await openCheckpoint(files)
    const own = await readTokenizer(files)
    own.fitTo(checkpoint.config.vocabSize)
    tokenizer.checkSame(own, `the reference ${files.name}`)
    return model.createReference(checkpoint)
  })
  return { title: 'The reference model', labels: 0, limits: model.limits, forward: graph.forward.bind(graph) }
}
