import { dpo } from '../../objectives/dpo/loss.ts'
import { evaluateItems } from '../train-step.ts'
import type { CaseInput, CaseResult } from './case-model.ts'
import { gradients, named, withModel } from './case-model.ts'
import { completionItems, pairs } from './case-rows.ts'
import { at, logprobsOf, total, vector } from './case-tensors.ts'
import { referenceLogprobs } from './reference-logprobs.ts'

export async function dpoCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const beta = recorded.figure('beta')
  const rows = completionItems(recorded)
  return withModel(input, {}, async (model) => {
    const reference = (await referenceLogprobs(input, model, rows)).map(total)
    const items = pairs(recorded).map(([chosen, rejected]) => ({
      id: `${chosen} over ${rejected}`,
      chosen: at(rows, chosen).sequence,
      rejected: at(rows, rejected).sequence,
      reference: { chosen: at(reference, chosen), rejected: at(reference, rejected) },
    }))
    const said = await evaluateItems(model, ({ sequence }: (typeof rows)[number]) => [sequence], rows)
    const logps = said.map((values) => total(logprobsOf(values)))
    const figures = await gradients(model, dpo({ beta }), items)
    const tensors = await named(input, model, { logps: vector(logps), ref_logps: vector(reference) })
    return { figures, tensors }
  })
}
