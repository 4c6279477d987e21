import { fromRows, paper } from '../objective.ts'
import { outcomeReward } from './loss.ts'

export const outcomeRewardObjective = fromRows({
  name: 'Outcome reward model (ORM)',
  short: 'ORM',
  hint: 'Learns to score whole responses by whether their answer is right; it can judge any prefix.',
  source: paper('Cobbe et al. 2021', '2110.14168'),
  trains: 'reward-model',
  judges: 'responses',
  online: false,
  rows: 'unpaired',
  settings: {},
  defaults: { optimizer: { learningRate: 3e-4 } },
  // The outcome is foretold at the end of every step, so that the model can judge any part of a response.
  encode: (encoder, { prompt, completion, label }, id) => ({
    id,
    sequence: encoder.scored(prompt, encoder.steps(completion), () => 'completion'),
    label: label ? 1 : 0,
  }),
  comparison: null,
  loss: () => outcomeReward,
})
