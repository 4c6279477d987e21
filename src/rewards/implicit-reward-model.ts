import { allOrNothing } from '../core/all-or-nothing.ts'
import { sigmoid } from '../core/numerics.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Branch, Policy, RewardModel, RewardModelInfo, ScoreRequest, StepScores, Usage } from '../search/models.ts'
import { checkScores } from '../search/read-out.ts'
import { addUsage, NO_USAGE } from './usage.ts'

/** A sequence in both models, and what it has earned so far. */
interface Scored {
  readonly policy: Branch
  readonly reference: Branch
  /** β Σ (log π − log π_ref) over the response's tokens. */
  readonly reward: number
}

/**
 * A language model trained by its outcomes against a reference, read as a process reward model (Yuan et al., arXiv
 * 2412.01981, eq. 5). The score of a step is σ(q), q = β Σ (log π − log π_ref) over all tokens of the response up to the
 * step's end: what the model's training takes for the chance of a right outcome, read early. Both models run every token.
 */
export class ImplicitRewardModel implements RewardModel {
  readonly info: RewardModelInfo
  private readonly policy: Policy
  private readonly reference: Policy
  private readonly beta: number

  /** @param beta as in training; Yuan et al. take 0.05 */
  constructor(policy: Policy, reference: Policy, beta: number) {
    this.policy = policy
    this.reference = reference
    this.beta = beta
    const [own, other] = [policy.info.flops, reference.info.flops]
    this.info = {
      ...policy.info,
      kind: 'process',
      aggregation: 'last',
      flops: { token: own.token + other.token, head: own.head + other.head, context: own.context + other.context },
      choices: {
        ...policy.info.choices,
        'implicit reward': `β ${beta} against ${reference.info.id} (${reference.info.hash})`,
      },
    }
  }

  async open(prompt: Prompt): Promise<{ branch: Branch; usage: Usage }> {
    const [policy, reference] = await this.both((model) => model.open(prompt))
    return {
      branch: handOut({ policy: policy.branch, reference: reference.branch, reward: 0 }),
      usage: addUsage(policy.usage, reference.usage),
    }
  }

  score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<StepScores[]> {
    return allOrNothing(
      requests,
      (request, ended) => this.scoreSteps(request, ended),
      ({ branch }) => this.release(branch),
      signal,
    )
  }

  fork(branch: Branch): Branch {
    const { policy, reference, reward } = scoredOf(branch)
    return handOut({ policy: this.policy.fork(policy), reference: this.reference.fork(reference), reward })
  }

  release(branch: Branch): void {
    const { policy, reference } = scoredOf(branch)
    this.policy.release(policy)
    this.reference.release(reference)
  }

  private async scoreSteps({ branch, steps }: ScoreRequest, signal: AbortSignal): Promise<StepScores> {
    let at = this.fork(branch)
    let usage = NO_USAGE
    const scores: number[] = []
    try {
      for (const step of steps) {
        signal.throwIfAborted()
        const next = await this.extend(at, step)
        this.release(at)
        at = next.branch
        usage = addUsage(usage, next.usage)
        const { reward } = scoredOf(at)
        // A sigmoid would make a score of an infinite reward.
        scores.push(Number.isFinite(reward) ? sigmoid(reward) : Number.NaN)
      }
      checkScores(scores, this.info, steps)
      signal.throwIfAborted()
    } catch (error) {
      this.release(at)
      throw error
    }
    return { scores, branch: at, usage }
  }

  private async extend(branch: Branch, step: string): Promise<{ branch: Branch; usage: Usage }> {
    const from = scoredOf(branch)
    const [policy, reference] = await this.both((model, which) => model.extend(from[which], step))
    const reward = policy.tokens.reduce(
      (sum, { logprob }, t) => sum + this.beta * (logprob - (reference.tokens[t]?.logprob ?? Number.NaN)),
      from.reward,
    )
    return {
      branch: handOut({ policy: policy.branch, reference: reference.branch, reward }),
      usage: addUsage(policy.usage, reference.usage),
    }
  }

  /** The same of both models, at the same time; where one fails, the other's branch is given back. */
  private async both<Result extends { readonly branch: Branch }>(
    job: (model: Policy, which: 'policy' | 'reference') => Promise<Result>,
  ): Promise<[policy: Result, reference: Result]> {
    const [policy, reference] = await Promise.allSettled([job(this.policy, 'policy'), job(this.reference, 'reference')])
    if (policy.status === 'fulfilled' && reference.status === 'fulfilled') return [policy.value, reference.value]
    if (policy.status === 'fulfilled') this.policy.release(policy.value.branch)
    if (reference.status === 'fulfilled') this.reference.release(reference.value.branch)
    throw policy.status === 'rejected' ? policy.reason : (reference as PromiseRejectedResult).reason
  }
}

function handOut(scored: Scored): Branch {
  return { tokens: scored.policy.tokens, handle: scored }
}

function scoredOf({ handle }: Branch): Scored {
  return handle as Scored
}
