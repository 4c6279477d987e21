import { generalizedAdvantages, shapedRewards, whiten } from '../../objectives/advantages.ts'
import { ppo } from '../../objectives/ppo/loss.ts'
import { VALUE_HEAD } from '../model/value-head.ts'
import type { CaseInput, CaseResult } from './case-model.ts'
import { gradients, named, withModel } from './case-model.ts'
import { completionItems, gather, spread } from './case-rows.ts'
import { at, copyOf } from './case-tensors.ts'
import { allReferenceLogprobs, referenceLogprobs } from './reference-logprobs.ts'

export async function ppoCase(input: CaseInput): Promise<CaseResult> {
  const { recorded } = input
  const scores = recorded.tensor('rewards').data
  const rows = completionItems(recorded)
  const oldValues = gather(recorded, 'old_values')
  const oldLogprobs = gather(recorded, 'old_logps')
  return withModel(input, { valueHead: true }, async (model) => {
    const reference = await referenceLogprobs(input, model, rows)
    const weights = new Map(await model.read('weights'))
    await model.write('weights', weights.set(VALUE_HEAD, copyOf(recorded, 'value_head.weight')))
    const rewards = rows.map((_, row) =>
      shapedRewards({
        logprobs: at(oldLogprobs, row),
        referenceLogprobs: at(reference, row),
        coefficient: recorded.figure('kl_coef'),
        rewards: [{ token: at(oldLogprobs, row).length - 1, value: scores[row] ?? Number.NaN }],
      }),
    )
    const estimates = rows.map((_, row) =>
      generalizedAdvantages({
        rewards: at(rewards, row),
        values: at(oldValues, row),
        discount: recorded.figure('gamma'),
        lambda: recorded.figure('lam'),
      }),
    )
    const whitened = whiten(estimates.map(({ advantages }) => advantages))
    const items = rows.map((item, row) => ({
      ...item,
      oldLogprobs: at(oldLogprobs, row),
      oldValues: at(oldValues, row),
      referenceLogprobs: at(reference, row),
      score: scores[row] ?? Number.NaN,
      advantages: at(whitened, row),
      returns: at(estimates, row).returns,
    }))
    const lossFunction = ppo({
      clip: recorded.figure('cliprange'),
      valueClip: recorded.figure('cliprange_value'),
      valueCoefficient: recorded.figure('vf_coef'),
      entropyCoefficient: 0,
    })
    const figures = await gradients(model, lossFunction, items)
    const tensors = await named(input, model, {
      ref_logps_per_token: await allReferenceLogprobs(input, model),
      token_rewards: spread(recorded, rewards),
      advantages: spread(
        recorded,
        estimates.map(({ advantages }) => advantages),
      ),
      advantages_whitened: spread(recorded, whitened),
      // Outside the completions an advantage is 0, so that the return is the value.
      returns: spread(
        recorded,
        estimates.map(({ returns }) => returns),
        recorded.tensor('old_values').data,
      ),
    })
    return { figures, tensors }
  })
}
