/** One sampled response to a problem. */
export interface VotingSample {
  /** What it votes for, as the task says (`ResponseVerdict.vote`); null where it has no vote. */
  readonly vote: string | null
  readonly right: boolean
  /** Weight of its vote, such as a reward model's score. */
  readonly score: number
}

/**
 * maj@k: the share of groups of k samples whose most frequent vote is right (Wang et al., arXiv 2203.11171). Groups are
 * the consecutive k samples, each used once, so the share is an unbiased estimate; samples that fill no group are left out.
 * Throws a RangeError where there are fewer than k samples.
 */
export function majorityAtK(samples: readonly VotingSample[], k: number): number {
  return voteAtK(samples, k, () => 1)
}

/** weighted@k: as maj@k, each vote weighing as much as its score (Li et al., arXiv 2206.02336). */
export function weightedAtK(samples: readonly VotingSample[], k: number): number {
  return voteAtK(samples, k, ({ score }) => score)
}

function voteAtK(samples: readonly VotingSample[], k: number, weigh: (sample: VotingSample) => number): number {
  const groups = Math.floor(samples.length / k)
  if (!(k >= 1 && groups >= 1))
    throw new RangeError(`a vote of ${k} needs at least ${k} samples, not ${samples.length}`)
  let right = 0
  for (let group = 0; group < groups; group++) {
    if (electedIsRight(samples.slice(group * k, (group + 1) * k), weigh)) right++
  }
  return right / groups
}

/** Ties go to the vote seen first. Responses without one do not count; where there are no others, none is right. */
function electedIsRight(samples: readonly VotingSample[], weigh: (sample: VotingSample) => number): boolean {
  const clusters = new Map<string, { votes: number; readonly right: boolean }>()
  for (const sample of samples) {
    if (sample.vote === null) continue
    const cluster = clusters.get(sample.vote) ?? { votes: 0, right: sample.right }
    clusters.set(sample.vote, cluster)
    cluster.votes += weigh(sample)
  }
  let elected: { readonly votes: number; readonly right: boolean } | undefined
  for (const cluster of clusters.values()) if (!elected || cluster.votes > elected.votes) elected = cluster
  return elected?.right ?? false
}
