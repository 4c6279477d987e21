import { wilsonInterval } from '../../core/statistics.ts'
import type { SearchTree } from '../../search/tree.ts'
import { stepsTo } from '../../search/tree-paths.ts'
import type { Completion, Estimate } from './probe-state.ts'
import type { RunView } from './runs-state.ts'

/** Completions of a `sampling` run so far, and the share of right ones with its interval. */
export function readEstimate(before: Estimate, run: RunView, tree: SearchTree): Estimate {
  const completions: Completion[] = []
  for (const node of tree.nodes) {
    if (node.given) continue
    const cut = tree.finished !== null && node.children.length === 0 && node.id !== 0
    if (!node.verdict && !cut) continue
    const steps = stepsTo(tree, node.id).slice(before.prefix.length)
    const completion: Completion = {
      text: steps.join(''),
      steps,
      answer: node.verdict?.answer ?? null,
      correct: node.verdict?.correct ?? false,
      explanation: node.verdict?.explanation ?? 'It was cut before an answer.',
    }
    for (let copy = 0; copy < node.count; copy += 1) completions.push(completion)
  }
  const correct = completions.filter((completion) => completion.correct).length
  const total = completions.length
  const [low, high] = wilsonInterval(correct, total)
  return {
    ...before,
    status: run.status,
    error: run.error,
    completions,
    correct,
    mean: total === 0 ? null : correct / total,
    interval: total === 0 ? null : { low, high },
  }
}
