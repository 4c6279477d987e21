import { voteWeight } from '../aggregate.ts'
import type { AnswerDecision } from '../choose-answer.ts'
import { chooseAnswer, decideAnswer } from '../choose-answer.ts'
import type { ComparedChild, SearchEvent, SelectionChoice, StopReason } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { byRank } from '../path-node.ts'
import { keepCandidates } from '../rank-round.ts'
import { rollOut } from '../roll-out.ts'
import type { SearchRun } from '../search-run.ts'
import { voteOf } from '../votes.ts'

/** What the search knows of a node beside its step. */
interface Statistics {
  visits: number
  /** Sum of the values that were backed up through it. */
  total: number
  /** The policy's probability of the step, among its siblings. */
  prior: number
  /** Nothing below it is left to visit. */
  exhausted: boolean
}

/**
 * Monte Carlo tree search (PUCT as in AlphaZero, Silver et al. 2018). An iteration goes from the start to a node that has not
 * been visited, by the highest value + exploration bonus; evaluates it by the reward model, by the outcome of a greedy
 * rollout, or by a mix of both; and backs the value up as a mean.
 *
 * A node is expanded when an iteration first goes on from it, not when one first ends there: the choices are the same, and
 * proposals below a node that is visited once are not drawn. With `widening` it is sampled from again as its visits grow.
 */
export async function* monteCarloTree(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  yield* new MonteCarloTree(run, start).search()
}

class MonteCarloTree {
  private readonly run: SearchRun
  private readonly start: PathNode
  private readonly statistics = new Map<PathNode, Statistics>()
  private readonly candidates: PathNode[] = []

  constructor(run: SearchRun, start: PathNode) {
    this.run = run
    this.start = start
  }

  async *search(): AsyncGenerator<SearchEvent, void> {
    const { iterations, settle } = this.run.config
    let leading: string | null = null
    let unchanged = 0
    for (let iteration = 1; ; iteration++) {
      const path = yield* this.select(iteration)
      const leaf = path.at(-1) ?? this.start
      const value = yield* this.evaluate(leaf, iteration)
      yield* this.backUp(path, value, iteration)
      const before: string | null = leading
      leading = this.leadingAnswer()
      unchanged = leading !== null && leading === before ? unchanged + 1 : 0
      const reason: StopReason | null = this.of(this.start).exhausted
        ? 'tree-exhausted'
        : settle > 0 && unchanged >= settle
          ? 'settled'
          : iteration === iterations
            ? 'iterations'
            : null
      if (reason === null) continue
      yield* finishSearch(this.run, {
        reason,
        round: iteration,
        candidates: this.candidates,
        open: this.openEnds(),
        decisions: this.decisions(),
      })
      return
    }
  }

  /**
   * Goes down to a node that has no visit yet, expanding what it goes through; where a node that is widened has nothing new
   * below it, to that. Returns the path from the start.
   */
  private async *select(round: number): AsyncGenerator<SearchEvent, PathNode[]> {
    const path = [this.start]
    const choices: SelectionChoice[] = []
    for (let node = this.start; ; ) {
      yield* this.expand(node, round)
      const children = node.children.filter((child) => !this.of(child).exhausted)
      const compared = children.map((child) => this.compare(node, child))
      const best = compared.reduce<ComparedChild | null>(
        (first, other) => (first === null || other.priority > first.priority ? other : first),
        null,
      )
      const next = children.find(({ id }) => id === best?.node)
      if (!next) break
      choices.push({ node: next.id, compared })
      path.push(next)
      node = next
      if (this.of(next).visits === 0) break
    }
    const leaf = path.at(-1) ?? this.start
    yield { type: 'selected', round, node: leaf.id, choices, ledger: this.run.ledger }
    const last = choices.at(-1)
    if (last && !leaf.finished) {
      const ranked = last.compared.map(({ priority }) => priority).toSorted((a, b) => b - a)
      const [score = 0, against = null] = ranked
      const decision = { rule: 'selected', score, against, rank: 1, of: ranked.length, kept: 1 } as const
      yield this.run.kept(leaf, round, decision)
    }
    return path
  }

  private compare(parent: PathNode, child: PathNode): ComparedChild {
    const { explorationInit, explorationBase } = this.run.config
    const { visits, prior } = this.of(child)
    const parentVisits = this.of(parent).visits
    const value = this.valueOf(child)
    const growth = Math.log((parentVisits + explorationBase + 1) / explorationBase) + explorationInit
    const bonus = ((prior * Math.sqrt(parentVisits)) / (1 + visits)) * growth
    return { node: child.id, prior, visits, value, priority: value + bonus }
  }

  /** Draws the proposals that are due below a node: m at first, m · visits^widening later; scores them and weighs them. */
  private async *expand(node: PathNode, round: number): AsyncGenerator<SearchEvent, void> {
    const { m, widening } = this.run.config
    if (node.finished || this.depthOf(node) >= this.run.config.maxRounds) return
    const due = Math.floor(m * Math.max(1, this.of(node).visits) ** widening) - node.drawn
    if (due <= 0) return
    const proposals = yield* this.run.propose([{ node, count: due }], round)
    yield* this.run.score(proposals, round)
    yield* this.addCandidates(
      proposals.filter((child) => child.finished),
      round,
    )
    const weights = node.children.map((child) => Math.exp(child.step?.logprob ?? 0))
    const sum = weights.reduce((total, weight) => total + weight, 0)
    for (const [index, child] of node.children.entries()) {
      const prior = sum > 0 ? (weights[index] ?? 0) / sum : 1 / node.children.length
      this.statistics.set(child, { ...this.of(child), prior })
    }
    const children = node.children.map((child) => ({ node: child.id, prior: this.of(child).prior }))
    yield { type: 'expanded', round, node: node.id, children, ledger: this.run.ledger }
    if (widening === 0) this.run.release(node)
  }

