import { useEffect, useRef, useState } from 'react'
import { Button } from './button.tsx'
import styles from './progress.module.css'

interface ProgressProps {
  label: string
  /** From 0 to 1; null while it is unknown. */
  value: number | null
  /** What has been done, e.g. `2.1 MB of 3.4 MB`. */
  detail?: string
  /** Shows how long it will take still, from the speed so far. */
  estimate?: boolean
  onCancel?: (() => void) | undefined
}

export function Progress({ label, value, detail, estimate = false, onCancel }: ProgressProps) {
  const left = useTimeLeft(value, estimate)
  const percent = value === null ? undefined : Math.round(value * 100)
  return (
    <div className={styles.progress}>
      <div className={styles.line}>
        <span>{label}</span>
        <span className={styles.detail}>
          {detail}
          {left === null ? '' : `${detail ? ', ' : ''}about ${timeLeft(left)} left`}
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
function timeLeft(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** Milliseconds left at the mean speed so far; null until it has run long enough to say. */
function useTimeLeft(value: number | null, wanted: boolean): number | null {
  const began = useRef<{ at: number; value: number } | null>(null)
  const [left, setLeft] = useState<number | null>(null)
  useEffect(() => {
    if (!wanted || value === null) return
    const now = performance.now()
    if (began.current === null || value < began.current.value) began.current = { at: now, value }
    const elapsed = now - began.current.at
    const done = value - began.current.value
    setLeft(elapsed > 1000 && done > 0.01 && value < 1 ? (elapsed * (1 - value)) / done : null)
  }, [value, wanted])
  return left
}
