import { TermWord } from '../../panels/term.tsx'
import { VerdictMark } from '../../panels/verdict-mark.tsx'
import { strategyName } from '../../search/settings.ts'
import type { CompareRow } from '../../state/compare/compare-state.ts'
import { useApp } from '../../state/hooks.ts'
import { modelName } from '../../state/models/model-names.ts'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatDuration, formatNumber } from '../../viz/layout/format-number.ts'
import styles from './difference-table.module.css'
import { whatDiffers } from './what-differs.ts'

const inWords = (parts: readonly string[]): string => new Intl.ListFormat('en').format(parts)

/** Answers and costs side by side, and what each strategy had when all had spent the same. */
export function DifferenceTable({ rows, equalFlops }: { rows: readonly CompareRow[]; equalFlops: number | null }) {
  const engine = useApp((state) => state.engine)
  const { parts, words } = whatDiffers(rows, (id) => modelName(id, engine))
  const least = Math.min(...rows.map(({ flops }) => flops).filter((flops) => flops > 0))
  return (
    <div className={styles.wrap}>
      <table className={styles.table}>
        <caption className={styles.caption}>
          Differences
          {parts.length === 0 ? null : <span className={styles.muted}> of {inWords(parts)}</span>}
          {equalFlops === null ? null : (
            <span className={styles.muted}>
              {' '}
              at equal FLOPs of both models: what each had after {formatNumber(equalFlops, 'FLOP')}, the least any of
              them spent
            </span>
          )}
        </caption>
        <thead>
          <tr>
            <th scope="col">Strategy</th>
            <th scope="col">Answer</th>
            <th scope="col">
              At equal <TermWord term="flops">FLOPs</TermWord>
            </th>
            <th scope="col" className={styles.number}>
              Policy tokens
            </th>
            <th scope="col" className={styles.number}>
              PRM tokens
            </th>
            <th scope="col" className={styles.number}>
              Compute
            </th>
            <th scope="col" className={styles.number}>
              × least
            </th>
            <th scope="col" className={styles.number}>
              <TermWord term="sharing">Tokens saved</TermWord>
            </th>
            <th scope="col" className={styles.number}>
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={row.run}>
              <th scope="row">
                {strategyName(row.strategy)}
                {words[at] ? (
                  <span className={styles.told}>
                    <OutsideText text={words[at]} />
                  </span>
                ) : null}
              </th>
              <td>
                {row.status !== 'finished' ? (
                  <span className={styles.muted}>{row.status}</span>
                ) : (
                  <VerdictMark correct={row.correct} word={row.answer ?? 'no answer'} />
                )}
              </td>
              <td>
                {row.atEqualFlops === null ? (
                  <span className={styles.muted}>none yet</span>
                ) : (
                  <VerdictMark correct={row.atEqualFlops.correct} word={row.atEqualFlops.answer ?? 'no answer'} />
                )}
              </td>
              <td className={styles.number}>{formatNumber(row.policyTokens)}</td>
              <td className={styles.number}>{formatNumber(row.rewardTokens)}</td>
              <td className={styles.number}>{formatNumber(row.flops, 'FLOP')}</td>
              <td className={styles.number}>{row.flops > 0 ? `${(row.flops / least).toPrecision(3)}` : '–'}</td>
              <td className={styles.number}>{formatNumber(row.savedTokens)}</td>
              <td className={styles.number}>{row.wallMs > 0 ? formatDuration(row.wallMs) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
