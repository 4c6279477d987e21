import { fromRows, paper } from '../objective.ts'
import { rankedReward } from './loss.ts'

export const rankedRewardObjective = fromRows({
  name: 'Ranked reward model',
  short: 'Ranked RM',
  hint: 'Learns to score the better response of a pair higher (Bradley-Terry).',
  source: paper('Ouyang et al. 2022', '2203.02155'),
  trains: 'reward-model',
  judges: 'responses',
  online: false,
  rows: 'preference',
  settings: {},
  defaults: { optimizer: { learningRate: 3e-4 } },
  encode: (encoder, { prompt, chosen, rejected }, id) => {
    const scoredAtEnd = (field: string, text: string) => {
      const sequence = encoder.scored(prompt, encoder.steps(text), () => field)
      return { ...sequence, readouts: sequence.readouts.subarray(-1) }
    }
    return { id, chosen: scoredAtEnd('chosen', chosen), rejected: scoredAtEnd('rejected', rejected) }
  },
  comparison: null,
  loss: () => rankedReward,
})
