import type { Views } from '../../backend.ts'
import { ROW_TOKEN, rowStart } from '../rows.ts'

export interface TokenLogprobsShape {
  readonly vocabulary: number
  /** Floats from one row of the logits to the next; a multiple of 4. What lies past the vocabulary is not looked at. */
  readonly stride: number
  /** Invocations per row. */
  readonly lanes: number
  /** Invocations of a workgroup, each with a row of its own, where there is one per row. */
  readonly serialLanes: number
}

/** Words of a row's numbers: of its target the log-probability; log Σ e^logit; entropy in nats; 1 where target is best. */
export const STATS_WORDS = 4
export const STATS_LOGPROB = 0
export const STATS_LOG_SUM = 1
export const STATS_ENTROPY = 2
export const STATS_HIT = 3

export const TOKEN_LOGPROBS_BINDINGS = {
  /** The token word of a row is its target. */
  rows: ['u32', 'read'],
  logits: ['f32', 'read'],
  stats: ['f32', 'read_write'],
} as const

export function tokenLogprobsReference(
  { vocabulary, stride }: TokenLogprobsShape,
  views: Views<typeof TOKEN_LOGPROBS_BINDINGS>,
): () => void {
  const { rows, logits, stats } = views
  return () => {
    const count = rows[0] as number
    for (let row = 0; row < count; row++) {
      const from = row * stride
      const target = rows[rowStart(row) + ROW_TOKEN] as number
      let best = 0
      for (let id = 1; id < vocabulary; id++) {
        if ((logits[from + id] as number) > (logits[from + best] as number)) best = id
      }
      const most = logits[from + best] as number
      let sum = 0
      let below = 0
      for (let id = 0; id < vocabulary; id++) {
        const apart = (logits[from + id] as number) - most
        const weight = Math.exp(apart)
        sum += weight
        below += weight * apart
      }
      const logSum = Math.log(sum)
      const to = row * STATS_WORDS
      stats[to + STATS_LOGPROB] = (logits[from + target] as number) - most - logSum
      stats[to + STATS_LOG_SUM] = most + logSum
      stats[to + STATS_ENTROPY] = logSum - below / sum
      stats[to + STATS_HIT] = best === target ? 1 : 0
    }
  }
}
