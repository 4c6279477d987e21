import { BOUNDS } from '../core/bounds.ts'
import { logOdds, sigmoid } from '../core/numerics.ts'
import { mean } from '../core/statistics.ts'
import type { Aggregation } from './models.ts'

/** Well below the sum of the longest path: a finite number, since files hold no infinite ones. */
const LOWEST_SUM = 2 * BOUNDS.responseSteps.max * logOdds(0)

/**
 * The score of a path from its steps' scores, each in [0, 1]: the last (Snell et al. 2024), the lowest (Math-Shepherd),
 * their product (Lightman et al. 2023), their mean, or the sum of their log-odds. Scores of 0 and 1 are moved by 10⁻⁶
 * before log-odds are taken. A path without scored steps has the lowest value there is: nothing speaks for it yet.
 */
export function aggregate(aggregation: Aggregation, scores: readonly number[]): number {
  if (scores.length === 0) return aggregation === 'sum-log-odds' ? LOWEST_SUM : 0
  switch (aggregation) {
    case 'last':
      return scores[scores.length - 1] ?? 0
    case 'min':
      return scores.reduce((lowest, score) => Math.min(lowest, score))
    case 'product':
      return scores.reduce((product, score) => product * score, 1)
    case 'mean':
      return mean(scores)
    case 'sum-log-odds':
      return scores.reduce((sum, score) => sum + logOdds(score), 0)
  }
}

/** A path score as a weight in [0, 1], to be summed in a vote: log-odds become the probability they stand for. */
export function voteWeight(aggregation: Aggregation, pathScore: number): number {
  return aggregation === 'sum-log-odds' ? sigmoid(pathScore) : pathScore
}

/** How an aggregation is called in a list or a table. */
export const AGGREGATION_TITLES: Readonly<Record<Aggregation, string>> = {
  last: 'Last',
  min: 'Lowest',
  product: 'Product',
  mean: 'Mean',
  'sum-log-odds': 'Sum of log-odds',
}

/** How an aggregation is named in a sentence: `by last-step score`. */
export const AGGREGATION_NAMES: Readonly<Record<Aggregation, string>> = {
  last: 'last-step score',
  min: 'lowest step score',
  product: 'product of step scores',
  mean: 'mean step score',
  'sum-log-odds': 'sum of log-odds',
}
