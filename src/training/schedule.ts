import { cosineAndSine } from '../core/portable-maths.ts'

/** How a learning rate goes from its peak to its end. */
export type ScheduleKind = 'constant' | 'linear' | 'cosine'

export interface ScheduleSettings {
  readonly kind: ScheduleKind
  /** Highest learning rate. */
  readonly peak: number
  /** Steps of the linear way up; 0 for none. */
  readonly warmupSteps: number
  /** Steps of the whole training, the way up included. */
  readonly totalSteps: number
  /** What is left at the end, as a part of the peak; a constant schedule has none. */
  readonly minimumRatio: number
}

/**
 * Learning rate of a step, counted from 0: linear to the peak, which step `warmupSteps` is the first to have; then
 * constant, a straight line, or half a cosine (Loshchilov & Hutter, arXiv 1608.03983, eq. 5) down to the minimum, which is
 * reached after the last step. No step, the first and the last included, has a rate of 0 unless the peak is 0. Past the end
 * it stays at the minimum.
 */
export function learningRate(
  { kind, peak, warmupSteps, totalSteps, minimumRatio }: ScheduleSettings,
  step: number,
): number {
  if (step < warmupSteps) return (peak * (step + 1)) / (warmupSteps + 1)
  if (kind === 'constant') return peak
  const length = Math.max(1, totalSteps - warmupSteps)
  const passed = Math.min(1, (step - warmupSteps) / length)
  const left = kind === 'linear' ? 1 - passed : (1 + cosineAndSine(Math.PI * passed)[0]) / 2
  return peak * (minimumRatio + (1 - minimumRatio) * left)
}
