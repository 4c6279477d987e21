import type { Views } from '../../backend.ts'
import {
  SETTING_BETA_1,
  SETTING_BETA_2,
  SETTING_CORRECTION_2,
  SETTING_DECAY,
  SETTING_EPSILON,
  SETTING_REST_1,
  SETTING_REST_2,
  SETTING_STEP_SIZE,
} from './adamw-settings.ts'

export interface AdamwShape {
  /** Whether the weight decay of the settings is meant for this tensor. */
  readonly decay: boolean
  readonly lanes: number
}

export const ADAMW_BINDINGS = {
  /** (count of quads, 0, 0, 0). */
  rows: ['u32', 'read'],
  /** `adamwSettings`. */
  settings: ['f32', 'read'],
  /** (norm, scale) of `clip`: gradients are multiplied by the scale. */
  clip: ['f32', 'read'],
  gradient: ['f32', 'read'],
  parameters: ['f32', 'read_write'],
  /** Running means of the gradient and of its square. */
  first: ['f32', 'read_write'],
  second: ['f32', 'read_write'],
} as const

export function adamwReference({ decay }: AdamwShape, views: Views<typeof ADAMW_BINDINGS>): () => void {
  const { rows, settings, clip, gradient, parameters, first, second } = views
  return () => {
    const end = 4 * (rows[0] as number)
    const scale = clip[1] as number
    const stepSize = settings[SETTING_STEP_SIZE] as number
    const beta1 = settings[SETTING_BETA_1] as number
    const rest1 = settings[SETTING_REST_1] as number
    const beta2 = settings[SETTING_BETA_2] as number
    const rest2 = settings[SETTING_REST_2] as number
    const epsilon = settings[SETTING_EPSILON] as number
    const correction2 = settings[SETTING_CORRECTION_2] as number
    const kept = decay ? (settings[SETTING_DECAY] as number) : 1
    for (let i = 0; i < end; i++) {
      const g = (gradient[i] as number) * scale
      const m = beta1 * (first[i] as number) + rest1 * g
      const v = beta2 * (second[i] as number) + rest2 * g * g
      first[i] = m
      second[i] = v
      parameters[i] = (parameters[i] as number) * kept - (stepSize * m) / (Math.sqrt(v) / correction2 + epsilon)
    }
  }
}
