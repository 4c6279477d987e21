import { useState } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNotice } from '../../ui/error-notice.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import styles from './problem-file.module.css'
import { ProblemList } from './problem-list.tsx'

/** A file of problems of the chosen task, and the choice of one of them. */
export function ProblemFile({ task }: { task: string }) {
  const actions = useActions()
  const file = useApp((state) => state.problemFiles.files[task])
  const reading = useApp((state) => state.problemFiles.reading)
  const error = useApp((state) => state.problemFiles.error)
  const [choosing, setChoosing] = useState(false)
  const busy = reading?.task === task ? reading : null
  return (
    <div className={styles.file}>
      <div className={styles.buttons}>
        {file && !busy ? (
          <Button icon="table" className={styles.choose} onClick={() => setChoosing(true)}>
            <span className={styles.name}>
              Choose from <OutsideText text={file.name} bare />
            </span>
            <span className={styles.count}>{file.problems.length}</span>
          </Button>
        ) : null}
        {busy ? (
          <>
            <p className={styles.reading} role="status">
              Reading <OutsideText text={busy.name} bare />: {busy.count} problems so far
            </p>
            <Button onClick={actions.problemFiles.cancel}>Cancel</Button>
          </>
        ) : (
          <FileButton
            icon="open"
            label="Problems from a file"
            accept=".jsonl,.json,.ndjson,application/jsonl,application/x-ndjson"
            onPick={async ({ files: [picked] }) => {
              if (picked) await actions.problemFiles.open(task, picked)
            }}
          >
            {file ? 'Another file' : 'Problems from a file'}
          </FileButton>
        )}
        {file && !busy ? (
          <IconButton
            icon="trash"
            label={`Remove the problems of ${file.name}`}
            onClick={() => actions.problemFiles.remove(task)}
          />
        ) : null}
      </div>
      {error?.task === task ? (
        <ErrorNotice details={error.details} onDismiss={actions.problemFiles.dismissError} />
      ) : null}
      {file ? (
        <Dialog
          tall
          title={
            <>
              Problems of <OutsideText text={file.name} bare />
            </>
          }
          open={choosing}
          onOpenChange={setChoosing}
        >
          <ProblemList
            problems={file.problems}
            onChoose={({ text, gold }) => {
              actions.session.chooseProblem(text, gold)
              setChoosing(false)
            }}
          />
        </Dialog>
      ) : null}
    </div>
  )
}
