import { z } from 'zod'
import { BOUNDS, bounded } from '../core/bounds.ts'
import { numberSetting } from './setting.ts'

/** Settings that several objectives have. */

/** DPO: 0.5 beside an rpoAlpha, 0.1 in its paper. Implicit PRM: 0.05. GRPO: weight of the divergence from the reference model; 0 does without one. */
export const BETA = numberSetting(z.number().min(0).default(0.1), {
  label: 'Beta',
  hint: 'How strongly it is held to the reference model; 0 lets it go.',
  min: 0,
  max: 10,
  step: 0.01,
})

/** ε of clipped policy gradients. */
export const CLIP = numberSetting(z.number().positive().default(0.2), {
  label: 'Clip',
  hint: 'A token’s probability counts up to this share above or below before.',
  min: 0.01,
  max: 10,
  step: 0.05,
})

/** Passes over one batch of rollouts, and batches that each pass is cut into: of every online objective. */
export const ROLLOUT_PASSES = {
  innerEpochs: numberSetting(bounded(BOUNDS.passes).default(1), {
    label: 'Passes',
    hint: 'Over one batch of samples.',
    min: 1,
    max: 64,
  }),
  minibatches: numberSetting(bounded(BOUNDS.passes).default(1), {
    label: 'Minibatches',
    hint: 'That each pass is cut into.',
    min: 1,
    max: 64,
  }),
}
