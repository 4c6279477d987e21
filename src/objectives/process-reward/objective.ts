import type { LabelledSteps } from '../label-balance.ts'
import { fromRows, paper } from '../objective.ts'
import type { LabelSettings, StepwiseRow } from '../rows.ts'
import { processReward } from './loss.ts'

/** Soft labels as hard ones where the recipe says so: any right completion makes a step right. */
function labelsOf({ prompt, labels }: StepwiseRow, { method }: LabelSettings): LabelledSteps {
  const numbers = labels.map(Number)
  return { problem: prompt, labels: method === 'hard' ? numbers.map((label) => (label > 0 ? 1 : 0)) : numbers }
}

export const processRewardObjective = fromRows({
  name: 'Process reward model (PRM)',
  short: 'PRM',
  hint: 'Learns to score each step by whether the solution can still come out right.',
  source: paper('Wang et al. 2023, Math-Shepherd', '2312.08935'),
  trains: 'reward-model',
  judges: 'steps',
  online: false,
  rows: 'stepwise',
  settings: {},
  defaults: { optimizer: { learningRate: 5e-4 } },
  encode: (encoder, row, id, { labels: settings, balance }) => {
    const steps = row.completions.map((step) => encoder.ended(step))
    const sequence = encoder.scored(row.prompt, steps, (step) => `completions[${step}]`)
    const labelled = labelsOf(row, settings)
    return { id, sequence, labels: labelled.labels, ...(balance === null ? {} : { weights: balance.weigh(labelled) }) }
  },
  stepLabels: labelsOf,
  comparison: null,
  loss: () => processReward,
})
