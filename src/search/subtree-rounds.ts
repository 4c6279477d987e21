import type { SearchTree, TreeNode } from './tree.ts'

/** One independent search as a table: what it proposed each round, best first, and whether the first of them goes on. */
export interface SubtreeRounds {
  /** From 0. */
  readonly subtree: number
  readonly rounds: readonly {
    readonly round: number
    /** Best path score first, ties to the earlier. */
    readonly proposals: readonly TreeNode[]
    /** The best one is known: the round is decided. */
    readonly decided: boolean
  }[]
}

/** The subtrees of a diverse tree search so far; [] for other strategies. */
export function subtreeRounds({ nodes }: SearchTree): readonly SubtreeRounds[] {
  const subtrees: { round: number; proposals: TreeNode[] }[][] = []
  for (const node of nodes) {
    for (const index of node.subtrees) {
      const rounds = subtrees[index] ?? []
      subtrees[index] = rounds
      const last = rounds.at(-1)
      if (last?.round === node.round) last.proposals.push(node)
      else rounds.push({ round: node.round, proposals: [node] })
    }
  }
  return subtrees.map((rounds, subtree) => ({
    subtree,
    rounds: rounds.map(({ round, proposals }) => ({
      round,
      proposals: proposals.toSorted((a, b) => (b.pathScore ?? 0) - (a.pathScore ?? 0) || a.id - b.id),
      decided: proposals.every(({ decision }) => decision !== null),
    })),
  }))
}
