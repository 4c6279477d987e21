import { useEffect, useRef, useState } from 'react'
import { Button } from './button.tsx'
import styles from './progress.module.css'
import type { Pace } from './time-left.ts'
import { paceOf, timeLeft } from './time-left.ts'

interface ProgressProps {
  label: string
  /** From 0 to 1; null while it is unknown. */
  value: number | null
  /** What has been done, e.g. `2.1 MB of 3.4 MB`. */
  detail?: string
  /** Shows how long it will take still, from the speed so far. */
  estimate?: boolean
  /** Which work this is of, where the label does not tell it from the next: an estimate is of one. */
  of?: string
  onCancel?: (() => void) | undefined
}

export function Progress({ label, value, detail, estimate = false, of = '', onCancel }: ProgressProps) {
  const left = useTimeLeft(`${of} ${label}`, value, estimate)
  const percent = value === null ? undefined : Math.round(value * 100)
  return (
    <div className={styles.progress}>
      <div className={styles.line}>
        <span>{label}</span>
        <span className={styles.detail}>
          {detail}
          {left === null ? '' : `${detail ? ', ' : ''}about ${timeWords(left)} left`}
        </span>
        {onCancel ? <Button onClick={onCancel}>Cancel</Button> : null}
      </div>
      <div
        className={styles.track}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={detail}
      >
        <div
          className={value === null ? styles.unknown : styles.bar}
          style={percent === undefined ? undefined : { width: `${percent}%` }}
        />
      </div>
    </div>
  )
}

/** Coarse on purpose: an estimate. */
function timeWords(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** Milliseconds left of this work, looked at whenever more of it is done; null until there is something to say. */
function useTimeLeft(of: string, value: number | null, wanted: boolean): number | null {
  const pace = useRef<Pace | null>(null)
  const [told, setTold] = useState<{ readonly of: string; readonly left: number | null } | null>(null)
  useEffect(() => {
    if (!wanted || value === null) return
    const now = performance.now()
    pace.current = paceOf(pace.current, of, value, now)
    setTold({ of, left: timeLeft(pace.current, value, now) })
  }, [of, value, wanted])
  return wanted && value !== null && told?.of === of ? told.left : null
}
