import { formatPathScore } from '../../panels/format-path-score.ts'
import { VerdictMark } from '../../panels/verdict-mark.tsx'
import type { NodeId } from '../../search/events.ts'
import type { Attempt } from '../../search/tree.ts'
import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import { idsFromRoot, stepLabel } from '../../viz/layout/node-appearance.ts'
import styles from './strategy-view.module.css'

/** The chain of attempts: what each kept of the one before, what it wrote anew, and where its score fell. */
export function AttemptsView({ run }: { run: RunView }) {
  const actions = useActions()
  const { attempts, nodes } = run.tree
  if (attempts.length === 0) return <p className={styles.empty}>No attempt has begun yet.</p>
  return (
    <div className={styles.view}>
      <p className={styles.about}>
        An attempt a row. Framed steps are new in it; the others it has from the one before. The step whose score falls
        most, ↓, is replaced by the next attempt.
      </p>
      <table className={styles.grid}>
        <thead>
          <tr>
            <th scope="col">Attempt</th>
            <th scope="col">Path score</th>
            <th scope="col">Steps</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt, index) => (
            <tr key={attempt.round}>
              <th scope="row">
                <Button variant="plain" onClick={() => actions.runs.seekRound(run.id, attempt.round)}>
                  {attempt.round}
                </Button>
              </th>
              <td className={styles.number}>{formatPathScore(nodes[attempt.end]?.pathScore ?? null)}</td>
              <td>
                <Steps run={run} attempt={attempt} kept={keptOf(run, attempts[index - 1])} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** The steps that the attempt after this one begins with. */
function keptOf(run: RunView, before: Attempt | undefined): ReadonlySet<NodeId> {
  const fallen = before?.revised?.node
  const parent = fallen === undefined ? null : (run.tree.nodes[fallen]?.parent ?? null)
  return new Set(idsFromRoot(run.tree, parent))
}

function Steps({ run, attempt, kept }: { run: RunView; attempt: Attempt; kept: ReadonlySet<NodeId> }) {
  const actions = useActions()
  const ids = idsFromRoot(run.tree, attempt.end).slice(1)
  return (
    <ol className={styles.way}>
      {ids.map((id) => {
        const node = run.tree.nodes[id]
        if (!node) return null
        const fell = attempt.revised?.node === id ? attempt.revised : null
        return (
          <li key={id}>
            <button
              type="button"
              className={styles.step}
              data-best={!kept.has(id) || undefined}
              data-answer={node.state === 'answer' || undefined}
              aria-pressed={run.selected === id}
              onClick={() => actions.runs.select(run.id, id)}
            >
              <span className={styles.text}>
                <OutsideText text={stepLabel(node, run.tree).main || '⟨end⟩'} most={24} bare />
              </span>
              {node.verdict ? <VerdictMark correct={node.verdict.correct} bare /> : null}
            </button>
            <span className={styles.small}>
              {fell === null ? formatScore(node.score) : `↓ ${formatScore(fell.before)} to ${formatScore(fell.score)}`}
            </span>
          </li>
        )
      })}
    </ol>
  )
}
