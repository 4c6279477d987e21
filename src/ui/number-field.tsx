import type { ReactNode } from 'react'
import { useState } from 'react'
import { Field } from './field.tsx'
import { Icon } from './icon.tsx'
import styles from './number-field.module.css'

interface NumberFieldProps {
  label: string
  value: number
  min: number
  max: number
  step?: number
  /** Places the buttons and arrow keys can go to instead of even steps, ascending (e.g. 1, 2, 4, 8). */
  stops?: readonly number[]
  hint?: ReactNode
  error?: string | null | undefined
  disabled?: boolean
  onChange(value: number): void
}

/** A number that can be typed or stepped; what is typed counts when it is a number within the limits. */
export function NumberField({
  label,
  value,
  min,
  max,
  step = 1,
  stops,
  hint,
  error,
  disabled,
  onChange,
}: NumberFieldProps) {
  const [draft, setDraft] = useState<string | null>(null)
  const parsed = draft === null ? value : draft.trim() === '' ? Number.NaN : Number(draft)
  const whole = Number.isInteger(step)
  const wrong = Number.isNaN(parsed)
    ? 'Type a number.'
    : parsed < min || parsed > max
      ? `From ${min} to ${max}.`
      : whole && !Number.isInteger(parsed)
        ? 'A whole number.'
        : null
  const move = (direction: 1 | -1) => {
    const even = Number((value + direction * step).toFixed(6))
    const stop = direction > 0 ? stops?.find((place) => place > value) : stops?.findLast((place) => place < value)
    const next = Math.min(max, Math.max(min, stop ?? even))
    setDraft(null)
    if (next !== value) onChange(next)
  }
  const text = draft ?? String(value)
  return (
    <Field label={label} hint={hint} error={wrong ?? error} inline>
      {(ids) => (
        <span className={styles.group} data-invalid={wrong || error ? true : undefined}>
          <input
            {...ids}
            className={styles.input}
            type="text"
            inputMode={whole ? 'numeric' : 'decimal'}
            role="spinbutton"
            aria-valuenow={Number.isNaN(parsed) ? undefined : parsed}
            aria-valuemin={min}
            aria-valuemax={max}
            autoComplete="off"
            disabled={disabled}
            value={text}
            // A learning rate has more digits than fit the usual field.
            style={{ width: `max(3.4rem, ${text.length}ch + 1.1rem)` }}
            onChange={(event) => {
              const next = event.target.value.replace(',', '.')
              setDraft(next)
              const typed = next.trim() === '' ? Number.NaN : Number(next)
              const fits = typed >= min && typed <= max && (!whole || Number.isInteger(typed))
              if (fits && typed !== value) onChange(typed)
            }}
            onBlur={() => setDraft(null)}
            onKeyDown={(event) => {
              if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
              event.preventDefault()
              move(event.key === 'ArrowUp' ? 1 : -1)
            }}
          />
          {/* For the mouse: keyboards and screen readers step the number itself. */}
          <button
            type="button"
            className={styles.step}
            tabIndex={-1}
            aria-hidden="true"
            disabled={disabled || value <= min}
            onClick={() => move(-1)}
          >
            <Icon name="minus" size={12} />
          </button>
          <button
            type="button"
            className={styles.step}
            tabIndex={-1}
            aria-hidden="true"
            disabled={disabled || value >= max}
            onClick={() => move(1)}
          >
            <Icon name="plus" size={12} />
          </button>
        </span>
      )}
    </Field>
  )
}
