import type { Views } from '../../backend.ts'
import { SETTING_MAX_NORM } from '../adamw/adamw-settings.ts'

export interface ClipShape {
  /** Invocations that share the partial sums. */
  readonly lanes: number
}

export const CLIP_BINDINGS = {
  /** (count of partial sums, 0, 0, 0). */
  rows: ['u32', 'read'],
  /** Sums of squares. */
  partials: ['f32', 'read'],
  /** `adamwSettings`. */
  settings: ['f32', 'read'],
  /** (norm, scale). */
  output: ['f32', 'read_write'],
} as const

/** Keeps a norm of zero from being divided by, as in PyTorch. */
export const CLIP_EPSILON = 1e-6

export function clipReference({ rows, partials, settings, output }: Views<typeof CLIP_BINDINGS>): () => void {
  return () => {
    const count = rows[0] as number
    let sum = 0
    for (let i = 0; i < count; i++) sum += partials[i] as number
    const norm = Math.sqrt(sum)
    const most = settings[SETTING_MAX_NORM] as number
    output[0] = norm
    output[1] = most > 0 ? Math.min(1, most / (norm + CLIP_EPSILON)) : 1
  }
}
