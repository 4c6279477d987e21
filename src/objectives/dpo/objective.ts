import { z } from 'zod'
import { sum } from '../arithmetic/sum.ts'
import { fromComparedRows, paper } from '../objective.ts'
import { numberSetting } from '../setting.ts'
import { BETA } from '../shared-settings.ts'
import { dpo } from './loss.ts'

export const dpoObjective = fromComparedRows({
  name: 'Direct preference optimization (DPO)',
  short: 'DPO',
  hint: 'Learns from pairs to write the better response rather than the worse, held to the model before training.',
  source: paper('Rafailov et al. 2023', '2305.18290'),
  trains: 'policy',
  online: false,
  rows: 'preference',
  settings: {
    beta: BETA,
    rpoAlpha: numberSetting(z.number().min(0).default(0), {
      label: 'Alpha',
      hint: 'Weight of learning to write the chosen response; 0 is plain DPO.',
      min: 0,
      max: 100,
      step: 0.1,
    }),
  },
  // As measured: docs/training.md.
  defaults: { optimizer: { learningRate: 1e-4 }, settings: { beta: 0.5, rpoAlpha: 5 } },
  encode: (encoder, { prompt, chosen, rejected }, id) => ({
    id,
    chosen: encoder.completion(prompt, chosen, 'chosen'),
    rejected: encoder.completion(prompt, rejected, 'rejected'),
  }),
  comparison: {
    keep: ([chosen = [], rejected = []]) => ({ chosen: sum(chosen), rejected: sum(rejected) }),
    join: (plain, reference) => ({ ...plain, reference }),
  },
  loss: dpo,
})
