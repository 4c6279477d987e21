/** A response of the policy, and what the verifier said of it. */
export interface VerifiedSample {
  /** Names the prompt. */
  readonly problem: string
  readonly tokenIds: ArrayLike<number>
  readonly right: boolean
}

/**
 * The samples from which expert iteration learns (rejection sampling; STaR, Zelikman et al., arXiv 2203.14465; Llama 2,
 * arXiv 2307.09288, §3.2.3): the right ones, each response to a problem once, and of a problem at most `mostPerProblem`
 * of them, so that easy problems do not outweigh the others. First come, first kept, in the given order.
 */
export function selectVerified<Sample extends VerifiedSample>(
  samples: readonly Sample[],
  mostPerProblem = Number.POSITIVE_INFINITY,
): Sample[] {
  const kept = new Map<string, Set<string>>()
  return samples.filter(({ problem, tokenIds, right }) => {
    if (!right) return false
    const responses = kept.get(problem) ?? new Set()
    kept.set(problem, responses)
    const response = Array.from(tokenIds).join(' ')
    if (responses.has(response) || responses.size >= mostPerProblem) return false
    responses.add(response)
    return true
  })
}
