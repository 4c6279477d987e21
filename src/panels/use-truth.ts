import { useMemo } from 'react'
import { useApp } from '../state/hooks.ts'
import type { RunView } from '../state/search/runs-state.ts'

/** The exact labels of a run's nodes, as the tree's marks take them; null where they are not revealed. */
export function useTruth(run: RunView | null) {
  const revealTruth = useApp((state) => state.preferences.revealTruth)
  const labels = run?.labels
  return useMemo(
    () =>
      revealTruth && labels ? new Map(Object.entries(labels).map(([node, label]) => [Number(node), label])) : null,
    [revealTruth, labels],
  )
}
