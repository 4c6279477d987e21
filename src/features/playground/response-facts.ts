import { describeEvent } from '../../search/describe-event.ts'
import type { NodeId } from '../../search/events.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'
import { pathTo } from '../../search/tree-paths.ts'

/** What a run's response is made of, and what else was written for it. */
export interface ResponseFacts {
  /** From the first step to the last of the path that is the answer, or that the search follows now; [] where there is none. */
  readonly path: readonly TreeNode[]
  /** All steps but those that were given, in the order in which they came. */
  readonly written: readonly TreeNode[]
  /** Tokens of the steps that the policy wrote, in all and on the path; identical samples count once. */
  readonly tokens: number
  readonly pathTokens: number
}

/** Up to the playhead. */
export function responseFacts(tree: SearchTree): ResponseFacts {
  const end = endOf(tree)
  const path = end === null ? [] : pathTo(tree, end)
  const written = tree.nodes.filter(({ parent, given }) => parent !== null && !given)
  const count = (nodes: readonly TreeNode[]) =>
    nodes.reduce((sum, { given, tokens }) => sum + (given ? 0 : tokens.length), 0)
  return { path, written, tokens: count(written), pathTokens: count(path) }
}

/** The answer's last step; before the end the last step that the search goes on from. */
function endOf({ finished, nodes }: SearchTree): NodeId | null {
  if (finished !== null) return finished.node
  const followed = nodes.findLast(({ parent, state }) => parent !== null && (state === 'kept' || state === 'candidate'))
  return (followed ?? nodes.findLast(({ given }) => given))?.id ?? null
}

/** What became of a step, in one sentence. */
export function whatBecame(node: TreeNode, tree: SearchTree): string {
  const { id, round, decision, state } = node
  if (decision !== null) {
    const type = state === 'pruned' ? 'pruned' : 'kept'
    return describeEvent({ type, round, node: id, decision, ledger: tree.ledger }, tree)
  }
  if (state === 'rolledOut') return 'Written ahead, to see where the step before it leads.'
  return tree.finished === null ? 'Waits for a decision.' : 'Left as it is: nothing was decided on it.'
}
