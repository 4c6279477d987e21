import { useState } from 'react'
import { useActions } from '../../state/hooks.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/text-field.tsx'
import styles from './add-traces.module.css'

interface DialogProps {
  open: boolean
  onOpenChange(open: boolean): void
}

/** A problem and its steps, typed or pasted. */
export function PasteDialog({ open, onOpenChange }: DialogProps) {
  const actions = useActions()
  const [problem, setProblem] = useState('')
  const [steps, setSteps] = useState('')
  const [tried, setTried] = useState(false)
  const missing = (text: string, what: string) => (tried && text.trim() === '' ? what : null)
  const add = async () => {
    setTried(true)
    if (!(await actions.traces.addText(problem, steps))) return
    setProblem('')
    setSteps('')
    setTried(false)
    onOpenChange(false)
  }
  return (
    <Dialog title="A trace as text" open={open} onOpenChange={onOpenChange}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault()
          void add()
        }}
      >
        <TextField
          label="Problem"
          lines={3}
          value={problem}
          error={missing(problem, 'Type the problem.')}
          onChange={setProblem}
        />
        <TextField
          label="Steps, one a line"
          lines={8}
          value={steps}
          error={missing(steps, 'Type at least one step.')}
          onChange={setSteps}
        />
        <div className={styles.buttons}>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" type="submit">
            Add the trace
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
