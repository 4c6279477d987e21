import { sigmoid } from '../core/numerics.ts'
import type { Branch, Policy, RewardModel, RewardModelInfo, ScoreRequest, StepScores, Usage } from '../search/models.ts'
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

  async open(prompt: string): Promise<{ branch: Branch; usage: Usage }> {
    const policy = await this.policy.open(prompt)
    try {
      const reference = await this.reference.open(prompt)
      return {
        branch: handOut({ policy: policy.branch, reference: reference.branch, reward: 0 }),
        usage: addUsage(policy.usage, reference.usage),
      }
    } catch (error) {
      this.policy.release(policy.branch)
      throw error
    }
  }

  async score(requests: readonly ScoreRequest[], signal?: AbortSignal): Promise<StepScores[]> {
    signal?.throwIfAborted()
    const settled = await Promise.allSettled(requests.map((request) => this.scoreSteps(request)))
    const failed = settled.find((result) => result.status === 'rejected')
    if (failed === undefined && !signal?.aborted) {
      return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
    }
    for (const result of settled) if (result.status === 'fulfilled') this.release(result.value.branch)
    signal?.throwIfAborted()
    throw failed?.reason
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

  private async scoreSteps({ branch, steps }: ScoreRequest): Promise<StepScores> {
    let at = this.fork(branch)
    let usage = NO_USAGE
    const scores: number[] = []
    try {
      for (const step of steps) {
        const next = await this.extend(at, step)
        this.release(at)
        at = next.branch
        usage = addUsage(usage, next.usage)
        scores.push(sigmoid(scoredOf(at).reward))
      }
    } catch (error) {
      this.release(at)
      throw error
    }
    return { scores, branch: at, usage }
  }

  private async extend(branch: Branch, step: string): Promise<{ branch: Branch; usage: Usage }> {
    const from = scoredOf(branch)
    const policy = await this.policy.extend(from.policy, step)
    try {
      const reference = await this.reference.extend(from.reference, step)
      const reward = policy.tokens.reduce(
        (sum, { logprob }, t) => sum + this.beta * (logprob - (reference.tokens[t]?.logprob ?? Number.NaN)),
        from.reward,
      )
      return {
        branch: handOut({ policy: policy.branch, reference: reference.branch, reward }),
        usage: addUsage(policy.usage, reference.usage),
      }
    } catch (error) {
      this.policy.release(policy.branch)
      throw error
    }
  }
}

function handOut(scored: Scored): Branch {
  return { tokens: scored.policy.tokens, handle: scored }
}

function scoredOf({ handle }: Branch): Scored {
  return handle as Scored
}
