import type { NodeId, SearchTree, TreeNode } from './types.ts'

/** Nodes from the problem (left out) to a node, in order; [] for the problem itself or an unknown node. */
export function pathTo(tree: SearchTree, node: NodeId): readonly TreeNode[] {
  const path: TreeNode[] = []
  let current = tree.nodes[node]
  while (current && current.parent !== null) {
    path.push(current)
    current = tree.nodes[current.parent]
  }
  return path.reverse()
}

/** Texts of the steps to a node, each with its step end; an eos step has no text and is left out. */
export function stepsTo(tree: SearchTree, node: NodeId): readonly string[] {
  return pathTo(tree, node)
    .map(({ text }) => text)
    .filter((text) => text !== '')
}
