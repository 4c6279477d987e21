import type { SearchEvent } from '../../search/events.ts'
import type { ModelInfo } from '../../search/models.ts'
import type { SearchTree, TreeNode } from '../../search/tree.ts'
import type { RunView } from '../search/runs-state.ts'
import type { CompareRow, CompareState } from './compare-state.ts'

/** FLOPs of both models after an event. */
function flopsAfter(event: SearchEvent | undefined): number {
  return event ? event.ledger.policy.flops + event.ledger.reward.flops : 0
}

export function totalFlops(run: Pick<RunView, 'events'>): number {
  return flopsAfter(run.events.at(-1))
}

/** Number of events whose FLOPs are at most `flops`: ledgers never fall, so a bisection finds it. */
export function cursorAtFlops(events: readonly SearchEvent[], flops: number): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (flopsAfter(events[middle]) <= flops) low = middle + 1
    else high = middle
  }
  return low
}

/** The answer a search would give if it stopped here: its own, else the best finished path; ties to the earlier. */
export function bestSoFar(
  tree: SearchTree,
): { readonly answer: string | null; readonly correct: boolean | null } | null {
  if (tree.finished) return { answer: tree.finished.answer, correct: tree.finished.correct }
  let best: TreeNode | null = null
  for (const node of tree.nodes) {
    if (!node.verdict || node.state === 'rolledOut') continue
    if (!best || (node.pathScore ?? Number.NEGATIVE_INFINITY) > (best.pathScore ?? Number.NEGATIVE_INFINITY))
      best = node
  }
  return best?.verdict ? { answer: best.verdict.answer, correct: best.verdict.correct } : null
}

function nameOf({ id, hash }: ModelInfo): Pick<ModelInfo, 'id' | 'hash'> {
  return { id, hash }
}

/** One row per run, and the best answer of each at the FLOPs that all have reached. */
export function compareRuns(
  runs: readonly RunView[],
  treeAt: (run: string, cursor: number) => SearchTree | null,
): Pick<CompareState, 'table' | 'equalFlops'> {
  const started = runs.flatMap((run) => {
    const [first] = run.events
    return first?.type === 'started' ? [{ run, first }] : []
  })
  if (started.length === 0) return { table: [], equalFlops: null }
  const equalFlops = Math.min(...started.map(({ run }) => totalFlops(run)))
  const table = started.map(({ run, first }): CompareRow => {
    const last = run.events.at(-1)
    const ledger = last?.ledger
    const finished = last?.type === 'finished' ? last : null
    const saved = ledger
      ? ledger.policy.asked - ledger.policy.executed + (ledger.reward.asked - ledger.reward.executed)
      : 0
    const tree = treeAt(run.id, cursorAtFlops(run.events, equalFlops))
    return {
      run: run.id,
      strategy: run.setup.strategy,
      config: run.setup.config,
      policy: nameOf(first.policy),
      reward: first.reward && nameOf(first.reward),
      status: run.status,
      answer: finished?.answer ?? null,
      correct: finished?.correct ?? null,
      policyTokens: ledger?.policy.executed ?? 0,
      rewardTokens: ledger?.reward.executed ?? 0,
      flops: totalFlops(run),
      savedTokens: saved,
      wallMs: run.measured.wallMs,
      atEqualFlops: tree ? bestSoFar(tree) : null,
    }
  })
  return { table, equalFlops }
}
