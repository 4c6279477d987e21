import { RandomStream } from '../core/random.ts'

/** A response that may be preferred to another. */
export interface RankedResponse {
  readonly text: string
  readonly correct: boolean
  /** Path score of a reward model; needed where it judges. */
  readonly score?: number
}

export interface PreferencePair {
  readonly chosen: string
  readonly rejected: string
  /** Difference of the scores; null where there are none. */
  readonly margin: number | null
}

export interface PairSettings {
  /** A right response over a wrong one, or the higher score over the lower. */
  readonly by: 'verifier' | 'score'
  /** Pairs whose scores differ by less are left out; needs scores, also with the verifier. */
  readonly minMargin: number
  readonly maxPairs: number
  readonly seed: number
}

/**
 * Preference pairs among the responses to one prompt: equal texts count once, pairs are drawn at random by the seed
 * until there are `maxPairs`. Where no response is better than another, there is none.
 */
export function preferencePairs(responses: readonly RankedResponse[], settings: PairSettings): PreferencePair[] {
  const { by, minMargin, maxPairs, seed } = settings
  const different = [...new Map(responses.toReversed().map((response) => [response.text, response])).values()].reverse()
  const pairs: PreferencePair[] = []
  for (const chosen of different) {
    for (const rejected of different) {
      const margin = marginOf(chosen, rejected)
      if (by === 'score' && margin === null) throw new RangeError('pairs by score need the score of every response')
      const better = by === 'verifier' ? chosen.correct && !rejected.correct : (margin ?? 0) > 0
      const apart = minMargin <= 0 || (margin !== null && margin >= minMargin)
      if (better && apart) pairs.push({ chosen: chosen.text, rejected: rejected.text, margin })
    }
  }
  // Fisher and Yates, from the front: the first pairs are the same where more are asked for.
  const random = new RandomStream(seed, 0)
  const count = Math.min(maxPairs, pairs.length)
  for (let at = 0; at < count; at++) {
    const other = random.integer(at, pairs.length - 1)
    const [a, b] = [pairs[at], pairs[other]]
    if (a && b) [pairs[at], pairs[other]] = [b, a]
  }
  return pairs.slice(0, count)
}

function marginOf(chosen: RankedResponse, rejected: RankedResponse): number | null {
  return chosen.score === undefined || rejected.score === undefined ? null : chosen.score - rejected.score
}
