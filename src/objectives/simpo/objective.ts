import { z } from 'zod'
import { fromRows, paper } from '../objective.ts'
import { numberSetting } from '../setting.ts'
import { BETA } from '../shared-settings.ts'
import { simpo } from './loss.ts'

export const simpoObjective = fromRows({
  name: 'Simple preference optimization (SimPO)',
  short: 'SimPO',
  hint: 'Learns from pairs to write the better response rather than the worse, by their mean log-probabilities, without a reference model.',
  source: paper('Meng et al. 2024', '2405.14734'),
  metricWords: {
    rewards: 'Mean log-probability of the chosen or rejected response’s tokens, times beta.',
  },
  trains: 'policy',
  online: false,
  rows: 'preference',
  settings: {
    beta: { ...BETA, field: { ...BETA.field, hint: 'How much a difference of mean log-probabilities counts.' } },
    gamma: numberSetting(z.number().min(0).default(0.5), {
      label: 'Gamma',
      hint: 'By how much the reward of the chosen response should be the higher one.',
      min: 0,
      max: 10,
      step: 0.1,
    }),
  },
  defaults: { optimizer: { learningRate: 1e-4 }, settings: { beta: 2 } },
  encode: (encoder, { prompt, chosen, rejected }, id) => ({
    id,
    chosen: encoder.completion(prompt, chosen, 'chosen'),
    rejected: encoder.completion(prompt, rejected, 'rejected'),
  }),
  comparison: null,
  loss: simpo,
})
