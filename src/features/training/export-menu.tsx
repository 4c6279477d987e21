import { useState } from 'react'
import { useActions } from '../../state/hooks.ts'
import type { TrainingRun } from '../../state/training/training-state.ts'
import { Button } from '../../ui/button.tsx'
import { Popover } from '../../ui/popover.tsx'
import { saveFile } from '../../ui/save-file.ts'
import styles from './run-head.module.css'

/** The last save as files that other programs read. */
export function ExportMenu({ run }: { run: TrainingRun }) {
  const actions = useActions()
  const [busy, setBusy] = useState(false)
  const [open, setOpen] = useState(false)
  const save = async (form: 'model' | 'adapter') => {
    setBusy(true)
    const file = await actions.training.exportZip(run.id, form)
    setBusy(false)
    setOpen(false)
    if (file) saveFile(file.name, new Blob([...file.parts], { type: 'application/zip' }))
  }
  return (
    <Popover
      label="Download the trained model"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button icon="download" disabled={run.savedStep === null || busy}>
          {busy ? 'Packing…' : 'Download'}
        </Button>
      }
    >
      <div className={styles.menu}>
        <Button onClick={() => void save('model')} disabled={busy}>
          Hugging Face folder (ZIP)
        </Button>
        {run.recipe.method.kind === 'low-rank' ? (
          <Button onClick={() => void save('adapter')} disabled={busy}>
            PEFT adapter (ZIP)
          </Button>
        ) : null}
        <p className={styles.hint}>Of step {run.savedStep}, with a card that records the recipe.</p>
      </div>
    </Popover>
  )
}
