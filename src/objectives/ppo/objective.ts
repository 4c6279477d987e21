import { z } from 'zod'
import { generalizedAdvantages, shapedRewards, whiten } from '../advantages.ts'
import { fromRollouts, paper } from '../objective.ts'
import { numberSetting } from '../setting.ts'
import { CLIP, ROLLOUT_PASSES } from '../shared-settings.ts'
import { ppo } from './loss.ts'

const share = z.number().min(0).max(1)

export const ppoObjective = fromRollouts({
  name: 'Proximal policy optimization (PPO)',
  short: 'PPO',
  hint: 'Samples responses and strengthens what earned more than its own value head expected.',
  source: paper('Schulman et al. 2017', '1707.06347'),
  trains: 'policy',
  online: true,
  rewarded: true,
  valueHead: true,
  settings: {
    klCoefficient: numberSetting(z.number().min(0).default(0.05), {
      label: 'KL',
      hint: 'What a nat away from the reference model costs.',
      min: 0,
      max: 10,
      step: 0.01,
    }),
    ...ROLLOUT_PASSES,
    clip: CLIP,
    discount: numberSetting(share.default(1), {
      group: 'Advantages',
      label: 'Discount',
      hint: 'Worth of a reward one token later.',
      min: 0,
      max: 1,
      step: 0.01,
    }),
    lambda: numberSetting(share.default(0.95), {
      group: 'Advantages',
      label: 'Lambda',
      hint: 'From the value head’s word (0) to what was earned (1).',
      min: 0,
      max: 1,
      step: 0.01,
    }),
    valueClip: numberSetting(z.number().positive().default(0.2), {
      group: 'Advantages',
      label: 'Value clip',
      hint: 'How far a value may move in one step.',
      min: 0.01,
      max: 10,
      step: 0.05,
    }),
    valueCoefficient: numberSetting(z.number().min(0).default(0.1), {
      group: 'Advantages',
      label: 'Value weight',
      hint: 'Of the value head’s loss.',
      min: 0,
      max: 10,
      step: 0.05,
    }),
  },
  defaults: {
    optimizer: { learningRate: 1e-4, schedule: 'constant' },
    batch: 64,
    rollout: { samples: 4 },
    settings: { innerEpochs: 4, minibatches: 2 },
  },
  comparesWithReference: ({ klCoefficient }) => klCoefficient > 0,
  items: async (rollouts, { settings, reference, read }) => {
    const said = await read()
    const { klCoefficient: coefficient, discount, lambda } = settings
    const estimates = rollouts.map(({ logprobs, reward }, index) => {
      const values = said[index]?.scores ?? []
      const rewards = shapedRewards({
        // As the same graph says it that the reference is read by: where the two agree, the penalty is exactly 0.
        logprobs: said[index]?.logprobs ?? logprobs,
        referenceLogprobs: reference?.[index] ?? null,
        coefficient,
        rewards: reward.byToken,
      })
      return { values, ...generalizedAdvantages({ rewards, values, discount, lambda }) }
    })
    const whitened = whiten(estimates.map(({ advantages }) => advantages))
    return rollouts.map(({ id, sequence, logprobs, reward }, index) => ({
      id,
      sequence,
      oldLogprobs: logprobs,
      oldValues: estimates[index]?.values ?? [],
      referenceLogprobs: reference?.[index] ?? null,
      score: reward.total,
      advantages: whitened[index] ?? [],
      returns: estimates[index]?.returns ?? [],
    }))
  },
  loss: (settings) => ppo({ ...settings, entropyCoefficient: 0 }),
})
