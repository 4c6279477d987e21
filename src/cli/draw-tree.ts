import type { NodeId } from '../search/events.ts'
import type { SearchTree, TreeNode } from '../search/tree.ts'

type Paint = 'bold' | 'dim' | 'plain'

const CODES: Readonly<Record<Paint, string>> = { bold: '\x1b[1m', dim: '\x1b[2m', plain: '' }

/** Marks of a node's state; `drawTree` explains them in its first line. */
const LEGEND = '● kept  ○ pruned  ◌ rolled out  ✓ finished right  ✗ finished wrong  ★ answer'

/**
 * The tree of a search as text: a line a step with its state, score, text and how often it was drawn.
 * @param color whether to use terminal colours
 */
export function drawTree(tree: SearchTree, color: boolean): string {
  const paint = (text: string, how: Paint): string => (color && how !== 'plain' ? `${CODES[how]}${text}\x1b[0m` : text)
  const best = new Set<NodeId>()
  for (let id = tree.finished?.node ?? null; id !== null; id = tree.nodes[id]?.parent ?? null) best.add(id)
  const lines = [paint(LEGEND, 'dim'), tree.started?.setup.problem ?? '']
  // A loop, not recursion: paths may be long.
  const stack: { id: NodeId; prefix: string; last: boolean }[] = []
  const pushChildren = (node: TreeNode, prefix: string): void => {
    const children = [...node.children].reverse()
    for (const [index, id] of children.entries()) stack.push({ id, prefix, last: index === 0 })
  }
  const [root] = tree.nodes
  if (root) pushChildren(root, '')
  for (let next = stack.pop(); next; next = stack.pop()) {
    const node = tree.nodes[next.id]
    if (!node) continue
    const how: Paint = best.has(node.id)
      ? 'bold'
      : node.state === 'pruned' || node.state === 'rolledOut'
        ? 'dim'
        : 'plain'
    const branch = `${next.prefix}${next.last ? '└─' : '├─'}`
    lines.push(`${branch} ${paint(describeNode(node), how)}`)
    pushChildren(node, `${next.prefix}${next.last ? '   ' : '│  '}`)
  }
  return `${lines.join('\n')}\n`
}

function describeNode(node: TreeNode): string {
  const score = node.score === null ? '     ' : node.score.toFixed(3)
  const text = node.text === '' ? '(end)' : node.text.trimEnd()
  const times = node.count > 1 ? `  ×${node.count}` : ''
  const rollout = node.rollout && node.rollout.end !== node.id ? `  rollout ${node.rollout.pathScore.toFixed(3)}` : ''
  const visits = node.visits > 0 ? `  n${node.visits} ${(node.value ?? 0).toFixed(3)}` : ''
  return `${markOf(node)} ${score}  ${text}${times}${visits}${rollout}`
}

const MARKS: Readonly<Record<string, string>> = { true: '✓', false: '✗', null: '?' }

function markOf({ state, verdict }: TreeNode): string {
  if (state === 'answer') return `★${MARKS[String(verdict?.correct ?? false)]}`
  if (verdict) return MARKS[String(verdict.correct)] ?? '?'
  if (state === 'pruned') return '○'
  return state === 'rolledOut' ? '◌' : '●'
}
