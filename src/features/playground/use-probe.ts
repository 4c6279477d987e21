import { useEffect, useMemo } from 'react'
import type { TreeNode } from '../../search/tree.ts'
import { useActions, useApp } from '../../state/hooks.ts'
import type { ProbeState } from '../../state/search/probe-state.ts'
import type { RunView } from '../../state/search/runs-state.ts'

/** Walking the tree with the arrow keys should not ask the models at every step. */
const SETTLE_MS = 250

export interface NodeProbe {
  /** The path as the models read it now; null while it is of another node. */
  readonly state: ProbeState | null
  /** Edits of another node's path that are still open. */
  readonly elsewhere: ProbeState | null
}

/**
 * Lets the models read the selected path as soon as they are loaded and nothing runs, so that alternatives show and any
 * step can be edited. Edited steps stay until they are discarded.
 */
export function useProbe(run: RunView, node: TreeNode): NodeProbe {
  const actions = useActions()
  const probe = useApp((state) => state.probe)
  const ready = useApp((state) => state.engine.phase === 'ready')
  const busy = useApp((state) => Object.values(state.runs.byId).some(({ status }) => status === 'running'))
  const here = probe.run === run.id && probe.node === node.id
  const edited = probe.firstEdit !== null
  const { id: runId } = run
  const { id: nodeId } = node
  useEffect(() => {
    if (here || edited || !ready || busy) return
    const timer = setTimeout(() => actions.probe.open(runId, nodeId), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [actions, here, edited, ready, busy, runId, nodeId])
  return useMemo(
    () => ({
      state: here ? probe : null,
      elsewhere: !here && edited ? probe : null,
    }),
    [here, edited, probe],
  )
}
