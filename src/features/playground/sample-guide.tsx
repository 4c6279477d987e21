import { useState } from 'react'
import { useActions, useApp } from '../../state/hooks.ts'
import type { RunView } from '../../state/search/runs-state.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import styles from './sample-guide.module.css'

const KEY = 'stepscope.guide'

function wasDismissed(): boolean {
  try {
    return localStorage.getItem(KEY) === 'done'
  } catch {
    // A browser without storage shows the guide each time.
    return false
  }
}

/** A first visit's three sentences, on the recorded run; gone for good once dismissed. */
export function SampleGuide({ run }: { run: RunView }) {
  const actions = useActions()
  const waiting = useApp(({ runs }) => runs.waiting.length > 0)
  const [dismissed, setDismissed] = useState(wasDismissed)
  if (dismissed) return null
  const dismiss = () => {
    setDismissed(true)
    try {
      localStorage.setItem(KEY, 'done')
    } catch {
      // Nothing depends on it.
    }
  }
  return (
    <aside className={styles.guide} aria-label="Where to start">
      <p>
        A recorded search: one model proposes steps, another scores them, the best paths go on. Play it with Space, or
        select a step to ask why.
      </p>
      <div className={styles.actions}>
        <Button
          icon="first"
          onClick={() => {
            actions.runs.seek(run.id, 0)
            actions.runs.play(run.id)
          }}
        >
          Play from the start
        </Button>
        <Button icon="play" disabled={waiting} onClick={() => void actions.runs.startAgain(run.id)}>
          {waiting ? 'Waiting for the models…' : 'Run it live'}
        </Button>
        <IconButton icon="close" label="Dismiss the guide" onClick={dismiss} />
      </div>
    </aside>
  )
}
