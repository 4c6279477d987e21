import { PARAGRAPH_CHARACTERS, plainText } from '../core/outside-text.ts'
import { AGGREGATION_NAMES } from './aggregate.ts'
import type { Decision, FinishedEvent, NodeId, SearchEvent, SelectedEvent } from './events.ts'
import { STOP_REASONS } from './events.ts'
import { answerRule, choosesByVote, judgesResponses, strategyName, usesSetting } from './settings.ts'
import type { SearchTree } from './tree.ts'
import { pathTo } from './tree-paths.ts'
import { savedByStop, voteOf, votesSentence } from './votes.ts'

/**
 * One plain sentence on what an event means, with the numbers compared.
 * @param tree the tree after the event
 */
export function describeEvent(event: SearchEvent, tree: SearchTree): string {
  switch (event.type) {
    case 'started': {
      const name = strategyName(event.setup.strategy)
      return `Started: ${name} on ${plainText(event.setup.problem)}, seed ${event.setup.seed}.`
    }
    case 'proposed': {
      if (event.given) return `Given: ${quote(event.text)} is where the search starts from.`
      if (event.forced === 'wait') return `Put in: ${quote(event.text)}, which stands for “Wait”, in place of the end.`
      if (event.forced === 'answer')
        return `Asked for the answer: ${quote(event.text)} begins with the task’s marker, and the policy completed it.`
      const times = event.samples.length > 1 ? `, ${event.samples.length} times` : ''
      const known = !event.reused
        ? ''
        : tree.nodes[event.node]?.state === 'proposed'
          ? ', which a rollout had found already'
          : ', which stood there already'
      const end = event.text === '' ? 'the end of the response' : quote(event.text)
      return `Proposed${times}: ${end}${known} (probability ${percent(event.logprob)}).`
    }
    case 'scored':
      if (responsesAreJudged(tree)) {
        return event.score === null
          ? 'Not judged: nothing was written.'
          : `Judged: the response that ends in ${quote(text(tree, event.node))} gets ${number(event.score)}.`
      }
      return event.score === null
        ? `Not scored: nothing was written, so the path keeps ${number(event.pathScore)}.`
        : `Scored: ${quote(text(tree, event.node))} gets ${number(event.score)}${pathPart(event.score, event.pathScore, tree)}.`
    case 'rolledOut': {
      const steps = event.steps.length
      const end = number(event.pathScore)
      if (steps === 0) return `Nothing to roll out: ${quote(text(tree, event.node))} ends its path, at ${end}.`
      const accepted = event.accepted ? '; its answer passes the check, which stops the search' : ''
      return `Rolled out ${count(steps, 'greedy step')} from ${quote(text(tree, event.node))}: the path ends at ${end}${accepted}.`
    }
    case 'kept':
      return describeKept(event.node, event.decision, tree)
    case 'pruned':
      return describePruned(event.node, event.decision, tree)
    case 'selected':
      return describeSelection(event, tree)
    case 'expanded': {
      const priors = event.children.slice(0, SHOWN).map(({ prior }) => number(prior))
      const more = event.children.length > SHOWN ? ', …' : ''
      const from = event.node === 0 ? 'the problem' : quote(text(tree, event.node))
      return `Expanded: ${count(event.children.length, 'different step')} below ${from}, of prior ${priors.join(', ')}${more}.`
    }
    case 'evaluated': {
      const { score, outcome, value, node } = event
      if (outcome === null)
        return `Evaluated: ${quote(text(tree, node))} is worth ${number(value)}, the reward model’s score.`
      const weight = tree.started?.setup.config.rolloutWeight ?? 0
      return `Evaluated: ${quote(text(tree, node))} is worth ${number(value)}: ${number(1 - weight)} · ${number(score)} by the reward model and ${number(weight)} · ${number(outcome)} by the rollout.`
    }
    case 'revised': {
      const { round, node, before, score } = event
      return `Revised: in attempt ${round} the score falls most at ${quote(text(tree, node))}, from ${number(before, score)} to ${number(score, before)}; the next attempt goes on from before it.`
    }
    case 'backedUp': {
      const where = event.node === 0 ? 'the problem' : quote(text(tree, event.node))
      return `Backed up: ${where} has ${count(event.visits, 'visit')}, mean value ${number(event.value)}.`
    }
    case 'finished':
      return describeEnd(event, tree)
  }
}

/** Numbers that a sentence lists. */
const SHOWN = 6

function describeSelection({ round, node, choices }: SelectedEvent, tree: SearchTree): string {
  const last = choices.at(-1)
  const chosen = last?.compared.find((child) => child.node === last.node)
  if (!last || !chosen)
    return `Iteration ${round}: nothing is left below ${node === 0 ? 'the problem' : quote(text(tree, node))}.`
  const others = last.compared.filter((child) => child !== chosen).map(({ priority }) => priority)
  const next =
    others.length === 0 ? 'nothing else is left there' : `the next has ${number(Math.max(...others), chosen.priority)}`
  const { value, priority, prior, visits } = chosen
  const what = visits === 0 ? 'the reward model’s score' : 'its mean value'
  const after = choices.length === 1 ? '' : ` after ${count(choices.length, 'choice')}`
  return `Iteration ${round}: selected ${quote(text(tree, node))}${after} with ${number(priority)}, ${what} ${number(value)} plus ${number(priority - value)} for prior ${number(prior)} and ${count(visits, 'visit')}; ${next}.`
}

