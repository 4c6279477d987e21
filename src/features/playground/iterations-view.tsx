import { VerdictMark } from '../../panels/verdict-mark.tsx'
import type { ComparedChild } from '../../search/events.ts'
import type { Iteration } from '../../search/tree.ts'
import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { Button } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { formatScore } from '../../viz/layout/format-number.ts'
import { stepLabel } from '../../viz/layout/node-appearance.ts'
import styles from './strategy-view.module.css'

/** The way of every iteration down the tree, with what each step had when it was taken, and what came of it. */
export function IterationsView({ run }: { run: RunView }) {
  const actions = useActions()
  const { iterations } = run.tree
  if (iterations.length === 0) return <p className={styles.empty}>No iteration has begun yet.</p>
  return (
    <div className={styles.view}>
      <p className={styles.about}>
        The newest first. Below each step: its value V, its prior P and its visits n, as the iteration found them.
      </p>
      <table className={styles.grid}>
        <thead>
          <tr>
            <th scope="col">Iteration</th>
            <th scope="col">Backed up</th>
            <th scope="col">Way down</th>
          </tr>
        </thead>
        <tbody>
          {iterations.toReversed().map((iteration) => (
            <tr key={iteration.round}>
              <th scope="row">
                <Button variant="plain" onClick={() => actions.runs.seek(run.id, placeOf(run, iteration))}>
                  {iteration.round}
                </Button>
              </th>
              <td className={styles.number}>{formatScore(iteration.evaluated?.value ?? null)}</td>
              <td>
                <Way run={run} iteration={iteration} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Where its way down has been chosen: it is the newest then. */
function placeOf({ events }: RunView, { round }: Iteration): number {
  return events.findIndex((event) => event.type === 'selected' && event.round === round) + 1
}

function Way({ run, iteration }: { run: RunView; iteration: Iteration }) {
  const { choices } = iteration.selected
  if (choices.length === 0) return <>nothing was left below the problem</>
  return (
    <ol className={styles.way}>
      {choices.map(({ node, compared }, index) => {
        const taken = compared.find((child) => child.node === node)
        return taken ? <WayStep key={node} run={run} taken={taken} last={index === choices.length - 1} /> : null
      })}
    </ol>
  )
}

function WayStep({ run, taken, last }: { run: RunView; taken: ComparedChild; last: boolean }) {
  const actions = useActions()
  const node = run.tree.nodes[taken.node]
  if (!node) return null
  return (
    <li>
      <button
        type="button"
        className={styles.step}
        data-best={last || undefined}
        data-answer={node.state === 'answer' || undefined}
        aria-pressed={run.selected === node.id}
        onClick={() => actions.runs.select(run.id, node.id)}
      >
        <span className={styles.text}>
          <OutsideText text={stepLabel(node, run.tree).main} most={24} bare />
        </span>
        {node.verdict ? <VerdictMark correct={node.verdict.correct} bare /> : null}
      </button>
      <span className={styles.small}>
        V {formatScore(taken.value)} P {formatScore(taken.prior)} n {taken.visits}
      </span>
    </li>
  )
}
