import { useActions, useApp } from '../state/hooks.ts'
import { Button } from '../ui/button.tsx'
import { Progress } from '../ui/progress.tsx'
import { formatBytes } from '../viz/layout/format-number.ts'
import styles from './load-progress.module.css'

/** How far the models are that are being loaded; nothing where none are. */
export function LoadProgress() {
  const actions = useActions()
  const phase = useApp((state) => state.engine.phase)
  const { policy, reward } = useApp((state) => state.engine.progress)
  if (phase !== 'loading') return null
  return (
    <div className={styles.loading}>
      {(
        [
          ['Policy', policy],
          ['Reward model', reward],
        ] as const
      ).map(([name, progress]) => (
        <Progress
          key={name}
          label={`${name}: loading`}
          value={progress === null || progress.totalBytes === 0 ? null : progress.loadedBytes / progress.totalBytes}
          detail={
            progress === null
              ? 'waiting'
              : `${formatBytes(progress.loadedBytes)} of ${formatBytes(progress.totalBytes)}`
          }
          estimate
        />
      ))}
      <Button onClick={actions.engine.cancelLoad}>Cancel loading</Button>
    </div>
  )
}
