import { StepscopeError } from '../../core/errors.ts'
import { splitThinking } from '../../core/thinking.ts'
import type { SearchEvent } from '../events.ts'
import { finishSearch } from '../finish-search.ts'
import type { PathNode } from '../path-node.ts'
import { keepCandidates } from '../rank-round.ts'
import type { SearchRun } from '../search-run.ts'

/**
 * Budget forcing (s1, Muennighoff et al. 2025): one sampled response whose length is steered. Minimum: an end that the policy
 * makes before `minTokens` comes too early; in its place the step that the task names for “Wait” is put, up to `waits` times.
 * Maximum: after the step that reaches `maxTokens` the task's answer marker is put, and the policy completes it. Put-in tokens
 * count, and are run like any others. A step that is cut by its own limit ends the response as elsewhere.
 */
export async function* budgetForcing(run: SearchRun, start: PathNode): AsyncGenerator<SearchEvent, void> {
  const { forcing } = run.checker
  const { waits, minTokens, maxTokens, maxRounds } = run.config
  if (!forcing) {
    throw new StepscopeError({
      code: 'bad-setting',
      message: 'This task names no step that stands for “Wait”, so nothing can be put in for an end',
      found: run.setup.task,
      place: { field: 'strategy' },
      nextStep: 'Choose another strategy, or another task.',
    })
  }
  let node = start
  let waited = 0
  for (let round = 1; round <= maxRounds; round++) {
    const spent = tokensTo(node)
    if (maxTokens > 0 && spent >= maxTokens) {
      const { open } = splitThinking(run.textOf(node).join(''))
      const end = yield* run.forceAnswer(node, `${open ? '</think>\n\n' : ''}${forcing.answerMarker}`, round)
      yield* keepCandidates(run, [end], round, false)
      yield* finishSearch(run, { reason: 'token-limit', round, candidates: [end], open: [] })
      return
    }
    const [next] = yield* run.propose([{ node, count: 1 }], round)
    if (!next) throw new RangeError('the policy proposed nothing')
    const tokens = tokensTo(next)
    const isEnd = next.finished && next.step?.finish !== 'length' && run.hasRoom(node)
    if (isEnd && tokens < minTokens && waited < waits) {
      waited++
      const early = { tokens, least: minTokens, wait: waited, waits }
      yield run.pruned(next, round, { ...ONLY, rule: 'too-early', early })
      node = yield* run.forceStep(node, forcing.wait, round)
      yield run.kept(node, round, { ...ONLY, rule: 'forced' })
      run.releaseAllBut([node])
    } else if (next.finished) {
      yield* keepCandidates(run, [next], round, false)
      yield* finishSearch(run, { reason: 'answered', round, candidates: [next], open: [] })
      return
    } else {
      yield run.kept(next, round, { ...ONLY, rule: 'only-child' })
      run.releaseAllBut([next])
      node = next
    }
  }
  yield* finishSearch(run, { reason: 'max-rounds', round: maxRounds, candidates: [], open: [node] })
}

const ONLY = { score: null, against: null, rank: 1, of: 1, kept: 1 } as const

/** Tokens of the response up to and including a step, given and put-in ones among them. */
function tokensTo(end: PathNode): number {
  let tokens = 0
  for (let node: PathNode | null = end; node; node = node.parent) tokens += node.step?.tokens.length ?? 0
  return tokens
}
