import { fromRows, paper } from '../objective.ts'
import { processReward } from './loss.ts'

export const processRewardObjective = fromRows({
  name: 'Process reward model (PRM)',
  short: 'PRM',
  hint: 'Learns to score each step by whether the solution can still come out right.',
  source: paper('Wang et al. 2023, Math-Shepherd', '2312.08935'),
  trains: 'reward-model',
  online: false,
  rows: 'stepwise',
  settings: {},
  defaults: { optimizer: { learningRate: 5e-4 } },
  encode: (encoder, { prompt, completions, labels }, id, { method }) => {
    const steps = completions.map((step) => encoder.ended(step))
    const sequence = encoder.scored(prompt, steps, (step) => `completions[${step}]`)
    // Soft labels as hard ones: any right completion makes a step right.
    const hardened = (label: number) => (label > 0 ? 1 : 0)
    return { id, sequence, labels: labels.map(Number).map((label) => (method === 'hard' ? hardened(label) : label)) }
  },
  comparison: null,
  loss: () => processReward,
})
