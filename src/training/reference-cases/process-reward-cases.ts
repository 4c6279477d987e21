import { sigmoid } from '../../core/numerics.ts'
import { implicitProcessReward, implicitTokenRewards } from '../../objectives/implicit-process-reward/loss.ts'
import { processReward } from '../../objectives/process-reward/loss.ts'
import { evaluateItems } from '../train-step.ts'
import type { CaseInput, CaseResult } from './case-model.ts'
import { gradients, named, withModel } from './case-model.ts'
import { completionItems, spread, tokenRows } from './case-rows.ts'
import { at, logprobsOf, stack } from './case-tensors.ts'
import { referenceLogprobs } from './reference-logprobs.ts'

export async function processRewardCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const labels = recorded.rows('labels')
  const items = tokenRows(recorded).map(({ id, tokenIds }, row) => {
    const readouts = [...tokenIds.keys()].filter((token) => (labels[row]?.[token] ?? -100) >= 0)
    return {
      id,
      sequence: { tokenIds, readouts: Uint32Array.from(readouts), targets: new Uint32Array() },
      labels: readouts.map((token) => labels[row]?.[token] ?? 0),
    }
  })
  return withModel(input, { scoreHead: true }, async (model) => {
    const said = await evaluateItems(model, processReward.sequences, items)
    const figures = await gradients(model, processReward, items)
    const scores = labels.map((row, index) => {
      const found = new Float32Array(row.length).fill(-1)
      items[index]?.sequence.readouts.forEach((token, readout) => {
        found[token] = sigmoid(said[index]?.[0]?.scores[readout] ?? Number.NaN)
      })
      return found
    })
    return { figures, tensors: await named(input, model, { step_scores: stack(scores) }) }
  })
}

export async function implicitCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const beta = recorded.figure('beta')
  const labels = recorded.tensor('labels').data
  return withModel(input, {}, async (model) => {
    const reference = await referenceLogprobs(input, model, completionItems(recorded))
    const items = completionItems(recorded).map((item, row) => ({
      ...item,
      referenceLogprobs: at(reference, row),
      label: labels[row] ?? Number.NaN,
    }))
    const said = await evaluateItems(model, ({ sequence }: (typeof items)[number]) => [sequence], items)
    const rewards = items.map(({ referenceLogprobs: of }, row) =>
      implicitTokenRewards(beta, logprobsOf(at(said, row)), of),
    )
    const figures = await gradients(model, implicitProcessReward({ beta }), items)
    return { figures, tensors: await named(input, model, { token_rewards: spread(recorded, rewards) }) }
  })
}
