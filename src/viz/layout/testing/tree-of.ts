import type { SearchTree, TreeNode } from '../../../search/tree.ts'
import { syntheticTree } from './synthetic-tree.ts'

/** What a test says of a node; `parent` comes earlier in the list. The first node is the problem. */
export type NodeSpec = Partial<TreeNode> & { readonly parent: number | null }

/** A search tree from a list of nodes, ids by place; the rest is as of a proposal without score. */
export function treeOf(specs: readonly NodeSpec[]): SearchTree {
  const frame = syntheticTree({ seed: 1, n: 1, m: 1, rounds: 2, decided: 0 })
  const nodes: TreeNode[] = specs.map((spec, id) => ({
    id,
    depth: 0,
    children: [],
    state: spec.parent === null ? 'root' : 'proposed',
    round: 1,
    text: spec.parent === null ? '' : `s${id}\n`,
    tokens: [],
    logprob: -1,
    finish: 'step',
    verdict: null,
    count: 1,
    given: false,
    forced: null,
    score: null,
    pathScore: spec.score ?? null,
    rollout: null,
    decision: null,
    subtrees: [],
    visits: 0,
    value: null,
    prior: null,
    ...spec,
  }))
  const withStructure = nodes.map((node) => {
    let depth = 0
    for (let at = node.parent; at !== null; at = nodes[at]?.parent ?? null) depth++
    return { ...node, depth, children: nodes.filter(({ parent }) => parent === node.id).map(({ id }) => id) }
  })
  return { ...frame, nodes: withStructure, finished: null }
}
