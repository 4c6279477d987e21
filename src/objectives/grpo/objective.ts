import { z } from 'zod'
import { groupAdvantages, groupProcessAdvantages } from '../advantages.ts'
import { fromRollouts, paper } from '../objective.ts'
import type { Rollout } from '../rollout.ts'
import type { Setting } from '../setting.ts'
import { BETA, CLIP, ROLLOUT_PASSES } from '../shared-settings.ts'
import { grpo } from './loss.ts'

/** Advantages are divided by the deviation of their group. */
const SCALE_REWARDS: Setting<z.ZodDefault<z.ZodBoolean>> = {
  schema: z.boolean().default(true),
  group: 'Objective',
  field: {
    kind: 'switch',
    label: 'Scale by group',
    hint: 'Divides advantages by the deviation of their group: small differences count as much as large ones.',
  },
}

export const grpoObjective = fromRollouts({
  name: 'Group relative policy optimization (GRPO)',
  short: 'GRPO',
  hint: 'Samples a group of responses to each problem and strengthens those that earn more than the group’s mean.',
  source: paper('Shao et al. 2024, DeepSeekMath', '2402.03300'),
  trains: 'policy',
  online: true,
  rewarded: true,
  valueHead: false,
  settings: { beta: BETA, scaleRewards: SCALE_REWARDS, ...ROLLOUT_PASSES, clip: CLIP },
  defaults: {
    optimizer: { learningRate: 1e-4, schedule: 'constant' },
    batch: 32,
    reward: { format: 0.1 },
    settings: { beta: 0 },
  },
  comparesWithReference: ({ beta }) => beta > 0,
  items: async (rollouts, { settings: { scaleRewards }, stepRewards, reference }) => {
    const advantages = new Map<Rollout, number | Float64Array>()
    for (const group of groupsOf(rollouts)) {
      const found = stepRewards
        ? groupProcessAdvantages(
            group.map(({ logprobs, reward: { byToken } }) => ({ tokens: logprobs.length, rewards: byToken })),
            scaleRewards,
          )
        : groupAdvantages(
            group.map(({ reward: { total } }) => total),
            scaleRewards,
          )
      group.forEach((rollout, index) => {
        advantages.set(rollout, found[index] ?? 0)
      })
    }
    return rollouts.map((rollout, index) => ({
      id: rollout.id,
      sequence: rollout.sequence,
      group: rollout.group,
      reward: rollout.reward.total,
      advantages: advantages.get(rollout) ?? 0,
      oldLogprobs: rollout.logprobs,
      referenceLogprobs: reference?.[index] ?? null,
    }))
  },
  loss: grpo,
})

/** Rollouts of one problem stand together. */
function groupsOf(rollouts: readonly Rollout[]): Rollout[][] {
  const groups = new Map<string, Rollout[]>()
  for (const rollout of rollouts) {
    const group = groups.get(rollout.group)
    if (group === undefined) groups.set(rollout.group, [rollout])
    else group.push(rollout)
  }
  return [...groups.values()]
}
