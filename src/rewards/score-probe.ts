import { toErrorDetails } from '../core/errors.ts'
import type { Probe, ProbeResult } from './probes.ts'

/**
 * What a probe does to a reward model's scores; null where the model's vocabulary cannot hold the change, which says nothing of
 * the model. Other errors are passed on.
 * @param before scores of the response as it was
 */
export async function scoreProbe(
  probe: Probe,
  before: readonly number[],
  score: (steps: readonly string[]) => Promise<readonly number[]>,
): Promise<ProbeResult | null> {
  try {
    return resultOf(probe, before, await score(probe.steps))
  } catch (error) {
    if (toErrorDetails(error).code === 'bad-problem') return null
    throw error
  }
}

/** A model of outcomes has one score, for the whole response, before and after. */
function resultOf({ kind, expects, at, before }: Probe, was: readonly number[], is: readonly number[]): ProbeResult {
  return {
    kind,
    expects,
    before: was[before] ?? was.at(-1) ?? Number.NaN,
    after: is[at] ?? is.at(-1) ?? Number.NaN,
    lowestBefore: lowest(was),
    lowestAfter: lowest(is),
  }
}

function lowest(scores: readonly number[]): number {
  return scores.reduce((least, score) => Math.min(least, score), 1)
}
