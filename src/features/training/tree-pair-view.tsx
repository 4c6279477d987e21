import { useRef } from 'react'
import { plainText } from '../../core/outside-text.ts'
import { LedgerFigures } from '../../panels/ledger-figures.tsx'
import { OpenInPlayground, RunTree } from '../../panels/run-tree.tsx'
import { useActions, useApp, useRun } from '../../state/hooks.ts'
import type { RunId } from '../../state/search/runs-state.ts'
import type { TrainingRun } from '../../state/training/training-state.ts'
import { IconButton } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import type { TreeCanvasHandle } from '../../viz/marks/tree-canvas.tsx'
import styles from './tree-pair-view.module.css'

/** The playground's search with the model before training and with the last save: same problem, seed and strategy. */
export function TreePairView({ run }: { run: TrainingRun }) {
  const actions = useActions()
  const trees = useApp((state) => state.training.trees)
  if (trees === null || trees.training !== run.id) return null
  return (
    <section className={styles.pair} aria-label="Trees before and after">
      <header className={styles.header}>
        <h3 className={styles.heading}>
          {trees.beside === 'start' ? 'Before and after' : 'Beside another reward model'}
        </h3>
        <p className={styles.muted}>
          <OutsideText text={trees.problem} />, seed {trees.seed}: the playground’s search, one{' '}
          {trees.role === 'policy' ? 'policy' : 'reward model'} after the other.
          {trees.beside === 'start' ? null : (
            <>
              {' '}
              The run started from <OutsideText text={trees.start} bare />, a policy, which scores nothing: on the left
              stands another reward model, not the model before training.
            </>
          )}
        </p>
        <IconButton
          icon="close"
          label="Close the trees"
          disabled={trees.status === 'before' || trees.status === 'after'}
          onClick={actions.training.closeTrees}
        />
      </header>
      {trees.status === 'failed' ? (
        <ErrorNotice
          details={{
            message: 'The models could not be compared.',
            nextStep: 'See the message at the edge of the screen, then try again.',
          }}
        />
      ) : null}
      <div className={styles.columns}>
        <Side
          name={`${trees.beside === 'start' ? 'Before' : 'Another model'}: ${trees.names.before}`}
          id={trees.before}
          waits={trees.status === 'before'}
        />
        <Side name={`After: ${trees.names.after}`} id={trees.after} waits={trees.status !== 'ready'} />
      </div>
    </section>
  )
}

function Side({ name, id, waits }: { name: string; id: RunId | null; waits: boolean }) {
  const run = useRun(id ?? '')
  const canvas = useRef<TreeCanvasHandle>(null)
  return (
    <section className={styles.side} aria-label={plainText(name)}>
      <header className={styles.sideHead}>
        <h4 className={styles.name}>
          <OutsideText text={name} />
        </h4>
        <IconButton
          icon="fit"
          label="Fit the whole tree"
          disabled={run === null}
          onClick={() => canvas.current?.fit()}
        />
        <OpenInPlayground run={run} />
      </header>
      {run ? (
        <>
          <RunTree ref={canvas} run={run} label={`Search tree, ${plainText(name)}`} />
          <LedgerFigures run={run} />
        </>
      ) : (
        <p className={styles.muted}>{waits ? 'Loading its model, then searching…' : 'Not run.'}</p>
      )}
    </section>
  )
}
