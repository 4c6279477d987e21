import { plainText } from '../../core/outside-text.ts'
import type { NodeId } from '../../search/events.ts'
import type { Verdict } from '../../search/models.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'

/** Exact labels of the prefix that ends in a node, shown when the truth is revealed. */
export interface TruthLabel {
  readonly valid: boolean
  /** The target can still be reached from here (or has been). */
  readonly reachable: boolean
}

/** How a node is drawn: by shape and stroke, so that it never depends on colour alone. */
export type Appearance =
  | 'root'
  | 'given'
  | 'proposed'
  | 'kept'
  | 'pruned'
  | 'rolledOut'
  | 'finishedRight'
  | 'finishedWrong'
  | 'finished'
  | 'answer'

export const APPEARANCES: readonly Appearance[] = [
  'root',
  'given',
  'proposed',
  'kept',
  'pruned',
  'rolledOut',
  'finishedRight',
  'finishedWrong',
  'finished',
  'answer',
]

const FINISHED = { right: 'finishedRight', wrong: 'finishedWrong', unknown: 'finished' } as const
const VERDICT_WORDS = { right: 'right', wrong: 'wrong', unknown: 'not checked' } as const

/** What is known of a finished path. */
export function verdictOf({ correct }: Pick<Verdict, 'correct'>): 'right' | 'wrong' | 'unknown' {
  if (correct === null) return 'unknown'
  return correct ? 'right' : 'wrong'
}

/** The one drawing of a node; a finished path shows whether it is right, the answer shows that it is the answer. */
export function appearanceOf(node: TreeNode): Appearance {
  if (node.state === 'root' || node.parent === null) return 'root'
  if (node.state === 'rolledOut') return 'rolledOut'
  if (node.state === 'answer') return 'answer'
  if (node.verdict !== null) return FINISHED[verdictOf(node.verdict)]
  if (node.given) return 'given'
  return node.state === 'candidate' ? 'kept' : node.state
}

const WORDS: Readonly<Record<Appearance, string>> = {
  root: 'problem',
  given: 'given',
  proposed: 'proposed',
  kept: 'kept',
  pruned: 'pruned',
  rolledOut: 'rolled out',
  finishedRight: 'finished, right',
  finishedWrong: 'finished, wrong',
  finished: 'finished, not checked',
  answer: 'answer',
}

export function appearanceName(appearance: Appearance): string {
  return WORDS[appearance]
}

const MEANINGS: Readonly<Record<Appearance, string>> = {
  root: 'The problem, where every path starts',
  given: 'A step of the prefix the search was told to continue from',
  proposed: 'The policy proposed it; no decision yet',
  kept: 'Among the best of its round: the search goes on from here',
  pruned: 'Scored below those kept: the search does not go on from here',
  rolledOut: 'Written ahead to score the proposal it hangs on; the number is the score at its end',
  finishedRight: 'A finished path whose answer is right',
  finishedWrong: 'A finished path whose answer is wrong',
  finished: 'A finished path; without a gold answer nothing says whether it is right',
  answer: 'The path the search returned, heavy down to the problem',
}

/** One sentence on what the state means. */
export function appearanceMeaning(appearance: Appearance): string {
  return MEANINGS[appearance]
}

/** The state in words: `answer, right`, `finished, wrong, pruned`. */
export function stateInWords(node: TreeNode): string {
  const appearance = appearanceOf(node)
  const parts = [WORDS[appearance]]
  if (appearance === 'answer' && node.verdict !== null) parts.push(VERDICT_WORDS[verdictOf(node.verdict)])
  if (appearance !== 'given' && node.given) parts.push('given')
  if (node.forced !== null) parts.push('put in')
  if (node.state === 'pruned' && node.verdict !== null) parts.push('pruned')
  if (node.rollout?.accepted === true) parts.push('rollout accepted')
  return parts.join(', ')
}

/** Whether no right answer comes of a step, whatever its score; its bar is striped and has no colour. */
export function isLost(truth: TruthLabel | undefined): boolean {
  return truth !== undefined && !(truth.valid && truth.reachable)
}

/** `valid, target reachable`, for the same uses. */
export function truthInWords(truth: TruthLabel): string {
  if (!truth.valid) return 'invalid step'
  return truth.reachable ? 'valid, still solvable' : 'valid, no longer solvable'
}

/** A line that ends with a calculation: whom it is about, what it says of them, the calculation. */
const CALCULATED = /^(\S+) (.+) ([^\s=]*\d[^\s=]*=\S*\d\S*)$/

/**
 * The step as drawn, one line of `plainText`: what was done, and the remainder that is drawn muted: `3*5=15` and `: 7 2 15`,
 * `Ann 10*4=40` and `has 4 times as many figs as Cy`.
 */
export function stepLabel(node: TreeNode, tree: SearchTree): { readonly main: string; readonly rest: string } {
  const text = node.text.trim()
  if (node.parent === null) return { main: plainText(text || (tree.started?.setup.problem ?? 'problem')), rest: '' }
  if (text === '') return { main: node.finish === 'eos' ? '⟨end⟩' : '', rest: '' }
  const line = plainText(text.replaceAll('\n', ' ⏎ '))
  const colon = line.indexOf(' : ')
  if (colon >= 0) return { main: line.slice(0, colon), rest: line.slice(colon + 1) }
  const [, about, said, calculation] = CALCULATED.exec(line) ?? []
  return about === undefined ? { main: line, rest: '' } : { main: `${about} ${calculation}`, rest: said ?? '' }
}

/** Score a node shows: of its step, or of its path where the step itself has none (an empty last step). */
export function shownScore(node: TreeNode): number | null {
  return node.score ?? node.pathScore
}

/** Nodes from the root to `node`, both included; empty where the tree has no such node. */
export function idsFromRoot(tree: SearchTree, node: NodeId | null): NodeId[] {
  const path: NodeId[] = []
  for (let at = node === null ? undefined : tree.nodes[node]; at !== undefined; ) {
    path.push(at.id)
    at = at.parent === null ? undefined : tree.nodes[at.parent]
  }
  return path.reverse()
}

/** The node whose path is the answer so far, or null. */
export function answerNode(tree: SearchTree): NodeId | null {
  return tree.finished?.node ?? tree.nodes.find((node) => node.state === 'answer')?.id ?? null
}
