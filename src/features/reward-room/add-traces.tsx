import { useState } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import styles from './add-traces.module.css'
import { PasteDialog } from './paste-dialog.tsx'
import { RunsDialog } from './runs-dialog.tsx'
import { SampleDialog } from './sample-dialog.tsx'

/** The ways in which traces come into the room. */
export function AddTraces() {
  const actions = useActions()
  const busy = useApp((state) => state.traces.reading !== null)
  const [open, setOpen] = useState<'sample' | 'paste' | 'runs' | null>(null)
  const dialog = (name: 'sample' | 'paste' | 'runs') => ({
    open: open === name,
    onOpenChange: (shown: boolean) => setOpen(shown ? name : null),
  })
  return (
    <div className={styles.bar}>
      <FileButton
        icon="open"
        label="Open a file of traces"
        accept=".jsonl,.json,.ndjson,application/json,application/jsonl,application/x-ndjson"
        onPick={async ({ files: [file] }) => {
          if (file) await actions.traces.openFile(file)
        }}
      >
        Open a file
      </FileButton>
      <Button disabled={busy} onClick={() => setOpen('sample')}>
        Sample
      </Button>
      <Button onClick={() => setOpen('paste')}>Paste</Button>
      <Button onClick={() => setOpen('runs')}>From runs</Button>
      <SampleDialog {...dialog('sample')} />
      <PasteDialog {...dialog('paste')} />
      <RunsDialog {...dialog('runs')} />
    </div>
  )
}
