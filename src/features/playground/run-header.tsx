import { AnswerLine } from '../../panels/answer-line.tsx'
import { BelongsLine } from '../../panels/belongs-line.tsx'
import { LedgerFigures } from '../../panels/ledger-figures.tsx'
import { OtherMachine, RunDetails } from '../../panels/run-details.tsx'
import { useActions, useApp } from '../../state/hooks.ts'
import type { RunId, RunView } from '../../state/search/runs-state.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { saveFile } from '../../ui/save-file.ts'
import styles from './run-header.module.css'
import { SameTree } from './same-tree.tsx'
import { SampleGuide } from './sample-guide.tsx'

/** Above the tree: the answer, what it cost, and what went wrong. */
export function RunHeader({ run }: { run: RunView | null }) {
  const actions = useActions()
  if (run === null) return <Waiting />
  const stopped = run.status === 'interrupted' || run.status === 'failed'
  return (
    <div className={styles.header}>
      <Waiting />
      <BelongsLine run={run} />
      {run.parent ? <WayBack parent={run.parent.run} /> : null}
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
      {run.unsaved ? (
        <ErrorNotice tone="caution" details={{ ...run.unsaved, message: `Not saved. ${run.unsaved.message}` }}>
          <Button
            icon="download"
            onClick={() => {
              const file = actions.runs.exportFile(run.id)
              if (file) saveFile(file.name, file.text)
            }}
          >
            Export this run
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

/** A run that was asked for while models are still loading. */
function Waiting() {
  const actions = useActions()
  const title = useApp(({ runs }) => runs.waiting.at(-1))
  const loading = useApp(({ engine }) => engine.phase === 'loading')
  if (title === undefined || !loading) return null
  return (
    <p className={styles.waiting} role="status">
      <span>
        Waiting for the models to load; then “
        <OutsideText text={title} bare />” runs.
      </span>
      <Button icon="close" onClick={actions.runs.stopWaiting}>
        Do not run it
      </Button>
    </p>
  )
}

/** To the run that this one continues. */
function WayBack({ parent }: { parent: RunId }) {
  const actions = useActions()
  return (
    <p className={styles.waiting}>
      It continues another search.{' '}
      <Button icon="undo" onClick={() => void actions.history.open(parent)}>
        Back to that search
      </Button>
    </p>
  )
}