function describeKept(node: NodeId, decision: Decision, tree: SearchTree): string {
  const { rule, score, against, rank, of, kept, subtree, share } = decision
  const step = quote(text(tree, node))
  const mine = score === null ? '' : ` with ${number(score, against)}`
  switch (rule) {
    case 'given':
      return `Kept: ${step} was given.`
    case 'forced':
      return `Kept: ${step} was put in, and the policy goes on from it.`
    case 'only-child':
      return `Kept: ${step} is the only proposal.`
    case 'candidate':
      return `Finished: ${step} ends its path${mine} and is a candidate for the answer.`
    case 'answer':
      if (isAcceptedEnd(tree, node)) return `Answer: ${step} passes the task’s check without knowing the solution.`
      if (tree.nodes[node]?.verdict === null) return `Kept: the rollout of ${step} is the answer.`
      if (comparedByVote(tree) && score === 0) return `Answer: no response has a vote; ${step} is the first of them.`
      if (answersByVisits(tree)) return `Answer: ${step} ends the path of most visits${visitsTo(tree, node)}.`
      if (against === null) {
        return comparedByVote(tree)
          ? `Answer: ${step} has the only votes there are${mine}, ${comparedByVote(tree)}.`
          : `Answer: ${step} ends the only finished path${mine}.`
      }
      return `Answer: ${step} is chosen${mine}; the next is ${number(against, score)}, ${comparedBy(tree)}.`
    case 'selected':
      return against === null
        ? `Kept: ${step} is the only way on.`
        : `Kept: ${step} is selected with ${number(score, against)}; the next has ${number(against, score)}, by value and exploration.`
    case 'share':
      if (share === undefined) break
      return `Kept: ${step}${mine} gets ${share.children} of the ${count(share.left, 'proposal')} left, by the softmax of ${AGGREGATION_NAMES[tree.aggregation]}s.`
    default:
  }
  if (subtree !== undefined) {
    const next =
      against === null ? 'is its only proposal' : `is the best of its ${of}; the next has ${number(against, score)}`
    return `Kept in subtree ${subtree + 1}: ${step}${mine} ${next}, ${byScore(tree)}.`
  }
  if (of === 1) return `Kept: ${step}${mine} is the only open path.`
  if (of <= kept) return `Kept: ${step}${mine}; all ${of} open paths go on.`
  return `Kept: ${step}${mine} is place ${rank} of ${of}, and ${kept} ${kept === 1 ? 'is' : 'are'} kept; the best one pruned has ${number(against, score)}, ${byScore(tree)}.`
}

function describePruned(node: NodeId, decision: Decision, tree: SearchTree): string {
  const { rule, score, against, kept, subtree, share } = decision
  const step = quote(text(tree, node))
  const mine = score === null ? '' : ` at ${number(score)}`
  switch (rule) {
    case 'search-ended':
      return `Left open: the search ended with ${step}${mine}.`
    case 'not-answer':
      if (score === null || against === null) return `Not the answer: ${step}.`
      if (answersByVisits(tree)) return `Not the answer: ${step}${mine} leaves the path of most visits.`
      if (tree.nodes.some(({ rollout }) => rollout?.accepted)) {
        return `Not the answer: the search stopped at another path; ${step} had ${number(score)}.`
      }
      if (comparedByVote(tree) && voteOf(tree.nodes[node]?.verdict) === null) {
        return `Not the answer: ${step} has no vote.`
      }
      if (comparedByVote(tree) && sharesVote(tree, node)) {
        return `Not shown: ${step} has the same votes as the answer; another of its paths is shown.`
      }
      return `Not the answer: ${step} with ${number(score, against)} ${score === against ? 'only equals' : 'is below'} the chosen ${number(against, score)}, ${comparedBy(tree)}.`
    case 'too-early': {
      const { tokens = 0, least = 0, wait = 0, waits = 0 } = decision.early ?? {}
      return `Too early: ${step} ends the response after ${tokens} of at least ${least} tokens; “Wait” is put in its place (${wait} of ${waits}).`
    }
    case 'share':
      return share?.left === 0
        ? `Pruned: ${step}${mine} gets no proposal; the paths above it took them all.`
        : `Pruned: ${step}${mine} gets no proposal.`
    default: {
      const where = subtree === undefined ? 'Pruned' : `Pruned in subtree ${subtree + 1}`
      const others =
        kept === 1 ? `the one kept (${number(against, score)})` : `the ${kept} kept (lowest ${number(against, score)})`
      if (score === against)
        return `${where}: ${step} with ${number(score)} only equals ${others}, proposed earlier, ${byScore(tree)}.`
      return `${where}: ${step} with ${number(score, against)} is below ${others}, ${byScore(tree)}.`
    }
  }
}

