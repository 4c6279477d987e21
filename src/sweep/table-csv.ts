import { strategyById, strategyName } from '../search/settings.ts'
import { settingWords } from './lines.ts'
import type { SweepPoint } from './table.ts'

const COLUMNS: readonly (readonly [name: string, of: (point: SweepPoint, pair: string) => string | number | null])[] = [
  ['strategy', ({ strategy }) => strategyName(strategy)],
  [
    'settings',
    ({ strategy, config }) =>
      strategyById(strategy)
        .settings.map((name) => settingWords(name, config[name]))
        .join('; '),
  ],
  ['budget', ({ budget }) => budget],
  ['models', (_, pair) => pair],
  ['problems', ({ problems }) => problems],
  ['judged', ({ judged }) => judged],
  ['results', ({ results }) => results],
  ['errors', ({ errors }) => errors],
  ['accuracy', ({ accuracy }) => accuracy?.rate ?? null],
  ['accuracy_low', ({ accuracy }) => accuracy?.interval[0] ?? null],
  ['accuracy_high', ({ accuracy }) => accuracy?.interval[1] ?? null],
  ['oracle', ({ oracle }) => oracle?.rate ?? null],
  ['flops', ({ cost }) => cost?.flops ?? null],
  ['policy_flops', ({ cost }) => cost?.policyFlops ?? null],
  ['reward_flops', ({ cost }) => cost?.rewardFlops ?? null],
  ['tokens', ({ cost }) => cost?.tokens ?? null],
  ['tokens_asked', ({ cost }) => cost?.tokensAsked ?? null],
  ['seconds', ({ cost }) => cost?.seconds ?? null],
]

/** The table as CSV (RFC 4180), a row a point; costs are means per problem, what is not known is empty. */
export function tableCsv(points: readonly SweepPoint[], pairTitles: readonly string[] = []): string {
  const rows = points.map((point) => {
    const pair = pairTitles[point.pair] ?? `Models ${point.pair + 1}`
    return COLUMNS.map(([, of]) => of(point, pair))
  })
  return [COLUMNS.map(([name]) => name), ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('')
}

function csvField(value: string | number | null): string {
  const text = value === null ? '' : String(value)
  // A spreadsheet reads what begins so as a formula.
  const plain = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
