import type { NodeId } from '../../search/events.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'
import { scoreLevel } from '../layout/color-scale.ts'
import { edgeWidth } from '../layout/edge-path.ts'
import { formatScore } from '../layout/format-number.ts'
import type { Appearance, TruthLabel } from '../layout/node-appearance.ts'
import {
  answerNode,
  appearanceOf,
  idsFromRoot,
  shownScore,
  stateInWords,
  stepLabel,
  verdictOf,
} from '../layout/node-appearance.ts'
import type { TreeLayout } from '../layout/tree-layout.ts'
import type { Size, View } from '../layout/view-transform.ts'
import type { VizTheme } from './theme.ts'

/** What of a node is drawn, worked out once per state of the node. */
export interface NodeFace {
  readonly appearance: Appearance
  readonly main: string
  readonly rest: string
  readonly score: string
  /** In [0, 1], and as an index of the colour scale; −1 where there is no score yet. */
  readonly value: number
  readonly level: number
  /** `×3` for merged duplicates, `n5 .43` for visits and value of Monte Carlo tree search, `s1,2` for subtrees, or nothing. */
  readonly badge: string
  /** The badge says visits, which a search goes by. */
  readonly visited: boolean
  readonly verdict: ReturnType<typeof verdictOf> | null
  readonly given: boolean
  readonly edge: number
  /** The state in words. */
  readonly words: string
}

export type FaceCache = WeakMap<TreeNode, NodeFace>

function faceOf(node: TreeNode, tree: SearchTree): NodeFace {
  const { main, rest } = stepLabel(node, tree)
  const score = node.parent === null ? null : shownScore(node)
  const copies = node.count > 1 ? `×${node.count}` : ''
  const visits = node.visits > 0 ? `n${node.visits} ${formatScore(node.value).replace(/^0/, '')}` : ''
  const subtrees = node.subtrees.length > 0 ? `s${node.subtrees.map((index) => index + 1).join()}` : ''
  return {
    appearance: appearanceOf(node),
    main,
    rest,
    score: node.parent === null ? '' : formatScore(score),
    value: score ?? 0,
    level: score === null ? -1 : scoreLevel(score),
    // Visits are what a search goes by; beside them there is no room for duplicates.
    badge: [visits || copies, subtrees].filter((part) => part !== '').join(' '),
    visited: node.visits > 0,
    verdict: node.verdict === null ? null : verdictOf(node.verdict),
    given: node.given,
    // The prior is the probability among the siblings.
    edge: edgeWidth(node.prior === null ? node.logprob : Math.log(node.prior)),
    words: [stateInWords(node), ...countsInWords(node)].join(', '),
  }
}

function countsInWords({ count, visits, value, prior, subtrees }: TreeNode): string[] {
  const numbers = subtrees.map((index) => index + 1).join(', ')
  return [
    ...(count > 1 ? [`${count} identical samples`] : []),
    ...(prior === null ? [] : [`prior ${formatScore(prior)}`]),
    ...(visits > 0 ? [`${visits} ${visits === 1 ? 'visit' : 'visits'}, mean value ${formatScore(value)}`] : []),
    ...(subtrees.length > 0 ? [`subtree ${numbers}`] : []),
  ]
}

/** Everything of a tree that is drawn besides positions; faces of unchanged nodes are taken from the cache. */
export interface TreeContent {
  readonly faces: readonly NodeFace[]
  /** 1 for the nodes from the root to the answer. */
  readonly onAnswer: Uint8Array
  /** Path score at the end of a rollout, by the id of the rollout's last step. */
  readonly rolloutEnds: ReadonlyMap<NodeId, number>
}

export function contentOf(tree: SearchTree, cache: FaceCache): TreeContent {
  const rolloutEnds = new Map<NodeId, number>()
  const faces = tree.nodes.map((node) => {
    if (node.rollout !== null) rolloutEnds.set(node.rollout.end, node.rollout.pathScore)
    const known = cache.get(node)
    if (known !== undefined) return known
    const face = faceOf(node, tree)
    cache.set(node, face)
    return face
  })
  return { faces, onAnswer: marked(tree, answerNode(tree)), rolloutEnds }
}

/** 1 for the nodes on the path from the root to `node`. */
export function marked(tree: SearchTree, node: NodeId | null): Uint8Array {
  const flags = new Uint8Array(tree.nodes.length)
  for (const id of idsFromRoot(tree, node)) flags[id] = 1
  return flags
}

/** One frame: what is drawn, where, and how. */
export interface TreeScene {
  readonly layout: TreeLayout
  readonly content: TreeContent
  /** Boxes' positions now: the layout's, or on the way to them. */
  readonly left: Float64Array
  readonly top: Float64Array
  /** Positions are the layout's, so its index may be used to find what is visible. */
  readonly settled: boolean
  readonly view: View
  readonly size: Size
  readonly pixelRatio: number
  readonly theme: VizTheme
  readonly selected: NodeId | null
  readonly hovered: NodeId | null
  readonly onHoverPath: Uint8Array | null
  readonly touched: readonly NodeId[]
  /** 0 when the current event arrived, 1 when its pulse is over. */
  readonly pulse: number
  readonly truth: ReadonlyMap<NodeId, TruthLabel> | null
}

export type Detail = 'cells' | 'numbers' | 'text'

/** Level of detail for a node's size on the screen: text once it can be read, else the number, else a coloured cell. */
export function detailOf({ view }: Pick<TreeScene, 'view'>): Detail {
  if (20 * view.scaleY < 8) return 'cells'
  return 220 * view.scaleX < 90 ? 'numbers' : 'text'
}
