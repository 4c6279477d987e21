import { fromComparedRows, paper } from '../objective.ts'
import { BETA } from '../shared-settings.ts'
import { implicitProcessReward } from './loss.ts'

export const implicitProcessRewardObjective = fromComparedRows({
  name: 'Implicit process reward',
  short: 'Implicit PRM',
  hint: 'Learns outcomes by log-probability ratios, which then score every step.',
  source: paper('Yuan et al. 2024', '2412.01981'),
  trains: 'implicit-reward-model',
  online: false,
  rows: 'unpaired',
  settings: { beta: BETA },
  defaults: { settings: { beta: 0.05 }, optimizer: { learningRate: 1e-4 } },
  encode: (encoder, { prompt, completion, label }, id) => ({
    id,
    sequence: encoder.completion(prompt, completion),
    label: label ? 1 : 0,
  }),
  comparison: {
    keep: ([logprobs = []]) => Float32Array.from(logprobs),
    join: (plain, referenceLogprobs) => ({ ...plain, referenceLogprobs }),
  },
  loss: implicitProcessReward,
})
