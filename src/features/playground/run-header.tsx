import { AnswerLine } from '../../panels/answer-line.tsx'
import { LedgerFigures } from '../../panels/ledger-figures.tsx'
import { OtherMachine, RunDetails } from '../../panels/run-details.tsx'
import { useActions } from '../../state/hooks.ts'
import type { RunView } from '../../state/types.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import styles from './run-header.module.css'
import { SameTree } from './same-tree.tsx'
import { SampleGuide } from './sample-guide.tsx'

/** Above the tree: the answer, what it cost, and what went wrong. */
export function RunHeader({ run }: { run: RunView | null }) {
  const actions = useActions()
  if (run === null) return null
  const stopped = run.status === 'interrupted' || run.status === 'failed'
  return (
    <div className={styles.header}>
      <h2 className={styles.title}>
        <OutsideText text={run.title} bare />
      </h2>
      {run.source === 'sample' ? <SampleGuide run={run} /> : null}
      {stopped ? (
        <ErrorNotice
          tone={run.status === 'failed' ? 'error' : 'caution'}
          details={
            run.error ?? {
              message: 'This run was interrupted: the page was closed while it ran.',
              nextStep: 'Everything up to then is kept.',
            }
          }
        >
          <Button icon="restart" onClick={() => void actions.runs.startAgain(run.id)}>
            Run it again
          </Button>
        </ErrorNotice>
      ) : null}
      {run.source === 'file' ? <OtherMachine run={run} /> : null}
      <SameTree run={run} />
      <div className={styles.line}>
        <AnswerLine run={run} />
        <div className={styles.cost}>
          <LedgerFigures run={run} />
          <RunDetails run={run} />
        </div>
      </div>
    </div>
  )
}
