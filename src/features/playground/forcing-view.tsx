import { VerdictMark } from '../../panels/verdict-mark.tsx'
import { describeEvent } from '../../search/describe-event.ts'
import type { NodeId } from '../../search/events.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'
import { pathTo } from '../../search/tree-paths.ts'
import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { OutsideText } from '../../ui/outside-text.tsx'
import { stepLabel } from '../../viz/layout/node-appearance.ts'
import styles from './strategy-view.module.css'

/** The one chain of budget forcing in the order in which it came about: what was written, replaced and put in, by tokens. */
export function ForcingView({ run }: { run: RunView }) {
  const actions = useActions()
  const { tree, selected } = run
  const steps = tree.nodes.slice(1)
  if (steps.length === 0) return <p className={styles.empty}>No step is written yet.</p>
  const { minTokens, maxTokens } = run.setup.config
  return (
    <div className={styles.view}>
      <p className={styles.about}>
        A row for each step, in the order in which it came. Framed rows were put in. A row that is struck through ended
        the response before {minTokens} tokens and was replaced.
        {maxTokens > 0 ? ` From ${maxTokens} tokens on the answer is asked for.` : ''}
      </p>
      <table className={styles.grid}>
        <thead>
          <tr>
            <th scope="col">Tokens so far</th>
            <th scope="col">Step</th>
            <th scope="col">What happened</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((node) => (
            <tr key={node.id}>
              <td className={styles.number}>{tokensTo(tree, node.id)}</td>
              <td>
                <button
                  type="button"
                  className={styles.step}
                  data-best={node.forced !== null || undefined}
                  data-answer={node.state === 'answer' || undefined}
                  data-replaced={isReplaced(node) || undefined}
                  aria-pressed={selected === node.id}
                  onClick={() => actions.runs.select(run.id, node.id)}
                >
                  <span className={styles.text}>
                    <OutsideText text={stepLabel(node, tree).main || '⟨end⟩'} most={60} bare />
                  </span>
                  {node.verdict && !isReplaced(node) ? <VerdictMark correct={node.verdict.correct} bare /> : null}
                </button>
              </td>
              <td>
                <OutsideText text={happened(node, tree)} bare />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function isReplaced({ decision }: TreeNode): boolean {
  return decision?.rule === 'too-early'
}

function tokensTo(tree: SearchTree, id: NodeId): number {
  return pathTo(tree, id).reduce((sum, { tokens }) => sum + tokens.length, 0)
}

/** One sentence where the chain was steered; else in a word. */
function happened(node: TreeNode, tree: SearchTree): string {
  const { id, decision, forced } = node
  if (decision && isReplaced(node)) {
    return describeEvent({ type: 'pruned', round: node.round, node: id, decision, ledger: tree.ledger }, tree)
  }
  if (forced === 'wait') return 'Put in; stands for “Wait”.'
  if (forced === 'answer') return 'Asked for at the token limit; the policy completed it.'
  if (node.given) return 'Given.'
  return node.verdict === null ? 'Written.' : 'Ends the response.'
}
