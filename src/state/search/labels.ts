import type { NodeId } from '../../search/events.ts'
import type { SearchTree } from '../../search/tree.ts'
import { judgedStepsTo } from '../../search/tree-paths.ts'
import type { ExactLabel } from '../../tasks/task.ts'
import type { RunView } from './runs-state.ts'
import { createLabeler } from './task-tools.ts'

/** Part of a frame that labels may take; the rest waits for the next frame. */
const BUDGET_MS = 6

/** Adds labels of nodes that have none, as many as fit a part of a frame. The problem itself (node 0) has one, too. */
export function fillLabels(
  run: RunView,
  tree: SearchTree,
  now: () => number,
): { readonly labels: Readonly<Record<NodeId, ExactLabel>>; readonly complete: boolean } {
  const missing = tree.nodes.filter(({ id }) => !(id in run.labels))
  const label = missing.length === 0 ? null : createLabeler(run.setup)
  if (!label) return { labels: run.labels, complete: true }
  const labels: Record<NodeId, ExactLabel> = { ...run.labels }
  const until = now() + BUDGET_MS
  for (const { id } of missing) {
    labels[id] = label(judgedStepsTo(tree, id))
    if (now() > until) return { labels, complete: id === missing.at(-1)?.id }
  }
  return { labels, complete: true }
}