  private async *evaluate(leaf: PathNode, round: number): AsyncGenerator<SearchEvent, number> {
    const { run } = this
    const { rolloutWeight, maxRounds } = run.config
    // Nothing new was found below a step that was gone through before: it says again what it said.
    const again = this.of(leaf).visits > 0
    const score = voteWeight(run.aggregation, leaf.pathScore)
    let outcome: number | null = null
    if (rolloutWeight > 0 && !again) {
      yield* rollOut(run, [leaf], round, { most: maxRounds - this.depthOf(leaf), stops: false })
      const end = greedyEnd(leaf)
      if (end.finished && end !== leaf) yield* this.addCandidates([end], round)
      const { accepts } = run.checker
      outcome =
        end.finished && accepts !== null ? (accepts(end.texts) ? 1 : 0) : voteWeight(run.aggregation, end.pathScore)
    }
    const mixed = outcome === null ? score : (1 - rolloutWeight) * score + rolloutWeight * outcome
    const value = again ? this.valueOf(leaf) : mixed
    yield { type: 'evaluated', round, node: leaf.id, score, outcome, value, ledger: run.ledger }
    return value
  }

  private *backUp(path: readonly PathNode[], value: number, round: number): Generator<SearchEvent, void> {
    for (const node of path.toReversed()) {
      const before = this.of(node)
      const visits = before.visits + 1
      const total = before.total + value
      this.statistics.set(node, { ...before, visits, total })
      this.statistics.set(node, { ...this.of(node), exhausted: this.isExhausted(node) })
      yield { type: 'backedUp', round, node: node.id, visits, value: total / visits, ledger: this.run.ledger }
    }
  }

  /** A finished path after its one visit, the round limit, and what has nothing else below it and is not due to be widened. */
  private isExhausted(node: PathNode): boolean {
    const { m, widening, maxRounds } = this.run.config
    if (node.finished || this.depthOf(node) >= maxRounds) return true
    const due = Math.floor(m * Math.max(1, this.of(node).visits) ** widening)
    if (node.drawn < due) return false
    return node.children.every((child) => this.of(child).exhausted)
  }

  /** Of a node that was not visited, the reward model's score. */
  private valueOf(node: PathNode): number {
    const { visits, total } = this.of(node)
    return visits === 0 ? voteWeight(this.run.aggregation, node.pathScore) : total / visits
  }

  private *addCandidates(finished: readonly PathNode[], round: number): Generator<SearchEvent, void> {
    const fresh = finished.filter((node) => !this.candidates.includes(node))
    this.candidates.push(...fresh)
    yield* keepCandidates(this.run, fresh, round)
  }

  /** Steps that were proposed, and neither finished nor chosen. */
  private openEnds(): PathNode[] {
    return [...this.statistics].flatMap(([node, { visits }]) =>
      node !== this.start && !node.finished && visits === 0 ? [node] : [],
    )
  }

  private leadingAnswer(): string | null {
    const [first] = this.decisions()
    return first ? (voteOf(first.node.step?.verdict) ?? first.node.step?.verdict?.answer ?? null) : null
  }

  private decisions(): AnswerDecision[] {
    const { treeAnswer } = this.run.config
    const { candidates } = this
    if (treeAnswer === 'weighted-vote') {
      return chooseAnswer(candidates, { answerBy: 'weighted-vote', aggregation: this.run.aggregation }, true)
    }
    for (const node of candidates) node.rankScore = this.valueOf(node)
    const answered = candidates.filter((node) => node.step?.verdict?.answer != null)
    const standing = answered.length > 0 ? answered : candidates
    const ranked = [...byRank(standing), ...byRank(candidates.filter((node) => !standing.includes(node)))]
    if (treeAnswer === 'value') return decideAnswer(ranked, (node) => node.rankScore)
    const chosen = this.mostVisited(standing)
    const others = ranked.filter((node) => node !== chosen)
    return decideAnswer(chosen ? [chosen, ...others] : others, (node) => node.rankScore)
  }

  /** Follows the child of most visits that leads to one of these; equal visits to the higher value, then to the earlier. */
  private mostVisited(ends: readonly PathNode[]): PathNode | null {
    const leading = new Set<PathNode>()
    for (const end of ends) for (let node: PathNode | null = end; node; node = node.parent) leading.add(node)
    let node = this.start
    while (!node.finished) {
      const below = [
        ...node.children,
        ...(node.greedyChild && !node.children.includes(node.greedyChild) ? [node.greedyChild] : []),
      ]
      const [next] = below
        .filter((child) => leading.has(child))
        .sort((a, b) => this.of(b).visits - this.of(a).visits || this.valueOf(b) - this.valueOf(a))
      if (!next) return null
      node = next
    }
    return node
  }

  private depthOf(node: PathNode): number {
    let depth = 0
    for (let above = node; above !== this.start && above.parent; above = above.parent) depth++
    return depth
  }

  private of(node: PathNode): Statistics {
    return this.statistics.get(node) ?? { visits: 0, total: 0, prior: 1, exhausted: false }
  }
}

/** Where greedy decoding from a node leads, as far as it is known. */
function greedyEnd(node: PathNode): PathNode {
  let end = node
  while (end.greedyChild) end = end.greedyChild
  return end
}
