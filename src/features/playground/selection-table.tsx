import { lastSelection } from '../../search/selections.ts'
import type { TreeNode } from '../../search/tree.ts'
import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import { stepLabel } from '../../viz/layout/node-appearance.ts'
import styles from './strategy-view.module.css'

/** Why the last iteration that came by took this step of a Monte Carlo tree search, or another. */
export function SelectionTable({ run, node }: { run: RunView; node: TreeNode }) {
  const actions = useActions()
  const last = lastSelection(run.tree, node.id)
  if (last === null) return null
  const { round, choice } = last
  return (
    <Panel title={`Selection of iteration ${round}`}>
      <p className={styles.about}>
        The highest priority is taken: the value, and a bonus for a high prior and few visits.
      </p>
      <table className={styles.numbers}>
        <thead>
          <tr>
            <th scope="col">step</th>
            <th scope="col">value</th>
            <th scope="col">prior</th>
            <th scope="col">visits</th>
            <th scope="col">priority</th>
          </tr>
        </thead>
        <tbody>
          {choice.compared.map((child) => {
            const other = run.tree.nodes[child.node]
            return (
              <tr key={child.node} data-own={child.node === node.id || undefined}>
                <th scope="row">
                  <button
                    type="button"
                    className={styles.step}
                    data-best={child.node === choice.node || undefined}
                    onClick={() => actions.runs.select(run.id, child.node)}
                  >
                    <span className={styles.text}>
                      <OutsideText text={other ? stepLabel(other, run.tree).main : ''} most={20} bare />
                    </span>
                  </button>
                </th>
                <td>{formatScore(child.value)}</td>
                <td>{formatScore(child.prior)}</td>
                <td>{child.visits}</td>
                <td>
                  {formatScore(child.priority)}
                  {child.node === choice.node ? ' taken' : ''}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </Panel>
  )
}
