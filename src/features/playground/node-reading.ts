import type { Aggregation, TokenReading } from '../../search/models.ts'
import type { TreeNode } from '../../search/tree.ts'
import type { Difference } from '../../state/search/belonging.ts'
import type { ProbeState } from '../../state/search/probe-state.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import type { ExactLabel } from '../../tasks/task.ts'

/** All that the inspector says of a step, of one thing: as it was recorded, or as its edited path is read now. */
export interface NodeReading {
  readonly of: 'recorded' | 'edited'
  readonly text: string
  readonly score: number | null
  readonly pathScore: number | null
  readonly logprob: number | null
  readonly tokens: readonly TokenReading[]
  /** Null while it is not revealed, or not known. */
  readonly label: ExactLabel | null
  /** Scores of the path's steps, for rankings; null while one is not known. */
  readonly scores: readonly number[] | null
  /** What the numbers are of, in one sentence; null where recorded and now are the same. */
  readonly said: string | null
}

/**
 * @param probe the node's own path as the models read it now; null where it was not read
 * @param differences of the run from what is loaded now
 */
export function nodeReading(
  run: Pick<RunView, 'tree' | 'labels' | 'events'>,
  node: TreeNode,
  probe: ProbeState | null,
  differences: readonly Difference[],
  aggregate: (aggregation: Aggregation, scores: readonly number[]) => number,
): NodeReading {
  const last = probe?.firstEdit === null ? undefined : probe?.steps.at(-1)
  if (probe && last) {
    const scores = probe.steps.map(({ score }) => score)
    const known = scores.filter((score) => score !== null)
    const all = known.length === scores.length ? known : null
    return {
      of: 'edited',
      text: last.text,
      score: last.score,
      pathScore: all && aggregate(run.tree.aggregation, all),
      logprob: last.logprob,
      tokens: last.tokens,
      label: last.label,
      scores: all,
      said: 'Of the edited path, as the models loaded now read it. The tree shows it as it was.',
    }
  }
  const step = probe?.status === 'ready' ? probe.original[node.depth - 1] : undefined
  const models = differences.filter(({ what }) => what === 'policy' || what === 'reward model')
  const policyDiffers = models.some(({ what }) => what === 'policy')
  const recorded = node.tokens.map((token) => ({ ...token, alternatives: [] }))
  return {
    of: 'recorded',
    text: node.text.trim(),
    score: node.score ?? node.pathScore,
    pathScore: node.pathScore,
    logprob: node.logprob,
    // Another policy's reading of the step is not what was recorded.
    tokens: !policyDiffers && step && step.tokens.length > 0 ? step.tokens : recorded,
    label: run.labels[node.id] ?? null,
    scores: null,
    said:
      models.length === 0
        ? null
        : `As recorded, by ${models.map(({ run: made }) => made).join(' and ')}. The path below is read by ${models.map(({ now }) => now).join(' and ')}.`,
  }
}

/** Recorded scores of the path's steps, to stand beside those of now; null where the same model gives both, or an edit is open. */
export function recordedScores(
  run: Pick<RunView, 'tree'>,
  node: TreeNode,
  probe: ProbeState | null,
  differences: readonly Difference[],
): readonly (number | null)[] | null {
  if (probe?.status !== 'ready' || probe.firstEdit !== null) return null
  if (!differences.some(({ what }) => what === 'reward model')) return null
  const scores: (number | null)[] = []
  for (let at: TreeNode | undefined = node; at && at.parent !== null; at = run.tree.nodes[at.parent]) {
    if (at.text !== '') scores.push(at.score)
  }
  return scores.reverse()
}
