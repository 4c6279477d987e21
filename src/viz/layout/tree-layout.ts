import type { NodeId } from '../../search/events.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'
import { answerNode, idsFromRoot, shownScore, stepLabel } from './node-appearance.ts'
import { tidyTree } from './tidy-tree.ts'

/** Sizes in world units: CSS pixels at zoom 1. `breadth` is across the tree, `length` along its depth. */
export interface TreeMetrics {
  readonly breadth: number
  /** Breadth of a step that belongs to a rollout only. */
  readonly tailBreadth: number
  readonly siblingGap: number
  readonly cousinGap: number
  /** Between two columns: room for the edges, the least of it where texts would be cut otherwise, and beside the smallest type. */
  readonly columnGap: number
  readonly leastGap: number
  readonly tightGap: number
  /** Length of a column for its longest label, in characters, and for marks beside it. */
  length(characters: number, marks: { readonly duplicates: boolean; readonly finished: boolean }): number
  /** Where that is too much for the screen: for the longest step without what is left and without duplicates. */
  least(characters: number, finished: boolean): number
  /** The same in the smallest type, its score without the zero before the point. */
  tight(characters: number, finished: boolean): number
}

/** Advance of one character of the step font at 11.5 px: 0.6 em in the usual monospace faces. */
export const CHARACTER = 7
/** The same at 8 px, the smallest type that columns are made for. */
const TIGHT_CHARACTER = 4.9

const MAX_CHARACTERS = 30
const SCORE_CHARACTERS = 5

export const METRICS: TreeMetrics = {
  breadth: 20,
  tailBreadth: 13,
  siblingGap: 3,
  cousinGap: 8,
  columnGap: 44,
  leastGap: 18,
  tightGap: 8,
  length: (characters, { duplicates, finished }) =>
    (Math.min(characters, MAX_CHARACTERS) + SCORE_CHARACTERS) * CHARACTER +
    28 +
    (duplicates ? 24 : 0) +
    (finished ? 16 : 0),
  least: (characters, finished) =>
    (Math.min(characters, MAX_CHARACTERS) + SCORE_CHARACTERS) * CHARACTER + 32 + (finished ? 18 : 0),
  tight: (characters, finished) =>
    (Math.min(characters, MAX_CHARACTERS) + SCORE_CHARACTERS - 1) * TIGHT_CHARACTER + 11 + (finished ? 10 : 0),
}

/**
 * Where every node of a tree stands. Boxes are axis-aligned, `left`/`top`/`width`/`height` by node id, the root's
 * centre at 0 across the tree and its near edge at 0 along it.
 */
export interface TreeLayout {
  readonly count: number
  readonly left: Float64Array
  readonly top: Float64Array
  readonly width: Float64Array
  readonly height: Float64Array
  /** Parent's id, −1 for the root. */
  readonly parent: Int32Array
  readonly depth: Int32Array
  /** 1 where the node is part of a rollout only, drawn as a thin tail. */
  readonly tail: Uint8Array
  /** Ids of each depth, in order across the tree; subtrees never cross, so parents come in the same order. */
  readonly levels: readonly (readonly NodeId[])[]
  /** Children of each node as drawn: best score first. */
  readonly children: readonly (readonly NodeId[])[]
  readonly bounds: Bounds
  /** How far the columns are below what the step font needs: 0, up to 1 where they hold the smallest type. */
  readonly squeeze: number
}

