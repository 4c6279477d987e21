import { wholePower } from '../../../core/portable-maths.ts'

/** Settings of the optimizer, as in PyTorch's AdamW and `clip_grad_norm_`. */
export interface AdamwSettings {
  readonly learningRate: number
  readonly beta1: number
  readonly beta2: number
  /** Above zero: what is padded with zeros stays zero. */
  readonly epsilon: number
  readonly weightDecay: number
  /** Largest norm of all gradients together; 0 does not clip. */
  readonly maxNorm: number
}

/** Places in the settings as kernels see them. */
export const SETTING_STEP_SIZE = 0
export const SETTING_BETA_1 = 1
export const SETTING_REST_1 = 2
export const SETTING_BETA_2 = 3
export const SETTING_REST_2 = 4
export const SETTING_EPSILON = 5
export const SETTING_CORRECTION_2 = 6
export const SETTING_DECAY = 7
export const SETTING_MAX_NORM = 8
export const ADAMW_SETTING_FLOATS = 12

/**
 * What kernels read of the settings, worked out in float64: lr / (1 − β1^t), β1, 1 − β1, β2, 1 − β2, ε, √(1 − β2^t),
 * 1 − lr · weight decay, and the largest norm.
 * @param step t, from 1 on
 */
export function adamwSettings(settings: AdamwSettings, step: number): Float32Array {
  const { learningRate, beta1, beta2, epsilon, weightDecay, maxNorm } = settings
  const values = new Float32Array(ADAMW_SETTING_FLOATS)
  values[SETTING_STEP_SIZE] = learningRate / (1 - wholePower(beta1, step))
  values[SETTING_BETA_1] = beta1
  values[SETTING_REST_1] = 1 - beta1
  values[SETTING_BETA_2] = beta2
  values[SETTING_REST_2] = 1 - beta2
  values[SETTING_EPSILON] = epsilon
  values[SETTING_CORRECTION_2] = Math.sqrt(1 - wholePower(beta2, step))
  values[SETTING_DECAY] = 1 - learningRate * weightDecay
  values[SETTING_MAX_NORM] = maxNorm
  return values
}
