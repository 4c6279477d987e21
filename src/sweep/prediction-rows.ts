import type { StrategyId } from '../search/settings.ts'
import type { ProblemFields } from './problem-set.ts'
import type { SweepResult } from './result.ts'

/** What search-and-learn calls the ways to choose among n completions, by their strategies here. */
const COLUMNS: Partial<Readonly<Record<StrategyId, string>>> = {
  'best-of-n-prm': 'pred_naive',
  'weighted-vote-prm': 'pred_weighted',
  sampling: 'pred_maj',
}

/** A row of search-and-learn's output: the problem's columns, its models and seed, and the answers chosen among n completions. */
export type PredictionRow = Readonly<Record<string, unknown>>

/**
 * Results with search-and-learn's columns: `pred_naive@n`, `pred_weighted@n` and `pred_maj@n` beside the problem's own, a row for
 * each problem, seed and pair of models; `pred` is the last of them: of the largest n, best-of-N before the votes. Where variations give
 * several searches of one strategy and n, the first counts. A problem without any of these has no row.
 */
export function predictionRows(
  results: Iterable<SweepResult>,
  problems: readonly ProblemFields[],
  policies: readonly string[],
): PredictionRow[] {
  const rows = new Map<string, { readonly about: PredictionRow; readonly answers: Map<string, string> }>()
  for (const { strategy, config, budget, problem, pair, seed, answer, error } of results) {
    const column = COLUMNS[strategy]
    if (column === undefined || budget === null || error !== undefined) continue
    if (strategy !== 'best-of-n-prm' && config.voteStop !== 'all') continue
    const key = `${pair}|${seed}|${problem}`
    const row = rows.get(key) ?? {
      about: { ...problems[problem], policy: policies[pair], seed },
      answers: new Map<string, string>(),
    }
    rows.set(key, row)
    const name = `${column}@${budget}`
    if (!row.answers.has(name)) row.answers.set(name, answer ?? '')
  }
  return [...rows.values()].map(({ about, answers }) => {
    const names = [...answers.keys()].toSorted((a, b) => places(a) - places(b))
    return {
      ...about,
      pred: answers.get(names.at(-1) ?? '') ?? '',
      ...Object.fromEntries(names.map((name) => [name, answers.get(name)])),
    }
  })
}

/** Small n first; of one n best-of-N last. */
function places(name: string): number {
  const [column = '', n = '0'] = name.split('@')
  return 3 * Number(n) + ['pred_maj', 'pred_weighted', 'pred_naive'].indexOf(column)
}
