import { roundsOf } from '../../search/settings.ts'
import { useActions, useApp, useRun } from '../../state/hooks.ts'
import { lackingModel } from '../../state/search/lacking-model.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { OutsideText } from '../../ui/outside-text.tsx'
import { Progress } from '../../ui/progress.tsx'
import { formatBytes, formatNumber } from '../../viz/layout/format-number.ts'
import styles from './run-control.module.css'

/** Run; while it runs: pause, one event, cancel, and how far it is. Loading models shows their bytes. */
export function RunControl() {
  const run = useRun()
  const live = run !== null && run.source === 'live' && (run.status === 'running' || run.status === 'paused')
  return (
    <div className={styles.control}>
      <LoadProgress />
      {live ? <LiveControls /> : <StartButton />}
    </div>
  )
}

function StartButton() {
  const actions = useActions()
  const waiting = useApp(({ runs }) => runs.waiting.length > 0)
  const runnable = useApp(
    ({ session }) =>
      session.problem.ok && Object.values(session.settingErrors).every((message) => message === undefined),
  )
  const lacking = useApp(({ session, engine }) => lackingModel(session, engine))
  return (
    <>
      {lacking === null ? null : (
        <p role="status" className={styles.figures}>
          <OutsideText text={lacking} />
        </p>
      )}
      <Button
        variant="primary"
        icon="play"
        disabled={!runnable || waiting || lacking !== null}
        onClick={() => void actions.runs.start()}
      >
        {waiting ? 'Waiting for the models…' : 'Run'}
      </Button>
    </>
  )
}

function LiveControls() {
  const actions = useActions()
  const run = useRun()
  const speed = useApp((state) => state.engine.status?.tokensPerSecond ?? 0)
  if (run === null) return null
  const { id, status, tree, setup } = run
  const paused = status === 'paused'
  const rounds = roundsOf(setup)
  return (
    <>
      <div className={styles.buttons}>
        <Button
          className={styles.grow}
          icon={paused ? 'play' : 'pause'}
          onClick={() => (paused ? actions.runs.resume(id) : actions.runs.pause(id))}
        >
          {paused ? 'Resume' : 'Pause'}
        </Button>
        <IconButton
          icon="stepForward"
          label="Let one more event happen"
          variant="secondary"
          disabled={!paused}
          onClick={() => actions.runs.stepLive(id)}
        />
        <Button variant="danger" icon="stop" onClick={() => actions.runs.cancel(id)}>
          Cancel
        </Button>
      </div>
      <p className={styles.figures} aria-live="off">
        {rounds.word} {tree.round} of at most {rounds.most}
        {speed > 0 ? `, ${formatNumber(speed)} tok/s` : ''}
      </p>
    </>
  )
}

function LoadProgress() {
  const actions = useActions()
  const phase = useApp((state) => state.engine.phase)
  const { policy, reward } = useApp((state) => state.engine.progress)
  if (phase !== 'loading') return null
  const loaded = (policy?.loadedBytes ?? 0) + (reward?.loadedBytes ?? 0)
  const total = (policy?.totalBytes ?? 0) + (reward?.totalBytes ?? 0)
  return (
    <Progress
      label="Loading models"
      value={total === 0 ? null : loaded / total}
      detail={total === 0 ? 'opening' : `${formatBytes(loaded)} of ${formatBytes(total)}`}
      estimate
      onCancel={actions.engine.cancelLoad}
    />
  )
}
