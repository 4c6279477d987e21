import { voteWeight } from './aggregate.ts'
import type { Decision } from './events.ts'
import type { PathNode } from './path-node.ts'
import type { StrategyConfig } from './settings.ts'
import { voteOf } from './votes.ts'

/** A finished path and why it is, or is not, the answer. */
export interface AnswerDecision {
  readonly node: PathNode
  readonly decision: Decision
}

interface Cluster {
  readonly members: PathNode[]
  /** Votes, or summed weights. */
  sum: number
}

/**
 * Chooses among finished paths: the chosen one first, then the others, best first. Paths without an answer are chosen
 * only where none has one.
 *
 * - `score`: the highest path score; ties to the path found first.
 * - `weighted-vote`: paths that have a vote are clustered by what it is for (`voteOf`), each weighs its path score times its identical samples
 *   (Li et al. 2022); the best member of the heaviest cluster.
 * - `majority`: the same with one vote per sample (self-consistency, Wang et al. 2022); its member found first.
 *
 * Where no path has a vote, the sums are 0. In a vote the numbers compared are the clusters' sums, also for the other members of the chosen cluster.
 */
export function chooseAnswer(
  candidates: readonly PathNode[],
  { answerBy, aggregation }: Pick<StrategyConfig, 'answerBy' | 'aggregation'>,
  scored: boolean,
): AnswerDecision[] {
  const answered = candidates.filter((node) => node.step?.verdict?.answer != null)
  const voting = answerBy === 'score' ? [] : candidates.filter((node) => voteOf(node.step?.verdict) !== null)
  const standing = [voting, answered, candidates].find(({ length }) => length > 0) ?? []
  const rest = candidates.filter((node) => !standing.includes(node))
  const score = (node: PathNode): number | null => (scored ? node.pathScore : null)

  if (answerBy === 'score') {
    const ranked = [...stableSort(standing, (node) => node.pathScore), ...stableSort(rest, (node) => node.pathScore)]
    return decideAnswer(ranked, score)
  }

  const weigh = (node: PathNode): number =>
    voting.length === 0
      ? 0
      : node.samples.length * (answerBy === 'majority' ? 1 : voteWeight(aggregation, node.pathScore))
  const clusters = new Map<string | null, Cluster>()
  for (const node of standing) {
    const vote = voteOf(node.step?.verdict)
    const cluster = clusters.get(vote) ?? { members: [], sum: 0 }
    clusters.set(vote, cluster)
    cluster.members.push(node)
    cluster.sum += weigh(node)
  }
  const ordered = stableSort([...clusters.values()], ({ sum }) => sum).map(({ members, sum }) => ({
    members: answerBy === 'majority' ? members : stableSort(members, (node) => node.pathScore),
    sum,
  }))
  const sums = new Map(ordered.flatMap(({ members, sum }) => members.map((node) => [node, sum])))
  const ranked = [...ordered.flatMap(({ members }) => members), ...rest]
  return decideAnswer(ranked, (node) => sums.get(node) ?? 0, ordered[1]?.members[0] ?? null)
}

/**
 * Decisions on finished paths in a given order: the first is the answer.
 * @param score what they were compared by
 * @param rival what the answer was chosen over
 */
export function decideAnswer(
  ranked: readonly PathNode[],
  score: (node: PathNode) => number | null,
  rival: PathNode | null = ranked[1] ?? null,
): AnswerDecision[] {
  const [chosen] = ranked
  return ranked.map((node, index) => {
    const other = node === chosen ? rival : chosen
    return {
      node,
      decision: {
        rule: node === chosen ? 'answer' : 'not-answer',
        score: score(node),
        against: other ? score(other) : null,
        rank: index + 1,
        of: ranked.length,
        kept: 1,
      },
    }
  })
}

function stableSort<T>(items: readonly T[], key: (item: T) => number): T[] {
  return [...items].sort((a, b) => key(b) - key(a))
}
