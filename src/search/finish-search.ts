import type { AnswerDecision } from './choose-answer.ts'
import { chooseAnswer, decideAnswer } from './choose-answer.ts'
import type { Candidate, FinishedEvent, KeptEvent, PrunedEvent, StopReason } from './events.ts'
import type { PathNode } from './path-node.ts'
import { byRank } from './path-node.ts'
import { cutOff } from './rank-round.ts'
import type { SearchRun } from './search-run.ts'
import { answerRule, usesRewardModel } from './settings.ts'

export interface SearchEnd {
  readonly reason: StopReason
  readonly round: number
  /** Finished paths, in the order found. */
  readonly candidates: readonly PathNode[]
  /** Paths that were cut off by the end. */
  readonly open: readonly PathNode[]
  /** The answer, where the search knows it already (early stop). */
  readonly answer?: PathNode
  /** The choice among the candidates, where the search has a rule of its own. */
  readonly decisions?: readonly AnswerDecision[]
}

/** Ends a search: closes the paths that are open, chooses the answer, and tells the result. */
export function* finishSearch(
  run: SearchRun,
  end: SearchEnd,
): Generator<KeptEvent | PrunedEvent | FinishedEvent, void> {
  const { reason, round, candidates, open } = end
  const scored = usesRewardModel(run.setup.strategy)
  const unfinished = byRank(open)
  yield* cutOff(run, unfinished, round, scored)
  const rules = { answerBy: answerRule(run.setup), aggregation: run.aggregation }
  const decisions =
    end.decisions ?? (end.answer ? acceptedFirst(end.answer, candidates) : chooseAnswer(candidates, rules, scored))
  for (const { node, decision } of decisions) {
    yield decision.rule === 'answer' ? run.kept(node, round, decision) : run.pruned(node, round, decision)
  }
  const answer = decisions[0]?.node ?? null
  const verdict = answer?.step?.verdict ?? null
  yield {
    type: 'finished',
    reason,
    node: answer?.id ?? null,
    answer: verdict?.answer ?? null,
    correct: verdict === null ? run.checker.verify([]).correct : verdict.correct,
    response: (answer ?? unfinished[0])?.texts.join('') ?? '',
    explanation: verdict?.explanation ?? `No path finished within ${round} ${round === 1 ? 'round' : 'rounds'}.`,
    candidates: candidates.map((node) => candidateOf(node, scored)),
    ledger: run.ledger,
  }
}

/** The path that the task's check accepted, before all others whatever their scores. */
function acceptedFirst(answer: PathNode, candidates: readonly PathNode[]): AnswerDecision[] {
  return decideAnswer([answer, ...byRank(candidates.filter((node) => node !== answer))], (node) => node.pathScore)
}

function candidateOf(node: PathNode, scored: boolean): Candidate {
  return {
    node: node.id,
    answer: node.step?.verdict?.answer ?? null,
    correct: node.step?.verdict?.correct ?? null,
    pathScore: scored ? node.pathScore : null,
    count: node.samples.length,
  }
}
