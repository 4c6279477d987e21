import type { Ref } from 'react'
import { useActions } from '../state/hooks.ts'
import type { RunView } from '../state/search/runs-state.ts'
import { IconButton } from '../ui/button.tsx'
import { ErrorNotice } from '../ui/error-notice.tsx'
import type { TreeCanvasHandle } from '../viz/marks/tree-canvas.tsx'
import { TreeCanvas } from '../viz/marks/tree-canvas.tsx'
import { AnswerLine } from './answer-line.tsx'
import styles from './run-tree.module.css'
import { useTruth } from './use-truth.ts'

/** A run's answer and its tree, one of several beside each other. Two elements, for the layout of whoever shows them. */
export function RunTree({ run, label, ref }: { run: RunView; label: string; ref: Ref<TreeCanvasHandle> }) {
  const actions = useActions()
  const truth = useTruth(run)
  return (
    <>
      <div className={styles.answer}>{run.error ? <ErrorNotice details={run.error} /> : <AnswerLine run={run} />}</div>
      <div className={styles.tree}>
        <TreeCanvas
          ref={ref}
          className={styles.fill ?? ''}
          label={label}
          tree={run.tree}
          selected={run.selected}
          onSelect={(node) => actions.runs.select(run.id, node)}
          truth={truth}
          follow
        />
      </div>
    </>
  )
}

export function OpenInPlayground({ run }: { run: RunView | null }) {
  const actions = useActions()
  return (
    <IconButton
      icon="inspect"
      label="Open in the playground"
      disabled={run === null}
      onClick={() => {
        if (!run) return
        actions.runs.activate(run.id)
        location.hash = '#/playground'
      }}
    />
  )
}
