import { hierarchy, tree } from 'd3'

/** An ordered forest as flat arrays; node 0 … count − 1, `children[v]` in drawing order. */
export interface OrderedTree {
  readonly root: number
  readonly children: readonly (readonly number[])[]
  /** Room a node takes across the tree, in world units. */
  readonly breadth: Float64Array
  /** Free space between siblings, and between neighbours of different parents. */
  readonly siblingGap: number
  readonly cousinGap: number
}

/**
 * Centre of each node across the tree, the root at 0: d3's tidy tree (Reingold and Tilford's, in linear time), with the
 * separation of two neighbours made of their own breadths. Nodes stand in columns by depth, so contours compare like with
 * like.
 */
export function tidyTree({ root, children, breadth, siblingGap, cousinGap }: OrderedTree): Float64Array {
  const at = (node: number) => breadth[node] as number
  const place = tree<number>()
    .nodeSize([1, 1])
    .separation((a, b) => (at(a.data) + at(b.data)) / 2 + (a.parent === b.parent ? siblingGap : cousinGap))
  const centre = new Float64Array(children.length)
  place(hierarchy(root, (node) => children[node])).each(({ data, x }) => {
    centre[data] = x
  })
  return centre
}
