import { useMemo } from 'react'
import { formatPathScore } from '../../panels/format-path-score.ts'
import { TermWord } from '../../panels/term.tsx'
import { AGGREGATION_TITLES, aggregate } from '../../search/aggregate.ts'
import type { TreeNode } from '../../search/tree.ts'
import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { Panel } from '../../ui/panel.tsx'
import type { Ranking } from './rankings.ts'
import { rankings } from './rankings.ts'
import styles from './rankings-table.module.css'

interface RankingsTableProps {
  run: RunView
  node: TreeNode
  /** Scores of the steps of its edited path; null while they are read, left out where nothing is edited. */
  edited?: readonly number[] | null | undefined
}

/** The same round ranked by every aggregation: where this node would stand, and who would be kept instead. */
export function RankingsTable({ run, node, edited }: RankingsTableProps) {
  const rows = useMemo(() => rankings(run.tree, node, aggregate, edited ?? undefined), [run.tree, node, edited])
  if (rows.length === 0 || edited === null) return null
  const own = rows.find((row) => row.aggregation === run.tree.aggregation)
  // Among finished paths one is the answer, and none of them is pruned.
  const final = node.decision?.rule !== 'rank'
  return (
    <Panel title={edited ? 'The edited path by other path scores' : 'By other path scores'}>
      {edited ? <p>Where the edited path would stand among the others of its round, as those were recorded.</p> : null}
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">
              <TermWord term="pathScore">path score</TermWord>
            </th>
            <th scope="col">value</th>
            <th scope="col">rank</th>
            <th scope="col">result</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.aggregation} data-own={row === own || undefined}>
              <th scope="row">
                {AGGREGATION_TITLES[row.aggregation].toLowerCase()}
                {row === own ? <span className={styles.own}> used</span> : null}
              </th>
              <td>{formatPathScore(row.score)}</td>
              <td>
                {row.rank}/{row.of}
              </td>
              <td className={styles.result}>
                {row.kept ? (final ? 'answer' : 'kept') : final ? 'not the answer' : 'pruned'}
                <Instead run={run} row={row} own={own} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

/** The nodes that this aggregation keeps and the run's own does not. */
function Instead({ run, row, own }: { run: RunView; row: Ranking; own: Ranking | undefined }) {
  const actions = useActions()
  const others = row.keeps.filter((id) => own && !own.keeps.includes(id))
  if (row === own) return null
  if (others.length === 0) return <span className={styles.same}>same set</span>
  return (
    <span className={styles.others}>
      keeps
      {others.map((id) => (
        <button key={id} type="button" className={styles.node} onClick={() => actions.runs.select(run.id, id)}>
          #{id}
        </button>
      ))}
    </span>
  )
}
