import type { RolledOutEvent } from './events.ts'
import type { Usage } from './models.ts'
import type { PathNode } from './path-node.ts'
import { stepData } from './path-node.ts'
import type { SearchRun } from './search-run.ts'

/** One proposal's rollout: the greedy steps below it. */
interface Rollout {
  readonly proposal: PathNode
  readonly steps: { readonly node: PathNode; readonly cost: StepCost | null }[]
  end: PathNode
}

/** What a step of a rollout cost; null in `Rollout.steps` where it stood in the tree already. */
interface StepCost {
  readonly policy: Usage
  readonly reward: Usage | undefined
}

/**
 * Rolls every proposal out by up to `most` further steps (k where nothing is said) at temperature 0, all together, one step after the other, and
 * scores each of those steps; the path score at the end of its rollout ranks a proposal. Stops after the step at
 * which a rollout finishes with an answer that the task's check accepts, and returns the first such proposal.
 * @param stops whether an accepted answer ends the search
 */
export async function* rollOut(
  run: SearchRun,
  proposals: readonly PathNode[],
  round: number,
  { most, stops }: { readonly most: number; readonly stops: boolean } = { most: run.config.lookahead, stops: true },
): AsyncGenerator<RolledOutEvent, { readonly proposal: PathNode; readonly end: PathNode } | null> {
  const rollouts: Rollout[] = proposals.map((proposal) => ({ proposal, steps: [], end: proposal }))
  const accepts = ({ end }: Rollout): boolean => end.finished && (run.checker.accepts?.(end.texts) ?? false)
  for (let step = 0; step < most && !rollouts.some(accepts); step++) {
    const active = rollouts.filter(({ end }) => !end.finished)
    const policy = await run.rollOutStep(active.map(({ end }) => end))
    const reward = await run.read([...policy.keys()])
    for (const rollout of active) {
      const node = rollout.end.greedyChild
      if (!node) throw new RangeError('a rollout found no step')
      const usage = policy.get(node)
      rollout.steps.push({ node, cost: usage ? { policy: usage, reward: reward.get(node) } : null })
      rollout.end = node
    }
  }
  for (const rollout of rollouts) {
    const { proposal, end } = rollout
    proposal.rankScore = end.pathScore
    // Nothing was rolled out below an open proposal where another one was accepted as it stands.
    if (rollout.steps.length === 0 && !end.finished) continue
    const steps = rollout.steps.map((step) => enterStep(run, step, proposal.samples.length))
    const accepted = stops && accepts(rollout)
    yield {
      type: 'rolledOut',
      round,
      node: proposal.id,
      steps,
      pathScore: end.pathScore,
      accepted,
      ledger: run.ledger,
    }
  }
  return rollouts.find(accepts) ?? null
}

/** @param copies identical proposals, each of which an engine without a tree would roll out */
function enterStep(
  run: SearchRun,
  { node, cost }: Rollout['steps'][number],
  copies: number,
): RolledOutEvent['steps'][number] {
  if (cost) {
    run.policyAccount.add(cost.policy, copies)
    if (cost.reward) run.rewardAccount.add(cost.reward, copies)
    return { ...run.enter(node), score: node.score, reused: false }
  }
  run.policyAccount.reuse(node.asked.policy * copies)
  run.rewardAccount.reuse(node.asked.reward * copies)
  return { ...stepData(node), score: node.score, reused: true }
}
