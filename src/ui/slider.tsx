import { Slider as Radix } from 'radix-ui'
import styles from './slider.module.css'

interface SliderProps {
  label: string
  value: number
  min: number
  max: number
  step?: number
  disabled?: boolean
  /** What is read out instead of the bare number. */
  valueText?: string
  onChange(value: number): void
}

export function Slider({ label, value, min, max, step = 1, disabled = false, valueText, onChange }: SliderProps) {
  return (
    <Radix.Root
      className={styles.root}
      value={[value]}
      min={min}
      max={max}
      step={step}
      disabled={disabled}
      onValueChange={([next]) => next !== undefined && onChange(next)}
    >
      <Radix.Track className={styles.track}>
        <Radix.Range className={styles.range} />
      </Radix.Track>
      <Radix.Thumb className={styles.thumb} aria-label={label} aria-valuetext={valueText} />
    </Radix.Root>
  )
}
