import { formatPathScore } from '../../panels/format-path-score.ts'
import { VerdictMark } from '../../panels/verdict-mark.tsx'
import { subtreeRounds } from '../../search/subtree-rounds.ts'
import type { TreeNode } from '../../search/tree.ts'
import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { OutsideText } from '../../ui/outside-text.tsx'
import { stepLabel } from '../../viz/layout/node-appearance.ts'
import styles from './strategy-view.module.css'

/** The independent searches of a diverse tree search, a row each: what every round proposed, the best of it first. */
export function SubtreesView({ run }: { run: RunView }) {
  const subtrees = subtreeRounds(run.tree)
  if (subtrees.length === 0) return <p className={styles.empty}>No subtree has begun yet.</p>
  const rounds = Math.max(...subtrees.map((subtree) => subtree.rounds.length))
  return (
    <div className={styles.view}>
      <table className={styles.grid}>
        <thead>
          <tr>
            <th scope="col">Subtree</th>
            {Array.from({ length: rounds }, (_, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its round
              <th key={index} scope="col">
                Round {index + 1}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {subtrees.map((subtree) => (
            <tr key={subtree.subtree}>
              <th scope="row">{subtree.subtree + 1}</th>
              {subtree.rounds.map(({ round, proposals, decided }) => (
                <td key={round}>
                  {proposals.map((node, place) => (
                    <StepButton key={node.id} run={run} node={node} best={decided && place === 0} />
                  ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function StepButton({ run, node, best }: { run: RunView; node: TreeNode; best: boolean }) {
  const actions = useActions()
  const { main } = stepLabel(node, run.tree)
  return (
    <button
      type="button"
      className={styles.step}
      data-best={best || undefined}
      data-answer={node.state === 'answer' || undefined}
      aria-pressed={run.selected === node.id}
      onClick={() => actions.runs.select(run.id, node.id)}
    >
      <span className={styles.text}>
        <OutsideText text={main} most={28} bare />
      </span>
      {node.verdict ? <VerdictMark correct={node.verdict.correct} bare /> : null}
      <span className={styles.number}>{formatPathScore(node.pathScore)}</span>
    </button>
  )
}
