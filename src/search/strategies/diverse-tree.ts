import type { KeptEvent, PrunedEvent, SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { byRank } from '../path-node.ts'
import { keepCandidates } from '../rank-round.ts'
import type { Expansion, SearchRun } from '../search-run.ts'

/** One of the independent searches: where it stands. */
interface Subtree {
  readonly index: number
  readonly node: PathNode
}

/**
 * Diverse verifier tree search (Beeching et al. 2024): n / m independent subtrees, each begun by m proposals of its own
 * from the start and searched greedily with m children. A subtree ends as soon as its best proposal is finished. Every
 * finished path is a candidate, the best of its round or not.
 *
 * Subtrees that took the same step stand at one node, which is sampled for all of them at once: each has m samples of its own.
 */
export async function* diverseTree(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  const { n, m, maxRounds } = run.config
  const candidates: PathNode[] = []
  let subtrees: readonly Subtree[] = Array.from({ length: n / m }, (_, index) => ({ index, node: start }))
  for (let round = 1; ; round++) {
    const proposals = yield* run.propose(expansionsOf(subtrees, m), round)
    yield* run.score(proposals, round)
    const finished = proposals.filter((node) => node.finished)
    candidates.push(...finished)
    yield* keepCandidates(run, finished, round)
    const next = subtrees.flatMap(({ index }) => {
      const [best] = byRank(ownOf(proposals, index))
      return best && !best.finished ? [{ index, node: best }] : []
    })
    if (next.length > 0 && round === maxRounds) {
      const open = proposals.filter((node) => !node.finished)
      yield* finishSearch(run, { reason: 'max-rounds', round, candidates, open })
      return
    }
    const kept = new Set(next.map(({ node }) => node))
    yield* decide(run, subtrees, proposals, kept, round)
    if (next.length === 0) {
      yield* finishSearch(run, { reason: 'subtrees-ended', round, candidates, open: [] })
      return
    }
    run.releaseAllBut([...kept])
    subtrees = next
  }
}

/** Tells for each subtree which of its proposals it keeps; a proposal is pruned where no subtree keeps it. */
function* decide(
  run: SearchRun,
  subtrees: readonly Subtree[],
  proposals: readonly PathNode[],
  kept: ReadonlySet<PathNode>,
  round: number,
): Generator<KeptEvent | PrunedEvent, void> {
  const pruned = new Set<PathNode>()
  for (const { index } of subtrees) {
    const ranked = byRank(ownOf(proposals, index))
    const [best, second] = ranked.map(({ rankScore }) => rankScore)
    for (const [place, node] of ranked.entries()) {
      if (node.finished) continue
      const own = { rank: place + 1, of: ranked.length, kept: 1, subtree: index } as const
      const decision = { rule: 'rank', score: node.rankScore, ...own } as const
      if (place === 0) yield run.kept(node, round, { ...decision, against: second ?? null })
      else if (!kept.has(node) && !pruned.has(node)) {
        pruned.add(node)
        yield run.pruned(node, round, { ...decision, against: best ?? null })
      }
    }
  }
}

/** A node where several subtrees stand is sampled once, for all of them. */
function expansionsOf(subtrees: readonly Subtree[], m: number): Expansion[] {
  const nodes = [...new Set(subtrees.map(({ node }) => node))]
  return nodes.map((node) => {
    const here = subtrees.filter((subtree) => subtree.node === node).map(({ index }) => index)
    return { node, count: m * here.length, subtrees: here }
  })
}

function ownOf(proposals: readonly PathNode[], subtree: number): PathNode[] {
  return proposals.filter(({ subtrees }) => subtrees.includes(subtree))
}