function describeEnd({ reason, answer, correct, explanation }: FinishedEvent, tree: SearchTree): string {
  const votes = votesSentence(tree)
  const saving = savedByStop(tree)
  const result =
    answer === null
      ? 'No answer'
      : `The answer ${plainText(answer)} ${correct === null ? 'cannot be checked' : correct ? 'is right' : 'is wrong'}`
  const why = plainText(explanation, PARAGRAPH_CHARACTERS)
  return `Finished: ${STOP_REASONS[reason].clause}. ${result}: ${why}${votes ? ` ${votes}` : ''}${saving ? ` ${saving.left} of ${saving.of} responses were not drawn to their end.` : ''}`
}

function responsesAreJudged({ started }: SearchTree): boolean {
  return started !== null && judgesResponses(started.setup.strategy)
}

function byScore(tree: SearchTree): string {
  const setup = tree.started?.setup
  if (responsesAreJudged(tree)) return 'by the score of the whole response'
  const rolledOut = setup && usesSetting(setup.strategy, 'lookahead') && setup.config.lookahead > 0
  const where = rolledOut ? ' at the end of the rollout' : ''
  return `by ${AGGREGATION_NAMES[tree.aggregation]}${where}`
}

function comparedBy(tree: SearchTree): string {
  const { started } = tree
  const whole = responsesAreJudged(tree) ? 'by the score of the whole response' : null
  const values = started && usesSetting(started.setup.strategy, 'treeAnswer') ? 'by value' : null
  return comparedByVote(tree) ?? whole ?? values ?? `by ${AGGREGATION_NAMES[tree.aggregation]}`
}

/** Whether the answer is at the end of the most visited path. */
function answersByVisits({ started }: SearchTree): boolean {
  if (!started || !usesSetting(started.setup.strategy, 'treeAnswer')) return false
  return started.setup.config.treeAnswer === 'visits'
}

function visitsTo(tree: SearchTree, node: NodeId): string {
  const visits = pathTo(tree, node).map((step) => step.visits)
  return visits.length > SHOWN ? '' : ` (${visits.join(', ')})`
}

/** How votes were counted; null where the best score is the answer. */
function comparedByVote(tree: SearchTree): string | null {
  const setup = tree.started?.setup
  if (!setup || !choosesByVote(setup)) return null
  return answerRule(setup) === 'majority' ? 'by votes' : 'by weighted vote'
}

function sharesVote(tree: SearchTree, node: NodeId): boolean {
  const chosen = tree.nodes.find(({ state }) => state === 'answer')
  return voteOf(chosen?.verdict) === voteOf(tree.nodes[node]?.verdict)
}

function isAcceptedEnd(tree: SearchTree, node: NodeId): boolean {
  return tree.nodes.some(({ rollout }) => rollout?.accepted && rollout.end === node)
}

function text(tree: SearchTree, node: NodeId): string {
  return tree.nodes[node]?.text ?? ''
}

function quote(step: string): string {
  const line = step.replace(/\s+$/, '')
  return line === '' ? 'the end of the response' : `“${plainText(line, 80)}”`
}

function pathPart(score: number, pathScore: number, tree: SearchTree): string {
  return tree.aggregation === 'last' || score === pathScore
    ? ''
    : `; its path has ${number(pathScore)}, ${byScore(tree)}`
}

/**
 * Two decimals, more where two would round to a whole number or hide the difference from the number it is compared to.
 * Numbers too close to 0 or 1 to be read so stand as a bound, `<0.0001`, or as a power of ten where two are compared.
 */
function number(value: number | null, against: number | null = null): string {
  if (value === null) return 'no score'
  if (Number.isInteger(value)) return String(value)
  const compared = against !== null && against !== value
  for (let digits = 2; digits <= 6; digits++) {
    const rounded = value.toFixed(digits)
    const whole = Number.isInteger(Number(rounded))
    if (whole && digits === 4 && !(compared && Math.abs(against - value) < 1e-4)) return bound(value)
    if (!whole && !(compared && rounded === against.toFixed(digits))) return rounded
  }
  return Math.abs(value) < 1e-4 ? value.toExponential(1) : bound(value)
}

/** Where a number lies that four decimals cannot tell from the whole number next to it. */
function bound(value: number): string {
  const nearest = Math.round(value)
  return value < nearest ? `>${(nearest - 1e-4).toFixed(4)}` : `<${(nearest + 1e-4).toFixed(4)}`
}

function percent(logprob: number): string {
  const value = Math.exp(logprob) * 100
  if (value < 0.01) return '<0.01%'
  return value >= 9.95 ? `${value.toFixed(0)}%` : `${value.toPrecision(2)}%`
}

function count(items: number, noun: string): string {
  return `${items} ${noun}${items === 1 ? '' : 's'}`
}
