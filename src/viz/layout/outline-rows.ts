import type { NodeId } from '../../search/events.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'
import { formatScore } from './format-number.ts'
import type { TruthLabel } from './node-appearance.ts'
import { shownScore, stateInWords, stepLabel, truthInWords } from './node-appearance.ts'
import { childrenByScore } from './tree-layout.ts'

/** One node of the tree as a row of a list, in the order in which the picture is read. */
export interface OutlineRow {
  readonly node: TreeNode
  /** Place among its siblings, from 1, and how many there are. */
  readonly place: number
  readonly siblings: number
}

/** All rows, each node before its children, siblings best first, as drawn. */
export function outlineRows(tree: SearchTree): OutlineRow[] {
  const root = tree.nodes[0]
  if (root === undefined) return []
  const rows: OutlineRow[] = []
  const stack: OutlineRow[] = [{ node: root, place: 1, siblings: 1 }]
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.push(row)
    const children = childrenByScore(row.node, tree.nodes)
    for (let index = children.length - 1; index >= 0; index--) {
      const node = tree.nodes[children[index] as NodeId]
      if (node !== undefined) stack.push({ node, place: index + 1, siblings: children.length })
    }
  }
  return rows
}

/** The rows as tab-separated text with a header, for pasting into a spreadsheet. */
export function outlineText(tree: SearchTree, truth: ReadonlyMap<NodeId, TruthLabel> | null): string {
  const header = [
    'node',
    'parent',
    'step',
    'text',
    'samples',
    'score',
    'path score',
    'state',
    ...(truth ? ['truth'] : []),
  ]
  const lines = outlineRows(tree).map(({ node }) => {
    const text = node.text.trim() || (node.parent === null ? tree.started?.setup.problem : '') || ''
    const label = truth?.get(node.id)
    return [
      node.id,
      node.parent ?? '',
      node.depth,
      text.replaceAll('\n', ' ⏎ ').replaceAll('\t', ' '),
      node.count,
      shownScore(node) ?? '',
      node.pathScore ?? '',
      stateInWords(node),
      ...(truth ? [label ? truthInWords(label) : ''] : []),
    ].join('\t')
  })
  return [header.join('\t'), ...lines].join('\n')
}

/** A row in words, for screen readers. */
export function rowInWords(node: TreeNode, tree: SearchTree, label: TruthLabel | undefined): string {
  const { main, rest } = stepLabel(node, tree)
  const score = shownScore(node)
  return [
    `${main} ${rest}`.trim(),
    ...(score === null ? [] : [`score ${formatScore(score)}`]),
    stateInWords(node),
    ...(node.count > 1 ? [`${node.count} identical samples`] : []),
    ...(label === undefined ? [] : [truthInWords(label)]),
  ].join(', ')
}
