import { groupAdvantages } from '../../objectives/advantages.ts'
import { grpo } from '../../objectives/grpo/loss.ts'
import type { CaseInput, CaseResult } from './case-model.ts'
import { gradients, named, withModel } from './case-model.ts'
import { completionItems, gather } from './case-rows.ts'
import { at, vector } from './case-tensors.ts'
import { allReferenceLogprobs, referenceLogprobs } from './reference-logprobs.ts'

export async function grpoCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const beta = recorded.figure('beta')
  const rewards = recorded.tensor('rewards').data
  const advantages = groupAdvantages([...rewards])
  const rows = completionItems(recorded)
  const oldLogprobs = gather(recorded, 'old_logps')
  return withModel(input, {}, async (model) => {
    const reference = await referenceLogprobs(input, model, rows)
    const items = rows.map((item, row) => ({
      ...item,
      group: 'all',
      reward: rewards[row] ?? Number.NaN,
      advantages: advantages[row] ?? Number.NaN,
      oldLogprobs: at(oldLogprobs, row),
      referenceLogprobs: at(reference, row),
    }))
    const figures = await gradients(model, grpo({ clip: recorded.figure('epsilon'), beta }), items)
    const tensors = await named(input, model, {
      advantages: vector(advantages),
      ref_logps_per_token: await allReferenceLogprobs(input, model),
    })
    return { figures, tensors }
  })
}