export interface Bounds {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/**
 * Lays a search tree out: a tidy tree in columns by step number, siblings by score. Linear in the nodes, up to
 * sorting siblings.
 *
 * How a growing tree stays calm: the root keeps its place; a column only widens, in steps of four characters, when
 * a longer label arrives; unscored siblings stand after scored ones in order of appearance, and equal scores keep
 * that order, so a score moves one node and shifts those between. What still moves is moved smoothly by the mark,
 * which interpolates between two layouts by node id.
 *
 * @param room length that the tree may take along its depth: columns move together before they become shorter, and the
 * numbers left go before the step, the answer or the problem does; after that the type becomes smaller
 */
export function layoutTree(tree: SearchTree, room = Number.POSITIVE_INFINITY): TreeLayout {
  const { nodes } = tree
  const count = nodes.length
  const parent = new Int32Array(count).fill(-1)
  const depth = new Int32Array(count)
  const tail = new Uint8Array(count)
  const breadth = new Float64Array(count)
  const children = new Array<readonly NodeId[]>(count)
  const answer = new Set(idsFromRoot(tree, answerNode(tree)))
  for (const node of nodes) {
    parent[node.id] = node.parent ?? -1
    // A rollout that was accepted is the answer's path, and no longer a tail.
    tail[node.id] = node.state === 'rolledOut' && !answer.has(node.id) ? 1 : 0
    breadth[node.id] = tail[node.id] === 1 ? METRICS.tailBreadth : METRICS.breadth
    children[node.id] = childrenByScore(node, nodes)
  }
  if (count === 0) return emptyLayout()
  const across = tidyTree({ root: 0, children, breadth, siblingGap: METRICS.siblingGap, cousinGap: METRICS.cousinGap })
  const levels = levelsOf(children, depth)
  const { lengths, gap, squeeze } = columnsIn(
    room,
    levels.map((level, depth) => columnLength(level, tree, depth === 0)),
  )
  const starts: number[] = []
  let start = 0
  for (const length of lengths) {
    starts.push(start)
    start += length + gap
  }

  const left = new Float64Array(count)
  const top = new Float64Array(count)
  const width = new Float64Array(count)
  const height = new Float64Array(count)
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  for (const level of levels) {
    for (const id of level) {
      const near = starts[depth[id] as number] as number
      const length = lengths[depth[id] as number] as number
      const size = breadth[id] as number
      const side = (across[id] as number) - size / 2
      left[id] = near
      top[id] = side
      width[id] = length
      height[id] = size
      bounds.left = Math.min(bounds.left, left[id] as number)
      bounds.top = Math.min(bounds.top, top[id] as number)
      bounds.right = Math.max(bounds.right, (left[id] as number) + (width[id] as number))
      bounds.bottom = Math.max(bounds.bottom, (top[id] as number) + (height[id] as number))
    }
  }
  return { count, left, top, width, height, parent, depth, tail, levels, children, bounds, squeeze }
}

function emptyLayout(): TreeLayout {
  const none = new Float64Array(0)
  const bounds = { left: 0, top: 0, right: 0, bottom: 0 }
  const boxes = { left: none, top: none, width: none, height: none }
  const structure = { parent: new Int32Array(0), depth: new Int32Array(0), tail: new Uint8Array(0) }
  return { count: 0, ...boxes, ...structure, levels: [], children: [], bounds, squeeze: 0 }
}

/** Scored children best first, then unscored ones; ties and unscored in order of appearance (ids grow with time). */
export function childrenByScore({ children }: TreeNode, nodes: SearchTree['nodes']): readonly NodeId[] {
  if (children.length < 2) return children
  const score = (id: NodeId) => {
    const node = nodes[id]
    return (node && shownScore(node)) ?? Number.NEGATIVE_INFINITY
  }
  return [...children].sort((a, b) => {
    const [p, q] = [score(a), score(b)]
    return p === q ? a - b : q - p
  })
}

/** Breadth first, which keeps the order across; fills `depth`. */
function levelsOf(children: readonly (readonly NodeId[])[], depth: Int32Array): NodeId[][] {
  const levels: NodeId[][] = []
  for (let level: NodeId[] = [0]; level.length > 0; ) {
    for (const id of level) depth[id] = levels.length
    levels.push(level)
    level = level.flatMap((id) => children[id] as readonly NodeId[])
  }
  return levels
}

interface ColumnLength {
  readonly full: number
  readonly least: number
  readonly tight: number
}

interface Columns {
  readonly lengths: readonly number[]
  readonly gap: number
  readonly squeeze: number
}

/** Gaps and columns as long as they want to be, or as the room allows, but not below what the smallest type needs. */
function columnsIn(room: number, columns: readonly ColumnLength[]): Columns {
  const { columnGap, leastGap, tightGap } = METRICS
  const gaps = Math.max(1, columns.length - 1)
  const sumOf = (kind: keyof ColumnLength) => columns.reduce((sum, column) => sum + column[kind], 0)
  const [full, least, tight] = [sumOf('full'), sumOf('least'), sumOf('tight')]
  const gap = Math.max(leastGap, Math.min(columnGap, (room - full) / gaps))
  const share = shareOf(full + leastGap * gaps - room, full - least)
  if (share < 1) return { lengths: columns.map((column) => between(column.full, column.least, share)), gap, squeeze: 0 }
  const squeeze = shareOf(least + leastGap * gaps - room, least - tight + (leastGap - tightGap) * gaps)
  return {
    lengths: columns.map((column) => between(column.least, column.tight, squeeze)),
    gap: between(leastGap, tightGap, squeeze),
    squeeze,
  }
}

const shareOf = (over: number, spare: number): number => (over <= 0 ? 0 : spare <= 0 ? 1 : Math.min(1, over / spare))

const between = (from: number, to: number, share: number): number => from + share * (to - from)

/** Of a problem, at most. */
const PROBLEM_CHARACTERS = 28

/** @param bare the problem's column, which has no score */
function columnLength(level: readonly NodeId[], tree: SearchTree, bare: boolean): ColumnLength {
  let characters = 0
  let step = 0
  let duplicates = false
  let finished = false
  for (const id of level) {
    const node = tree.nodes[id]
    if (node === undefined) continue
    const { main, rest } = stepLabel(node, tree)
    // A question in words is read above; its column leaves the steps their room.
    const shown = bare ? Math.min(main.length, PROBLEM_CHARACTERS) : main.length
    step = Math.max(step, shown)
    characters = Math.max(characters, shown + (rest === '' ? 0 : rest.length + 1))
    duplicates ||= node.count > 1 || node.visits > 0 || node.subtrees.length > 0
    finished ||= node.verdict !== null
  }
  const whole = Math.ceil(Math.max(characters, 4) / 4) * 4
  const score = bare ? SCORE_CHARACTERS * CHARACTER + 8 : 0
  const full = METRICS.length(whole, { duplicates, finished }) - score
  // A problem is painted smaller before it is cut.
  const least = METRICS.least(Math.max(step, 4), finished) - score - (bare ? 16 : 0)
  const tight = bare ? Math.max(step, 4) * TIGHT_CHARACTER + 9 : METRICS.tight(Math.max(step, 4), finished)
  return { full, least: Math.min(full, least), tight: Math.min(full, least, tight) }
}
