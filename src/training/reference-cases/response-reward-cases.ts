import { outcomeReward } from '../../objectives/outcome-reward/loss.ts'
import { rankedReward } from '../../objectives/ranked-reward/loss.ts'
import type { TrainingSequence } from '../../objectives/sequence.ts'
import type { TrainableModel } from '../model/trainable-model.ts'
import type { RecordedTensor } from '../recorded-case.ts'
import { evaluateItems } from '../train-step.ts'
import type { CaseInput, CaseResult } from './case-model.ts'
import { gradients, named, withModel } from './case-model.ts'
import { lastTokens, pairs } from './case-rows.ts'
import { at, vector } from './case-tensors.ts'

export async function rankedRewardCase(input: CaseInput): Promise<CaseResult> {
  const sequences = lastTokens(input.recorded)
  const items = pairs(input.recorded).map(([chosen, rejected]) => ({
    id: `${chosen} over ${rejected}`,
    chosen: at(sequences, chosen).sequence,
    rejected: at(sequences, rejected).sequence,
  }))
  return withModel(input, { scoreHead: true }, async (model) => {
    const scores = await scalarScores(model, sequences)
    const figures = await gradients(model, rankedReward, items)
    return { figures, tensors: await named(input, model, { scores }) }
  })
}

export async function outcomeRewardCase(input: CaseInput): Promise<CaseResult> {
  const labels = input.recorded.tensor('labels').data
  const items = lastTokens(input.recorded).map((item, row) => ({ ...item, label: labels[row] ?? Number.NaN }))
  return withModel(input, { scoreHead: true }, async (model) => {
    const scores = await scalarScores(model, items)
    const figures = await gradients(model, outcomeReward, items)
    return { figures, tensors: await named(input, model, { scores }) }
  })
}

async function scalarScores(
  model: TrainableModel,
  items: readonly { readonly id: string; readonly sequence: TrainingSequence }[],
): Promise<RecordedTensor> {
  const said = await evaluateItems(model, ({ sequence }: (typeof items)[number]) => [sequence], items)
  return vector(said.map(([values]) => values?.scores[0] ?? Number.NaN))
}
