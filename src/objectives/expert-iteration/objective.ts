import { fromRollouts, paper } from '../objective.ts'
import { sft } from '../sft/loss.ts'
import { ROLLOUT_PASSES } from '../shared-settings.ts'
import { selectVerified } from './verified-samples.ts'

export const expertIterationObjective = fromRollouts({
  name: 'Expert iteration',
  short: 'Expert iteration',
  hint: 'Samples responses, keeps those that the verifier accepts, and learns to write them.',
  source: paper('Anthony et al. 2017', '1705.08439'),
  trains: 'policy',
  online: true,
  rewarded: false,
  valueHead: false,
  settings: ROLLOUT_PASSES,
  defaults: { optimizer: { learningRate: 2e-4, schedule: 'constant' }, batch: 64 },
  comparesWithReference: () => false,
  items: async (rollouts) =>
    selectVerified(
      rollouts.map(({ id, group, sequence, right }) => ({
        id,
        sequence,
        problem: group,
        tokenIds: sequence.tokenIds,
        right,
      })),
    ),
  loss: () => sft,
})
