import type { Verdict } from './models.ts'
import { choosesByVote } from './settings.ts'
import type { SearchTree } from './tree.ts'

/** What a finished path counts for in a vote; null where it has no vote. Where the task says nothing else, its answer. */
export function voteOf(verdict: Verdict | null | undefined): string | null {
  if (!verdict) return null
  return verdict.vote === undefined ? verdict.answer : verdict.vote
}

export interface VoteCount {
  /** Finished samples, identical ones each. */
  readonly samples: number
  /** Those that have a vote. */
  readonly cast: number
  /** Different things they are for. */
  readonly choices: number
}

/** The votes of a finished search; null where the answer was not chosen by votes. */
export function countVotes({ started, finished, nodes }: SearchTree): VoteCount | null {
  if (!started || !finished || finished.reason === 'accepted' || !choosesByVote(started.setup)) return null
  let samples = 0
  let cast = 0
  const choices = new Set<string>()
  for (const { node, count } of finished.candidates) {
    const vote = voteOf(nodes[node]?.verdict)
    samples += count
    if (vote === null) continue
    cast += count
    choices.add(vote)
  }
  return { samples, cast, choices: choices.size }
}

/** `Votes: 5 of 16 responses have one, for 2 different solutions.`; null where nothing was voted on. */
export function votesSentence(tree: SearchTree): string | null {
  const votes = countVotes(tree)
  if (votes === null || votes.samples === 0) return null
  const { samples, cast, choices } = votes
  if (cast === 0) return `Votes: none of ${samples} responses has one, so the first is shown.`
  if (choices === 1) return `Votes: ${cast} of ${samples} responses have one, all for the same: nothing to vote on.`
  return `Votes: ${cast} of ${samples} responses have one, for ${choices} different results.`
}
