import type { NodeId, SelectionChoice } from './events.ts'
import type { SearchTree } from './tree.ts'

/** The last time that a node could be selected: the iteration and all that it was compared with; null where it never could. */
export function lastSelection(
  { iterations }: SearchTree,
  node: NodeId,
): { readonly round: number; readonly choice: SelectionChoice } | null {
  for (const { round, selected } of iterations.toReversed()) {
    const choice = selected.choices.find(({ compared }) => compared.some((child) => child.node === node))
    if (choice) return { round, choice }
  }
  return null
}
