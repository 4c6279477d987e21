import { StepscopeError } from '../../core/errors.ts'
import { openCheckpoint } from '../../engine/checkpoint/open-checkpoint.ts'
import type { TrainingSequence } from '../../objectives/sequence.ts'
import type { TrainableModel } from '../model/trainable-model.ts'
import type { RecordedTensor } from '../recorded-case.ts'
import { evaluateItems } from '../train-step.ts'
import type { CaseInput } from './case-model.ts'
import { tokenRows } from './case-rows.ts'
import { logprobsOf, stack } from './case-tensors.ts'

/** The frozen model's log-probabilities of the completions. Ends what the trained model knew of its last batch. */
export async function referenceLogprobs(
  input: CaseInput,
  model: TrainableModel,
  items: readonly { readonly id: string; readonly sequence: TrainingSequence }[],
): Promise<Float32Array[]> {
  if (input.reference === null) {
    throw new StepscopeError({
      code: 'bad-file',
      message: 'The case lacks a reference model',
      expected: 'a folder reference-model/ beside it',
      found: 'none',
      nextStep: 'Lay the case out as those in tests/fixtures/train.',
    })
  }
  const graph = await model.createReference(await openCheckpoint(input.reference))
  const reference = { labels: 0, limits: model.limits, forward: graph.forward.bind(graph) }
  const said = await evaluateItems(reference, ({ sequence }: (typeof items)[number]) => [sequence], items)
  return said.map(logprobsOf)
}

/** [batch, time − 1]: of every real token, completions and prompts alike. */
export async function allReferenceLogprobs(input: CaseInput, model: TrainableModel): Promise<RecordedTensor> {
  const rows = tokenRows(input.recorded).map(({ tokenIds }, row) => ({
    id: String(row),
    sequence: {
      tokenIds,
      readouts: Uint32Array.from({ length: tokenIds.length - 1 }, (_, token) => token),
      targets: tokenIds.slice(1),
    },
  }))
  const [, time = 1] = input.recorded.tensor('input_ids').shape
  return stack(
    (await referenceLogprobs(input, model, rows)).map((logprobs) => {
      const padded = new Float32Array(time - 1)
      padded.set(logprobs)
      return padded
    }),
  )
}
