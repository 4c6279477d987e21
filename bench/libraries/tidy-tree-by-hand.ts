import type { OrderedTree } from '../../src/viz/layout/tidy-tree.ts'

/**
 * Centre of each node across the tree, the root at 0: Reingold–Tilford tidy drawing in linear time, after
 * Buchheim, Jünger & Leipert, "Improving Walker's Algorithm to Run in Linear Time" (GD 2002), as in
 * d3-hierarchy's `tree`, with the separation of two neighbours made of their own breadths (nodes stand in
 * columns by depth, so contours compare like with like). Without recursion: a chain may be thousands deep.
 */
export function tidyTree({ root, children, breadth, siblingGap, cousinGap }: OrderedTree): Float64Array {
  const count = children.length
  const parent = new Int32Array(count).fill(-1)
  const index = new Int32Array(count)
  const prelim = new Float64Array(count)
  const mod = new Float64Array(count)
  const change = new Float64Array(count)
  const shift = new Float64Array(count)
  const thread = new Int32Array(count).fill(-1)
  const ancestor = new Int32Array(count)
  const defaultAncestor = new Int32Array(count).fill(-1)
  const preorder = preorderOf(root, children)

  for (const node of preorder) {
    ancestor[node] = node
    const below = children[node] as readonly number[]
    for (let i = 0; i < below.length; i++) {
      parent[below[i] as number] = node
      index[below[i] as number] = i
    }
  }

  const childrenOf = (node: number) => children[node] as readonly number[]
  const at = (array: Float64Array, node: number) => array[node] as number
  const nextLeft = (node: number) => childrenOf(node)[0] ?? (thread[node] as number)
  const nextRight = (node: number) => childrenOf(node).at(-1) ?? (thread[node] as number)
  const separation = (a: number, b: number) =>
    (at(breadth, a) + at(breadth, b)) / 2 + (parent[a] === parent[b] ? siblingGap : cousinGap)

  function executeShifts(node: number): void {
    let total = 0
    let growth = 0
    const below = childrenOf(node)
    for (let i = below.length - 1; i >= 0; i--) {
      const child = below[i] as number
      prelim[child] = at(prelim, child) + total
      mod[child] = at(mod, child) + total
      growth += at(change, child)
      total += at(shift, child) + growth
    }
  }

  function moveSubtree(from: number, to: number, distance: number): void {
    const step = distance / ((index[to] as number) - (index[from] as number))
    change[to] = at(change, to) - step
    shift[to] = at(shift, to) + distance
    change[from] = at(change, from) + step
    prelim[to] = at(prelim, to) + distance
    mod[to] = at(mod, to) + distance
  }

  /** Moves the subtree of `node` clear of everything left of it; `before` is its left sibling. */
  function apportion(node: number, before: number, fallback: number): number {
    let insideRight = node
    let outsideRight = node
    let insideLeft = before
    let outsideLeft = childrenOf(parent[node] as number)[0] as number
    let shiftInsideRight = at(mod, insideRight)
    let shiftOutsideRight = at(mod, outsideRight)
    let shiftInsideLeft = at(mod, insideLeft)
    let shiftOutsideLeft = at(mod, outsideLeft)
    let result = fallback
    for (;;) {
      insideLeft = nextRight(insideLeft)
      insideRight = nextLeft(insideRight)
      if (insideLeft < 0 || insideRight < 0) break
      outsideLeft = nextLeft(outsideLeft)
      outsideRight = nextRight(outsideRight)
      ancestor[outsideRight] = node
      const distance =
        at(prelim, insideLeft) +
        shiftInsideLeft -
        at(prelim, insideRight) -
        shiftInsideRight +
        separation(insideLeft, insideRight)
      if (distance > 0) {
        const of = ancestor[insideLeft] as number
        moveSubtree(parent[of] === parent[node] ? of : result, node, distance)
        shiftInsideRight += distance
        shiftOutsideRight += distance
      }
      shiftInsideLeft += at(mod, insideLeft)
      shiftInsideRight += at(mod, insideRight)
      shiftOutsideLeft += at(mod, outsideLeft)
      shiftOutsideRight += at(mod, outsideRight)
    }
    if (insideLeft >= 0 && nextRight(outsideRight) < 0) {
      thread[outsideRight] = insideLeft
      mod[outsideRight] = at(mod, outsideRight) + shiftInsideLeft - shiftOutsideRight
    }
    if (insideRight >= 0 && nextLeft(outsideLeft) < 0) {
      thread[outsideLeft] = insideRight
      mod[outsideLeft] = at(mod, outsideLeft) + shiftInsideRight - shiftOutsideLeft
      result = node
    }
    return result
  }

  for (const node of postorderOf(root, children)) {
    const below = childrenOf(node)
    const up = parent[node] as number
    const before = up >= 0 && (index[node] as number) > 0 ? (childrenOf(up)[(index[node] as number) - 1] as number) : -1
    if (below.length > 0) {
      executeShifts(node)
      const middle = (at(prelim, below[0] as number) + at(prelim, below.at(-1) as number)) / 2
      if (before >= 0) {
        prelim[node] = at(prelim, before) + separation(node, before)
        mod[node] = at(prelim, node) - middle
      } else prelim[node] = middle
    } else if (before >= 0) prelim[node] = at(prelim, before) + separation(node, before)
    if (up >= 0) {
      const known = defaultAncestor[up] as number
      const first = known >= 0 ? known : (childrenOf(up)[0] as number)
      defaultAncestor[up] = before >= 0 ? apportion(node, before, first) : first
    }
  }

  const centre = new Float64Array(count)
  const origin = at(prelim, root)
  for (const node of preorder) {
    const up = parent[node] as number
    const inherited = up >= 0 ? at(mod, up) : -origin
    centre[node] = at(prelim, node) + inherited
    mod[node] = at(mod, node) + inherited
  }
  return centre
}

function preorderOf(root: number, children: OrderedTree['children']): number[] {
  const order: number[] = []
  const stack = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    order.push(node)
    const below = children[node] as readonly number[]
    for (let i = below.length - 1; i >= 0; i--) stack.push(below[i] as number)
  }
  return order
}

/** Children before parents, siblings from first to last. */
function postorderOf(root: number, children: OrderedTree['children']): number[] {
  const order: number[] = []
  const stack = [root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    order.push(node)
    for (const child of children[node] as readonly number[]) stack.push(child)
  }
  return order.reverse()
}
