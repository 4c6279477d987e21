import { useActions, useApp, useDifferences } from '../state/hooks.ts'
import type { RunView } from '../state/search/runs-state.ts'
import { Button } from '../ui/button.tsx'
import styles from './belongs-line.module.css'
import { belongsSentence } from './belongs-words.ts'

/** Says what a run belongs to where that is not what is set up and loaded now, with the ways to bring both together. */
export function BelongsLine({ run }: { run: RunView }) {
  const actions = useActions()
  // A search that continues another says so itself.
  const differences = useDifferences(run).filter(({ what }) => run.parent === null || what !== 'given steps')
  const live = run.status === 'running' || run.status === 'paused'
  const runnable = useApp(({ session }) => session.problem.ok && Object.keys(session.settingErrors).length === 0)
  const waiting = useApp(({ runs }) => runs.waiting.length > 0)
  const sentence = belongsSentence(differences)
  if (sentence === null) return null
  const ofSetup = differences.some(({ what }) => what !== 'policy' && what !== 'reward model')
  return (
    <div className={styles.belongs} role="status">
      <p className={styles.text}>{sentence}</p>
      {live ? null : (
        <span className={styles.buttons}>
          <Button icon="play" disabled={!runnable || waiting} onClick={() => void actions.runs.start()}>
            Run it as set up now
          </Button>
          {ofSetup ? <Button onClick={() => actions.session.adoptRun(run.id)}>Set up as it was</Button> : null}
        </span>
      )}
    </div>
  )
}
