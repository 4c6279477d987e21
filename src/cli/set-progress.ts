import type { SetProgress } from '../rewards/problem-set.ts'
import type { ProgressLine } from './output.ts'

/** Shows how far the work on a set of problems is, how fast it goes, and when it will be done. */
export function showSetProgress(
  line: ProgressLine,
  what: string,
  before: number,
  clock: () => number = () => performance.now(),
): (progress: SetProgress) => void {
  const started = clock()
  return ({ done, total, usage }) => {
    const seconds = (clock() - started) / 1000
    const left = (seconds * (total - done)) / Math.max(1, done - before)
    const rate = Math.round(usage.executed / Math.max(seconds, 1e-3)).toLocaleString('en-US')
    line.show(`${what}: ${done} of ${total} problems, ${rate} tokens/s, ${describeTime(left)} left`)
  }
}

/** `3 s`, `2 min`, `1.5 h` */
export function describeTime(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
