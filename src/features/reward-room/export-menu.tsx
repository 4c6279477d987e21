import { useState } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import type { ExportFormat, LabelKind } from '../../state/traces/traces-state.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { Select } from '../../ui/select.tsx'
import styles from './add-traces.module.css'
import { countWords } from './trace-words.ts'

const FORMATS: readonly { readonly value: ExportFormat; readonly label: string }[] = [
  { value: 'process-bench', label: 'ProcessBench: the first wrong step' },
  { value: 'prm800k', label: 'PRM800K: a rating for each step' },
  { value: 'trl-stepwise', label: 'TRL, stepwise: a label for each step' },
  { value: 'math-shepherd', label: 'Math-Shepherd: + or − for each step' },
]

const LABELS: readonly { readonly value: LabelKind | 'any'; readonly label: string }[] = [
  { value: 'any', label: 'By hand, else the file’s, else exact, else by completions' },
  { value: 'human', label: 'By hand' },
  { value: 'file', label: 'The file’s' },
  { value: 'exact', label: 'Exact, of the task' },
  { value: 'monte-carlo', label: 'By completions' },
]

/** Traces and labels as rows that other programs read. */
export function ExportMenu() {
  const actions = useActions()
  const traces = useApp((state) => state.traces.traces)
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState<ExportFormat | null>(null)
  // As they came, where that can be written.
  const own = traces[0]?.origin.format
  const format = chosen ?? FORMATS.find(({ value }) => value === own)?.value ?? 'process-bench'
  const [labels, setLabels] = useState<LabelKind | 'any'>('any')
  const save = async () => {
    const keys = traces.map(({ key }) => key)
    const file = await actions.traces.exportTraces(keys, format, labels)
    if (!file) return
    setOpen(false)
    if (file.left < keys.length) saveFile(file.name, file.text)
    const said = [
      file.left > 0 ? `${countWords(file.left, 'trace')} without labels that this format can hold: left out.` : '',
      file.cut > 0 ? `${countWords(file.cut, 'trace')} end at the last step that has a label.` : '',
    ].filter((text) => text !== '')
    if (said.length > 0) actions.notices.show({ tone: 'warning', text: said.join(' '), error: null, action: null })
  }
  return (
    <>
      <Button icon="download" onClick={() => setOpen(true)}>
        Export
      </Button>
      <Dialog title="Export traces and labels" open={open} onOpenChange={setOpen}>
        <div className={styles.form}>
          <Select label="Rows of" value={format} options={FORMATS} onChange={(next) => setChosen(next)} />
          <Select label="Labels" value={labels} options={LABELS} onChange={(next) => setLabels(next)} />
          <p className={styles.muted}>
            Traces that came as rows of this format and did not change are written as they came, with every field. TRL
            and Math-Shepherd have a label for each step: a trace without labels behind its first wrong step ends there.
          </p>
          <div className={styles.buttons}>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button variant="primary" onClick={() => void save()}>
              Export {countWords(traces.length, 'trace')}
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  )
}
